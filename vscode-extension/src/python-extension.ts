/**
 * The interpreter that the Python extension has chosen. That extension is not needed; where it is missing, there is none.
 */
import * as vscode from "vscode";

/** The part of the Python extension's public API that is used here. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

const IDENTIFIER = "ms-python.python";

/** Ask the Python extension for its interpreter of a folder. */
export async function interpreterOfPythonExtension(folder?: vscode.Uri): Promise<string | undefined> {
  const environments = (await connect())?.environments;
  const chosen = environments?.getActiveEnvironmentPath(folder);
  return chosen && (await environments?.resolveEnvironment(chosen))?.executable.uri?.fsPath;
}

/** Listen for another choice in the Python extension. */
export async function onDidChangeInterpreter(listener: () => void): Promise<vscode.Disposable | undefined> {
  return (await connect())?.environments.onDidChangeActiveEnvironmentPath(listener);
}

async function connect(): Promise<PythonApi | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>(IDENTIFIER);
  try {
    return extension && (await extension.activate());
  } catch {
    return undefined; // it reports its own failure
  }
}
