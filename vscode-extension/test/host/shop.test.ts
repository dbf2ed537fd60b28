/**
 * The packed extension and the server in a real VS Code, asked through its API, on a copy of the example shop with mistakes
 * in it (tests/editor/shop.py plants them).
 */
import * as assert from "node:assert/strict";
import * as vscode from "vscode";

const EXTENSION = "fx-orm.fx-orm";
const PRODUCT = "src/entity/product.py";
const REPOSITORY = "src/repository/product_repository.py";

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

async function codeActions(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.CodeAction[]> {
  return vscode.commands.executeCommand("vscode.executeCodeActionProvider", document.uri, range, "quickfix");
}

/** Labels of what the server proposes at a place; other proposals are words of the text. */
async function proposals(document: vscode.TextDocument, position: vscode.Position): Promise<string[]> {
  const command = "vscode.executeCompletionItemProvider";
  const list = await vscode.commands.executeCommand<vscode.CompletionList>(command, document.uri, position);
  return list.items
    .filter((item) => item.kind !== vscode.CompletionItemKind.Text)
    .map((item) => (typeof item.label === "string" ? item.label : item.label.label));
}

async function edit(document: vscode.TextDocument, range: vscode.Range, text: string): Promise<void> {
  const change = new vscode.WorkspaceEdit();
  change.replace(document.uri, range, text);
  assert.ok(await vscode.workspace.applyEdit(change));
}

describe(`the shop in VS Code ${vscode.version}`, () => {
  before(async () => {
    await show(PRODUCT);
    await until("the extension", () => vscode.extensions.getExtension(EXTENSION)?.isActive);
  });

  afterEach(() => vscode.commands.executeCommand("workbench.action.files.revert"));

  it("underlines a column that does not exist", async () => {
    const document = await show(REPOSITORY);
    const found = await diagnostic(document, "unknown-column");
    assert.equal(
      found.message,
      'QueryBuilder.where("p.creatd_at"): table "product" (p) has no column "creatd_at"; did you mean "created_at"?',
    );
    assert.deepEqual(found.range, rangeOf(document, "creatd_at"));
    assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(found.source, "fx");
  });

  it("mends a misspelt relationship with a quick fix", async () => {
    const document = await show(PRODUCT);
    const found = await diagnostic(document, "back-populates-mismatch");
    assert.equal(found.message, 'Tag has no relationship "product"; did you mean "products"?');
    assert.equal(document.getText(found.range), "product");
    const actions = await codeActions(document, found.range);
    assert.deepEqual(
      actions.map((action) => action.title),
      ['Change to "products"'],
    );
    assert.ok(actions[0]?.edit && (await vscode.workspace.applyEdit(actions[0].edit)));
    assert.match(document.getText(), /back_populates="products", link_table/);
    await until("an empty list", () => vscode.languages.getDiagnostics(document.uri).length === 0);
  });

  it("completes columns in a string that is not closed yet", async () => {
    const document = await show(REPOSITORY);
    const { start } = rangeOf(document, '"p.creatd_at", ">=", since)');
    await edit(document, new vscode.Range(start, document.lineAt(document.lineCount - 1).range.end), '"p.');
    const labels = await proposals(document, start.translate(0, 3));
    for (const column of ["created_at", "category_id", "name", "price"]) {
      assert.ok(labels.includes(column), `${column} in ${labels}`);
    }
    assert.ok(!labels.includes("warranty_months"), "a column of another table");
  });

  it("goes from a string to the field that it names", async () => {
    const document = await show(REPOSITORY);
    const { start } = rangeOf(document, 'description", "LIKE"');
    const command = "vscode.executeDefinitionProvider";
    const [found] = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(
      command,
      document.uri,
      start.translate(0, 2),
    );
    assert.ok(found);
    const [uri, range] = "uri" in found ? [found.uri, found.range] : [found.targetUri, found.targetRange];
    assert.equal(uri.toString(), uriOf(PRODUCT).toString());
    const target = await vscode.workspace.openTextDocument(uri);
    assert.match(target.lineAt(range.start.line).text, /^ {4}description: str \| None = /);
  });

  it("says nothing where there is nothing to say", async () => {
    const document = await show("src/service/product_service.py");
    assert.deepEqual(await proposals(document, rangeOf(document, "Invalid category").start), []);
    assert.deepEqual(vscode.languages.getDiagnostics(document.uri), []);
  });

  it("writes the migration of a field that is being typed", async () => {
    const document = await show(PRODUCT);
    const line = rangeOf(document, "    is_active: bool").start;
    await edit(document, new vscode.Range(line, line), "    weight: float | None = Field(default=None, gt=0)\n");
    const found = await diagnostic(document, "field-not-migrated");
    assert.equal(found.message, 'not migrated: column "weight" Float(precision=53) NULL is new in table "product"');
    assert.deepEqual(found.range, rangeOf(document, "weight"));
    assert.equal(found.severity, vscode.DiagnosticSeverity.Warning);

    const actions = await codeActions(document, found.range);
    const action = actions.find(({ title }) => title === "Create the migration (1 change)");
    assert.ok(action?.edit && (await vscode.workspace.applyEdit(action.edit)));
    const files = await vscode.workspace.findFiles("migrations/versions/*.py");
    assert.equal(files.length, 2);
    const newest = files.map((file) => file.path).sort()[1];
    const written = await until("the file's text", () =>
      vscode.workspace.textDocuments.find(({ uri, lineCount }) => uri.path === newest && lineCount > 1),
    );
    assert.match(
      written.getText(),
      /op\.add_column\(\s*"product",\s*sa\.Column\("weight", sa\.Float\(precision=53\), nullable=True\)/,
    );
    await until("a field that is migrated", () =>
      vscode.languages.getDiagnostics(document.uri).every(({ code }) => code !== "field-not-migrated"),
    );
  });

  it("starts anew when it is told to", async () => {
    const document = await show(REPOSITORY);
    await diagnostic(document, "unknown-column");
    const emptied = new Promise<void>((resolve) => {
      vscode.languages.onDidChangeDiagnostics(() => {
        if (vscode.languages.getDiagnostics(document.uri).length === 0) {
          resolve();
        }
      });
    });
    await vscode.commands.executeCommand("fxOrm.restart");
    await emptied;
    await diagnostic(document, "unknown-column");
  });
});
