/**
 * The language server's life: chosen interpreter, start, restart, stop. What the server can do is its own affair.
 */
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, State } from "vscode-languageclient/node";
import { chooseInterpreter } from "./interpreter";
import { interpreterOfPythonExtension } from "./python-extension";
import { askInterpreter } from "./readiness";
import { describeObstacle, type Obstacle, showObstacle } from "./setup-message";
import type { Status } from "./status";

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private interpreter: string | undefined;
  private queue: Promise<void> = Promise.resolve();

  /** `home` is the extension's own folder. */
  constructor(
    private readonly output: vscode.LogOutputChannel,
    private readonly status: Status,
    private readonly home: string,
  ) {}

  /** Start the server, or start it anew; resolves when it answers, or when it is clear that it cannot start. */
  restart(): Promise<void> {
    return this.enqueue(async () => {
      await this.stopClient();
      this.interpreter = await currentInterpreter();
      await this.start(this.interpreter);
    });
  }

  /** Start the server anew if another interpreter would be chosen now. */
  async restartIfInterpreterChanged(): Promise<void> {
    if ((await currentInterpreter()) !== this.interpreter) {
      await this.restart();
    }
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopClient());
  }

  dispose(): void {
    void this.stop();
  }

  private async start(interpreter: string | undefined): Promise<void> {
    if (!interpreter) {
      return this.giveUp({ state: "no interpreter" });
    }
    this.status.starting(interpreter);
    const readiness = await askInterpreter(interpreter, this.home);
    if (readiness.state !== "ready") {
      return this.giveUp(readiness, interpreter);
    }
    this.output.info(`starting ${interpreter} -m fx_lsp`);
    // -P keeps the workspace off the module path: a folder called fx_lsp in it is not the server.
    const command = { command: interpreter, args: ["-P", "-m", "fx_lsp"] };
    this.client = new LanguageClient("fxOrm", "fx-orm", command, this.clientOptions());
    this.client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        this.status.running(interpreter);
      } else if (newState === State.Stopped) {
        this.status.stopped("The language server has ended.");
      }
    });
    try {
      await this.client.start();
    } catch (error) {
      this.output.error(`the language server did not start: ${error}`); // the client has shown it
    }
  }

  private clientOptions(): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: "file", language: "python" }],
      outputChannel: this.output,
      initializationOptions: { trust: vscode.workspace.isTrusted },
    };
  }

  private giveUp(obstacle: Obstacle, interpreter?: string): void {
    const message = describeObstacle(obstacle, interpreter);
    this.output.warn(message);
    this.status.stopped(message);
    // Not awaited: the message stands until somebody answers it.
    void showObstacle(obstacle, interpreter).then((installed) => (installed ? this.restart() : undefined));
  }

  private async stopClient(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose();
  }

  /** One thing after the other: two restarts at once would leave a server behind. */
  private enqueue(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work, work);
    return this.queue;
  }
}

async function currentInterpreter(): Promise<string | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return chooseInterpreter({
    setting: vscode.workspace.getConfiguration("fxOrm", folder).get("interpreter", ""),
    pythonExtension: await interpreterOfPythonExtension(folder),
    folder: folder?.fsPath,
    trusted: vscode.workspace.isTrusted,
    searchPath: process.env.PATH ?? "",
    windows: process.platform === "win32",
  });
}
