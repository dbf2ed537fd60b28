import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Circumstances, chooseInterpreter } from "../../src/interpreter";

let root: string;

/** Make an executable file below the test's folder. */
function program(name: string): string {
  const file = path.join(root, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, "", { mode: 0o755 });
  return file;
}

/** A trusted workspace with nothing in it and nothing on the PATH. */
function circumstances(changes: Partial<Circumstances> = {}): Circumstances {
  const folder = path.join(root, "shop");
  return { setting: "", folder, trusted: true, searchPath: path.join(root, "bin"), windows: false, ...changes };
}

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "fx-orm-")));
});

afterEach(() => fs.rmSync(root, { recursive: true }));

describe("chooseInterpreter", () => {
  it("takes the setting, then the Python extension's, then .venv, then the one on the PATH", () => {
    const onPath = program("bin/python3");
    const inFolder = program("shop/.venv/bin/python");
    const chosen = program("elsewhere/python");
    const set = program("set/python");
    expect(chooseInterpreter(circumstances({ setting: set, pythonExtension: chosen }))).toBe(set);
    expect(chooseInterpreter(circumstances({ pythonExtension: chosen }))).toBe(chosen);
    expect(chooseInterpreter(circumstances())).toBe(inFolder);
    expect(chooseInterpreter(circumstances({ folder: undefined }))).toBe(onPath);
  });

  it("finds nothing where nothing is", () => {
    expect(chooseInterpreter(circumstances())).toBeUndefined();
    expect(chooseInterpreter(circumstances({ folder: undefined, searchPath: "" }))).toBeUndefined();
  });

  it("takes the setting at its word", () => {
    expect(chooseInterpreter(circumstances({ setting: "/nowhere/python" }))).toBe("/nowhere/python");
    expect(chooseInterpreter(circumstances({ setting: "python3.99" }))).toBe("python3.99");
  });

  it("reads a setting relative to the folder, to the home folder, and as a command", () => {
    const command = program("bin/python3.12");
    const environment = path.join(root, "shop/env/bin/python");
    expect(chooseInterpreter(circumstances({ setting: "env/bin/python" }))).toBe(environment);
    expect(chooseInterpreter(circumstances({ setting: "$" + "{workspaceFolder}/env/bin/python" }))).toBe(environment);
    expect(chooseInterpreter(circumstances({ setting: "~/py/bin/python" }))).toBe(
      path.join(os.homedir(), "py/bin/python"),
    );
    expect(chooseInterpreter(circumstances({ setting: "python3.12" }))).toBe(command);
  });

  it("passes over an interpreter inside a folder that is not trusted", () => {
    const inFolder = program("shop/.venv/bin/python");
    const onPath = program("bin/python3");
    expect(chooseInterpreter(circumstances({ trusted: false, pythonExtension: inFolder }))).toBe(onPath);
    const folders = `${path.join(root, "shop/.venv/bin")}:${path.join(root, "bin")}`;
    expect(chooseInterpreter(circumstances({ trusted: false, searchPath: folders }))).toBe(onPath);
  });

  it("passes over what cannot run, and folders of the PATH that depend on where one stands", () => {
    fs.mkdirSync(path.join(root, "shop/.venv/bin/python"), { recursive: true });
    fs.chmodSync(program("bin/python3"), 0o644);
    const python = program("bin/python");
    expect(chooseInterpreter(circumstances({ searchPath: `.:relative:${path.join(root, "bin")}` }))).toBe(python);
  });

  it("knows where Windows keeps them", () => {
    const inFolder = program("shop/.venv/Scripts/python.exe");
    const onPath = program("bin/python.exe");
    expect(chooseInterpreter(circumstances({ windows: true }))).toBe(inFolder);
    expect(chooseInterpreter(circumstances({ windows: true, folder: undefined }))).toBe(onPath);
  });
});
