/**
 * The packed extension and the server in a real VS Code, asked through its API, on a copy of the example shop with mistakes
 * in it (tests/editor/shop.py plants them).
 */
import * as assert from "node:assert/strict";
import * as vscode from "vscode";

const EXTENSION = "fx-orm.fx-orm";
const PRODUCT = "src/entity/product.py";

/** Ask until there is an answer. */
async function until<T>(what: string, ask: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + 30_000;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain for ${what}`);
}

function uriOf(name: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder);
  return vscode.Uri.joinPath(folder.uri, name);
}

async function show(name: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uriOf(name));
  await vscode.window.showTextDocument(document);
  return document;
}

/** The range of a text in a document; it must be there once. */
function rangeOf(document: vscode.TextDocument, text: string): vscode.Range {
  const parts = document.getText().split(text);
  assert.equal(parts.length, 2, `${JSON.stringify(text)} should be there once`);
  const start = parts[0]?.length ?? 0;
  return new vscode.Range(document.positionAt(start), document.positionAt(start + text.length));
}

async function diagnostic(document: vscode.TextDocument, code: string): Promise<vscode.Diagnostic> {
  return until(code, () => vscode.languages.getDiagnostics(document.uri).find((found) => found.code === code));
}

describe(`the shop in VS Code ${vscode.version}`, () => {
  before(async () => {
    await show(PRODUCT);
    await until("the extension", () => vscode.extensions.getExtension(EXTENSION)?.isActive);
  });

  afterEach(() => vscode.commands.executeCommand("workbench.action.files.revert"));

  it("underlines a table that does not exist, and mends it", async () => {
    const document = await show(PRODUCT);
    const found = await diagnostic(document, "unknown-foreign-key-target");
    assert.equal(found.message, 'there is no table "categroy"; did you mean "category"?');
    assert.deepEqual(found.range, rangeOf(document, "categroy"));
    assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
  });
});
