/**
 * What to say when the language server cannot start: one message, with the remedy as a button.
 */
import * as vscode from "vscode";
import type { Readiness } from "./readiness";

export const REQUIREMENT = "fx-orm[lsp]";

const INSTALL = "Install";
const COPY = "Copy Command";
const SETTINGS = "Open Setting";

export type Obstacle = Exclude<Readiness, { state: "ready" }> | { state: "no interpreter" };

/** Say in one sentence what is wrong and what to do about it. */
export function describeObstacle(obstacle: Obstacle, interpreter = ""): string {
  switch (obstacle.state) {
    case "not installed":
      return `fx-orm: the language server is not installed in ${interpreter}. Run: pip install "${REQUIREMENT}"`;
    case "too old":
      return `fx-orm: Python 3.11 or newer is needed; ${interpreter} is Python ${obstacle.version}. Choose another one in the setting "fxOrm.interpreter".`;
    case "does not run":
      return `fx-orm: ${interpreter} does not run (${obstacle.reason}). Choose another Python in the setting "fxOrm.interpreter".`;
    case "no interpreter":
      return 'fx-orm: no Python was found. Choose one in the setting "fxOrm.interpreter".';
  }
}

/** Write the command that installs the server, as it is typed in a terminal. */
export function installCommand(interpreter: string): string {
  const program = /\s/.test(interpreter) ? `"${interpreter}"` : interpreter;
  return `${program} -m pip install "${REQUIREMENT}"`;
}

/** Show the message; resolves to whether the server has been installed since, so that it is worth another start. */
export async function showObstacle(obstacle: Obstacle, interpreter = ""): Promise<boolean> {
  // Tasks do not run in a workspace that is not trusted.
  const install = vscode.workspace.isTrusted ? [INSTALL, COPY] : [COPY];
  const buttons = obstacle.state === "not installed" ? install : [SETTINGS];
  const chosen = await vscode.window.showWarningMessage(describeObstacle(obstacle, interpreter), ...buttons);
  switch (chosen) {
    case INSTALL:
      return runInstallation(interpreter);
    case COPY:
      await vscode.env.clipboard.writeText(installCommand(interpreter));
      return false;
    case SETTINGS:
      await vscode.commands.executeCommand("workbench.action.openSettings", "fxOrm.interpreter");
      return false;
    default:
      return false;
  }
}

async function runInstallation(interpreter: string): Promise<boolean> {
  const task = new vscode.Task(
    { type: "process" },
    vscode.TaskScope.Workspace,
    `Install ${REQUIREMENT}`,
    "fx-orm",
    new vscode.ProcessExecution(interpreter, ["-m", "pip", "install", REQUIREMENT]),
  );
  const execution = await vscode.tasks.executeTask(task);
  return new Promise((resolve) => {
    const listener = vscode.tasks.onDidEndTaskProcess((event) => {
      if (event.execution === execution) {
        listener.dispose();
        resolve(event.exitCode === 0);
      }
    });
  });
}
