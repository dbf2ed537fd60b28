import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

vi.mock("vscode", async () => {
  const { createVSCodeMock } = await import("jest-mock-vscode");
  return { ...createVSCodeMock(vi as never), extensions: { getExtension: () => undefined } };
});

/** What the client was told, in order. */
const told: string[] = [];
const made: unknown[][] = [];
vi.mock("vscode-languageclient/node", () => ({
  State: { Stopped: 1, Running: 2 },
  LanguageClient: class {
    constructor(...parts: unknown[]) {
      made.push(parts);
    }
    onDidChangeState = vi.fn();
    start = vi.fn(async () => void told.push("start"));
    dispose = vi.fn(async () => void told.push("dispose"));
  },
}));

import * as vscode from "vscode";
import { Server } from "../../src/server";
import type { Status } from "../../src/status";

const show = vi.fn();
const output = { info: vi.fn(), warn: vi.fn(), error: vi.fn() } as unknown as vscode.LogOutputChannel;
const status = { starting: vi.fn(), running: vi.fn(), stopped: vi.fn() };
let folder: string;
let python: string;
let server: Server;

/** The workspace's interpreter answers so, and the workspace is trusted or not. */
function given(answer: object, trusted = true): void {
  python = path.join(folder, "python");
  fs.writeFileSync(python, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
  vscode.workspace.getConfiguration = vi.fn(() => ({ get: () => python })) as never;
  Object.defineProperty(vscode.workspace, "isTrusted", { value: trusted, configurable: true });
}

beforeEach(() => {
  vi.clearAllMocks();
  told.length = made.length = 0;
  vscode.window.showWarningMessage = show.mockResolvedValue(undefined);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "fx-orm-"));
  server = new Server(output, status as unknown as Status, folder);
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

describe("Server", () => {
  it.each([true, false])(
    "starts the module, away from the workspace's own, and passes the trust on: %s",
    async (trusted) => {
      given({ version: [3, 12], missing: [] }, trusted);
      await server.restart();
      expect(made).toEqual([
        [
          "fxOrm",
          "fx-orm",
          { command: python, args: ["-P", "-m", "fx_lsp"] },
          {
            documentSelector: [{ scheme: "file", language: "python" }],
            outputChannel: output,
            initializationOptions: { trust: trusted },
          },
        ],
      ]);
      expect(show).not.toHaveBeenCalled();
    },
  );

  it("ends one server before it starts the next, however often it is asked", async () => {
    given({ version: [3, 11], missing: [] });
    await Promise.all([server.restart(), server.restart(), server.stop()]);
    expect(told).toEqual(["start", "dispose", "start", "dispose"]);
  });

  it("starts nothing where the server is missing, and says so", async () => {
    given({ version: [3, 11], missing: ["pygls"] });
    await server.restart();
    expect(made).toEqual([]);
    const message = `fx-orm: the language server is not installed in ${python}. Run: pip install "fx-orm[lsp]"`;
    expect(show).toHaveBeenCalledExactlyOnceWith(message, "Install", "Copy Command");
    expect(status.stopped).toHaveBeenLastCalledWith(message);
  });

  it("starts anew only when another interpreter would be chosen", async () => {
    given({ version: [3, 11], missing: [] });
    await server.restart();
    await server.restartIfInterpreterChanged();
    expect(told).toEqual(["start"]);
  });
});
