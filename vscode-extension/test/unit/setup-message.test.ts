import { beforeEach, describe, expect, it, vi } from "vitest";

vi.mock("vscode", async () => {
  const { createVSCodeMock } = await import("jest-mock-vscode");
  return { ...createVSCodeMock(vi as never), env: { clipboard: { writeText: vi.fn() } } };
});

import * as vscode from "vscode";
import { installCommand, showObstacle } from "../../src/setup-message";

const PYTHON = "/shop/.venv/bin/python";
const show = vi.fn();
const execute = vi.fn();

/** The workspace is trusted or not, and the user presses a button. */
function when(trusted: boolean, pressed?: string): void {
  Object.defineProperty(vscode.workspace, "isTrusted", { value: trusted, configurable: true });
  show.mockResolvedValue(pressed);
}

beforeEach(() => {
  vi.resetAllMocks();
  vscode.window.showWarningMessage = show;
  vscode.commands.executeCommand = execute;
});

describe("showObstacle", () => {
  it("says what to install, and offers to do it", async () => {
    when(true);
    expect(await showObstacle({ state: "not installed" }, PYTHON)).toBe(false);
    expect(show).toHaveBeenCalledExactlyOnceWith(
      'fx-orm: the language server is not installed in /shop/.venv/bin/python. Run: pip install "fx-orm[lsp]"',
      "Install",
      "Copy Command",
    );
  });

  it("copies the command for this very interpreter", async () => {
    when(true, "Copy Command");
    await showObstacle({ state: "not installed" }, PYTHON);
    expect(vscode.env.clipboard.writeText).toHaveBeenCalledExactlyOnceWith(
      '/shop/.venv/bin/python -m pip install "fx-orm[lsp]"',
    );
    expect(installCommand("C:\\Program Files\\python.exe")).toBe(
      '"C:\\Program Files\\python.exe" -m pip install "fx-orm[lsp]"',
    );
  });

  it("runs nothing in a workspace that is not trusted", async () => {
    when(false);
    await showObstacle({ state: "not installed" }, PYTHON);
    expect(show).toHaveBeenCalledExactlyOnceWith(expect.any(String), "Copy Command");
  });

  it.each([
    [
      { state: "too old", version: "3.9" } as const,
      'fx-orm: Python 3.11 or newer is needed; /shop/.venv/bin/python is Python 3.9. Choose another one in the setting "fxOrm.interpreter".',
    ],
    [
      { state: "does not run", reason: "there is no such file" } as const,
      'fx-orm: /shop/.venv/bin/python does not run (there is no such file). Choose another Python in the setting "fxOrm.interpreter".',
    ],
    [
      { state: "no interpreter" } as const,
      'fx-orm: no Python was found. Choose one in the setting "fxOrm.interpreter".',
    ],
  ])("leads to the setting where another interpreter is the remedy: %o", async (obstacle, message) => {
    when(true, "Open Setting");
    await showObstacle(obstacle, PYTHON);
    expect(show).toHaveBeenCalledExactlyOnceWith(message, "Open Setting");
    expect(execute).toHaveBeenCalledExactlyOnceWith("workbench.action.openSettings", "fxOrm.interpreter");
  });
});
