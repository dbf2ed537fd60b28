/**
 * Which Python runs the language server.
 *
 * Decides by looking at the disk; starts nothing and knows nothing of VS Code.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

export interface Circumstances {
  /** The setting `fxOrm.interpreter` as it is written; empty when it is not set. */
  setting: string;
  /** What the Python extension has chosen, where it is installed. */
  pythonExtension?: string | undefined;
  /** The workspace folder, where one is open. */
  folder?: string | undefined;
  /** Whether code of the workspace may run. */
  trusted: boolean;
  /** The variable PATH. */
  searchPath: string;
  windows: boolean;
}

/**
 * Choose the interpreter: the setting, else the Python extension's, else the workspace's `.venv`, else the one on PATH.
 *
 * The setting is taken at its word, even where nothing is there: the message can then name it. An interpreter that lies
 * inside a folder that is not trusted is code of that folder, and is passed over.
 */
export function chooseInterpreter(at: Circumstances): string | undefined {
  if (at.setting.trim()) {
    return fromSetting(at.setting.trim(), at);
  }
  return [at.pythonExtension, ...inVirtualEnvironment(at)].find((file) => file && mayRun(file, at)) ?? onPath(at);
}

function fromSetting(setting: string, at: Circumstances): string {
  if (!/[\\/]/.test(setting)) {
    return findCommand([setting], at) ?? setting;
  }
  const folder = at.folder ?? "";
  const expanded = setting.replace(/^~(?=[\\/])/, os.homedir()).replaceAll(/\$\{workspace(Folder|Root)\}/g, folder);
  return path.resolve(folder, expanded);
}

function inVirtualEnvironment({ folder, windows }: Circumstances): string[] {
  return folder ? [path.join(folder, ".venv", windows ? "Scripts/python.exe" : "bin/python")] : [];
}

function onPath(at: Circumstances): string | undefined {
  return findCommand(at.windows ? ["python", "python3"] : ["python3", "python"], at);
}

function findCommand(names: string[], at: Circumstances): string | undefined {
  const folders = at.searchPath.split(at.windows ? ";" : ":").filter((folder) => path.isAbsolute(folder));
  return names
    .flatMap((name) => folders.map((folder) => path.join(folder, at.windows ? `${name}.exe` : name)))
    .find((file) => mayRun(file, at));
}

function mayRun(file: string, { folder, trusted }: Circumstances): boolean {
  if (!trusted && folder && !path.relative(folder, file).startsWith("..")) {
    return false;
  }
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
