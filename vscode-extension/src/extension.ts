/**
 * The door of the extension: puts output, status and server together, and says when the server starts anew.
 */
import * as vscode from "vscode";
import { onDidChangeInterpreter } from "./python-extension";
import { Server } from "./server";
import { Status } from "./status";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("fx-orm", { log: true });
  const status = new Status();
  const started = new Server(output, status, context.extensionPath);
  server = started;
  context.subscriptions.push(
    output,
    status,
    started,
    vscode.commands.registerCommand("fxOrm.restart", () => started.restart()),
    vscode.commands.registerCommand("fxOrm.showOutput", () => output.show()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => started.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("fxOrm.interpreter")) {
        void started.restart();
      }
    }),
  );
  await started.restart();
  const listener = await onDidChangeInterpreter(() => void started.restartIfInterpreterChanged());
  if (listener) {
    context.subscriptions.push(listener);
  }
}

export function deactivate(): Thenable<void> | undefined {
  return server?.stop();
}
