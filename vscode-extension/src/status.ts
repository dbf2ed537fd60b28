/**
 * The entry of fx-orm among the language status items of Python files: what the server does, and a click to its output.
 */
import * as vscode from "vscode";

export class Status implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("fxOrm", { language: "python" });

  constructor() {
    this.item.name = "fx-orm";
    this.item.text = "fx-orm";
    this.item.command = { command: "fxOrm.showOutput", title: "Show Output" };
  }

  starting(interpreter: string): void {
    this.set("starting", interpreter, vscode.LanguageStatusSeverity.Information, true);
  }

  running(interpreter: string): void {
    this.set("running", interpreter, vscode.LanguageStatusSeverity.Information);
  }

  stopped(reason: string): void {
    this.set("stopped", reason, vscode.LanguageStatusSeverity.Warning);
  }

  dispose(): void {
    this.item.dispose();
  }

  private set(state: string, detail: string, severity: vscode.LanguageStatusSeverity, busy = false): void {
    this.item.text = `fx-orm: ${state}`;
    this.item.detail = detail;
    this.item.severity = severity;
    this.item.busy = busy;
  }
}
