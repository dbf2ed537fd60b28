/**
 * Whether an interpreter can run the language server, asked of the interpreter itself.
 *
 * Imports nothing of the server and nothing of the workspace, so it takes as long as starting Python does.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export type Readiness =
  | { state: "ready" }
  | { state: "not installed" }
  | { state: "too old"; version: string }
  | { state: "does not run"; reason: string };

/** The least Python, as `requires-python` of fx-orm says. */
const LEAST = [3, 11] as const;
const MODULES = ["fx_lsp", "pygls", "lsprotocol"];
const PATIENCE = 20_000; // milliseconds
const QUESTION = `
import json, sys
from importlib.util import find_spec
version = sys.version_info[:2]
print(json.dumps({"version": version, "missing": [name for name in sys.argv[1:] if find_spec(name) is None]}))
`;

/** Ask an interpreter whether it is new enough and finds the server; `folder` is a place without Python modules. */
export async function askInterpreter(interpreter: string, folder: string): Promise<Readiness> {
  try {
    const { stdout } = await promisify(execFile)(interpreter, ["-c", QUESTION, ...MODULES], {
      cwd: folder,
      timeout: PATIENCE,
      windowsHide: true,
    });
    const answer = JSON.parse(stdout) as { version: [number, number]; missing: string[] };
    const [major, minor] = answer.version;
    if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
      return { state: "too old", version: answer.version.join(".") };
    }
    return { state: answer.missing.length ? "not installed" : "ready" };
  } catch (error) {
    return { state: "does not run", reason: explain(error) };
  }
}

function explain(error: unknown): string {
  const { code, killed, message } = error as NodeJS.ErrnoException & { killed?: boolean };
  if (code === "ENOENT") {
    return "there is no such file";
  }
  return killed ? `no answer within ${PATIENCE / 1000} seconds` : (message.trim().split("\n").at(-1) ?? "");
}
