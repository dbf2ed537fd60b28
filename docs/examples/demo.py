"""The product at work on the example shop, from entities to a migration written by the editor's server (`make demo`).

It needs SQLite and nothing else, works in a folder of its own and leaves nothing behind.
"""

import ast
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lsp_session import LspSession

EXAMPLES = Path(__file__).parent
COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def main() -> None:
    """Tell the whole story, in six chapters."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder).resolve() / "shop"
        shutil.copytree(EXAMPLES / "shop", shop, ignore=shutil.ignore_patterns("*.db*", "migrations", "__pycache__"))
        os.chdir(shop)
        os.environ.pop("DATABASE_URL", None)
        os.environ |= {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}

        show_entities(shop)
        migrate(shop)
        query()
        check(shop)
        complete_and_migrate_in_the_editor(shop)
    chapter("That is the path. Your turn: README.md")


def show_entities(shop: Path) -> None:
    """Print one entity as it is written, and the fields of all, read from their source."""
    chapter("1  Entities are classes; the constructor and every assignment validate")
    source = (shop / "src/entity/product.py").read_text()
    code(source[source.index("class Product") :])
    for module in sorted((shop / "src/entity").glob("[!_]*.py")):
        for name, fields in entities(module.read_text()):
            note(f"{name:15}", ", ".join(fields))


def migrate(shop: Path) -> None:
    """Create the database, generate the first migration, apply it."""
    chapter("2  The first migration is the difference between the entities and the migration files")
    command("fx-orm", "database", "create")
    command("fx-orm", "database", "create-migration", "-m", "Create the shop")
    (migration,) = (shop / "migrations/versions").glob("*.py")
    code(migration.read_text())
    command("fx-orm", "database", "upgrade")
    command("fx-orm", "database", "status")


def query() -> None:
    """Run the shop: it fills itself and asks three questions."""
    chapter("3  Repositories and the query builder: names are checked, values are bound")
    run("python main.py", [sys.executable, "main.py"])


def check(shop: Path) -> None:
    """Misspell a column in a copy, and let the checker find it."""
    chapter("4  A misspelt column, found without running anything")
    copy = shop.parent / "copy"
    shutil.copytree(shop, copy, ignore=shutil.ignore_patterns("*.db*", "__pycache__"))
    repository = copy / "src/repository/product_repository.py"
    repository.write_text(repository.read_text().replace('.where("p.created_at"', '.where("p.creatd_at"'))
    note("changed", '.where("p.created_at", ...)  ->  .where("p.creatd_at", ...)')
    command("fx-lsp", "check", ".", folder=copy, expected=1)


def complete_and_migrate_in_the_editor(shop: Path) -> None:
    """Speak with the language server as an editor does: a completion, and the migration of a field just typed."""
    editor = LspSession(shop)
    chapter("5  The same names, completed while you type (fx-lsp over stdio; the buffer does not even parse)")
    path = shop / "src/repository/product_repository.py"
    typed = path.read_text().partition('.where("t.name"')[0] + '.where("p.'
    uri = editor.open(path, typed)
    line, column = typed.count("\n"), len(typed.rpartition("\n")[2])
    answer = editor.request(
        "textDocument/completion", {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}
    )
    items = answer["items"] if isinstance(answer, dict) else answer
    code("\n".join(typed.splitlines()[-4:]) + "|")
    note("offered", ", ".join(item["label"] for item in items))

    chapter("6  A new field, not saved yet; one code action writes its migration")
    path = shop / "src/entity/product.py"
    source = path.read_text()
    stock = next(line for line in source.splitlines() if line.strip().startswith("stock:"))
    new = "    weight: float | None = Field(default=None, gt=0)"
    uri = editor.open(path, source)
    editor.change(uri, source.replace(stock, f"{stock}\n{new}"))
    while not (found := [d for d in editor.wait_for_diagnostics(uri) if d["code"] == "field-not-migrated"]):
        pass
    code(new.strip())
    note(found[0]["code"], found[0]["message"])
    action = migration_action(editor, uri, found[0])
    note("code action", action["title"])
    for change in action["edit"]["documentChanges"]:
        for edit in change.get("edits", []):
            code(edit["newText"])
    editor.close()


def migration_action(editor: LspSession, uri: str, diagnostic: dict[str, Any]) -> dict[str, Any]:
    """Ask for the code action that creates a file, resolved to its edit."""
    context = {"diagnostics": [diagnostic]}
    params = {"textDocument": {"uri": uri}, "range": diagnostic["range"], "context": context}
    for action in editor.request("textDocument/codeAction", params):
        if "migration" in action["title"].lower():
            return action if "edit" in action else dict(editor.request("codeAction/resolve", action))
    raise RuntimeError("the server offered no migration")


def entities(source: str) -> Iterator[tuple[str, list[str]]]:
    """Read the entities of a module, and their fields, from its text."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and any(keyword.arg == "table" for keyword in node.keywords):
            yield node.name, [ast.unparse(item.target) for item in node.body if isinstance(item, ast.AnnAssign)]


def command(name: str, *arguments: str, folder: Path | None = None, expected: int = 0) -> None:
    """Run one of the product's commands as it is typed."""
    module = {"fx-orm": "fx_orm", "fx-lsp": "fx_lsp"}[name]
    run(shlex.join([name, *arguments]), [sys.executable, "-m", module, *arguments], folder=folder, expected=expected)


def run(typed: str, command: list[str], *, folder: Path | None = None, expected: int = 0) -> None:
    """Show a command, run it, show what it prints; another exit code than the expected one ends the demo."""
    print(paint("1", f"$ {typed}"))
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    print(done.stdout + done.stderr, end="")
    if done.returncode != expected:
        raise SystemExit(f"{typed}: exit code {done.returncode}, expected {expected}")
    print(f"(exit code {done.returncode})\n" if expected else "")


def chapter(title: str) -> None:
    """Print a title."""
    print(f"\n{paint('1;36', title)}\n{paint('36', '-' * len(title))}\n")


def code(text: str) -> None:
    """Print source text, indented."""
    for line in text.strip("\n").splitlines():
        print(f"    {paint('2', line)}" if line.strip() else "")
    print()


def note(label: str, text: str) -> None:
    """Print a labelled line."""
    print(f"  {paint('33', label)}  {text}")


def paint(style: str, text: str) -> str:
    """Colour a text on a terminal; elsewhere it stays plain."""
    return f"\033[{style}m{text}\033[0m" if COLOURS else text


if __name__ == "__main__":
    main()
