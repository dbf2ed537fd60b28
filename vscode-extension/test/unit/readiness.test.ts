import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askInterpreter } from "../../src/readiness";

let folder: string;

/** Make a program that answers as an interpreter would. */
function interpreter(script: string): string {
  const file = path.join(folder, "python");
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "fx-orm-"));
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

describe("askInterpreter", () => {
  it("finds out that the server is missing in a bare environment", async () => {
    execFileSync("python3", ["-m", "venv", "--without-pip", path.join(folder, "bare")]);
    const bare = path.join(folder, "bare/bin/python");
    expect(await askInterpreter(bare, folder)).toEqual({ state: "not installed" });
  });

  it("is satisfied with an interpreter that has everything", async () => {
    const python = interpreter(`echo '{"version": [3, 11], "missing": []}'`);
    expect(await askInterpreter(python, folder)).toEqual({ state: "ready" });
  });

  it("refuses an old Python, whatever is installed there", async () => {
    const python = interpreter(`echo '{"version": [3, 9], "missing": []}'`);
    expect(await askInterpreter(python, folder)).toEqual({ state: "too old", version: "3.9" });
  });

  it("says why an interpreter does not run", async () => {
    expect(await askInterpreter(path.join(folder, "none"), folder)).toEqual({
      state: "does not run",
      reason: "there is no such file",
    });
    const broken = interpreter("echo 'no module named encodings' >&2; exit 1");
    expect(await askInterpreter(broken, folder)).toEqual({
      state: "does not run",
      reason: "no module named encodings",
    });
  });
});
