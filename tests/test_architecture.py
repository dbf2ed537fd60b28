"""The house's rules, as ARCHITECTURE.md gives them: who may import whom, what stays out, how large a file may be.

Every import counts: at the top, inside a function, under TYPE_CHECKING. The sources are read, never run.
"""

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Lowest first: a room may import from the rooms above its own line, and from the rooms it is said to know.
# A line that begins with + goes on with the one before.
FX_ORM = """
errors
sql                       errors
schema                    errors
config                    errors schema
scope                     errors
urls                      errors config
database                  errors config urls
entity_modules            errors config
column_types              errors schema
fields                    errors schema column_types
mixins                    fields
constraints               schema
relationships             errors
json_tracking             errors
models                    errors fields
lazy_loading              errors config
abstract_entity           errors config schema entity_modules column_types constraints fields relationships
+                         json_tracking models lazy_loading
model_source              errors
discovery                 config constraints entity_modules relationships
query                     errors sql config scope database mixins lazy_loading
pagination
query_builder             errors sql config scope query pagination
identity                  errors
object_manager            scope query_builder
repository                errors config identity object_manager pagination query_builder
entity_manager            errors config scope database constraints mixins lazy_loading identity query query_builder
+                         repository
entity_manager_interface  object_manager query_builder repository
aio                       errors scope config database lazy_loading pagination query_builder repository entity_manager
web                       errors scope entity_manager entity_manager_interface
migrations                errors schema config urls database discovery
admin                     errors config urls database
cli                       *
"""
FX_LSP = """
engine
rules     engine
features  engine rules
convert   engine rules features
scheduler
server    engine rules features convert scheduler
check     engine rules features
__main__  check server
"""
OURS = {"fx_orm": FX_ORM, "fx_lsp": FX_LSP}

PURE = ("fx_orm/errors", "fx_orm/sql", "fx_orm/schema", "fx_orm/lint", "fx_lsp")
HEAVY = {"sqlalchemy", "sqlmodel", "alembic", "pydantic"}
EDITOR_OF_THE_ORM = {"fx_orm.sql", "fx_orm.schema", "fx_orm.lint", "fx_orm.errors"}
WIRE = {"pygls", "lsprotocol"}
WIRE_ROOMS = {"fx_lsp/server.py", "fx_lsp/convert.py", "fx_lsp/scheduler.py"}


def sources(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


ALL = [path.relative_to(ROOT).as_posix() for package in OURS for path in sources(package)]


def imports(path: str) -> Iterator[tuple[ast.AST, str]]:
    """Every module that a file imports, with the node, names of ours as far as they are modules."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node, inner if _is_module(inner) else str(node.module)


def room(name: str) -> str | None:
    """`fx_orm.query.compiler` is in the room `query` of its package; the package itself is no room."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else None


def test_there_is_something_to_look_at() -> None:
    assert len(ALL) > 30


@pytest.mark.parametrize("package", OURS)
def test_the_import_table(package: str) -> None:
    table = {line.split()[0]: set(line.split()[1:]) for line in _lines(OURS[package])}
    wrong = []
    for path in (p for p in ALL if p.startswith(f"{package}/")):
        own = room(path.removesuffix(".py").replace("/", "."))
        if own in (None, "__init__", "__main__") and own not in table:
            continue  # the package's table of contents, the doors
        if own not in table:
            wrong.append(f"{path}: the room {own!r} is not in the table")
            continue
        for node, name in imports(path):
            target = room(name)
            if name.split(".")[0] != package or target in (None, own) or "*" in table[own]:
                continue
            if target not in table[own]:
                wrong.append(f"{path}:{node.lineno}: {own} may not import {name}")  # type: ignore[attr-defined]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", OURS)
def test_no_module_imports_in_a_circle(package: str) -> None:
    graph = {}
    for path in (p for p in ALL if p.startswith(f"{package}/")):
        name = path.removesuffix(".py").replace("/", ".")
        if name.endswith("__init__"):
            continue  # tables of contents: they name what lies below them
        graph[name] = {target for _, target in imports(path) if target.startswith(package) and target != package}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"circular import: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("path", [p for p in ALL if p.startswith(PURE)])
def test_the_pure_rooms_do_without_the_heavy_libraries(path: str) -> None:
    if path == "fx_orm/errors/database.py":
        return  # the one file of errors that derives from SQLAlchemy's; it is loaded when a name of it is used
    assert not {name.split(".")[0] for _, name in imports(path)} & HEAVY


@pytest.mark.parametrize("path", [p for p in ALL if p.startswith("fx_lsp/")])
def test_the_editor_uses_the_orms_pure_rooms_alone(path: str) -> None:
    used = {".".join(name.split(".")[:2]) for _, name in imports(path) if name.startswith("fx_orm.")}
    assert used <= EDITOR_OF_THE_ORM
    if path not in WIRE_ROOMS:
        assert not {name.split(".")[0] for _, name in imports(path)} & WIRE


@pytest.mark.parametrize("path", [p for p in ALL if p.startswith("fx_orm/")])
def test_the_orm_does_not_know_the_editor(path: str) -> None:
    assert not any(name.split(".")[0] in {"fx_lsp", *WIRE, "jedi"} for _, name in imports(path))


@pytest.mark.parametrize("path", [p for p in ALL if p.startswith("fx_lsp/rules/")])
def test_a_rule_reads_facts_not_syntax(path: str) -> None:
    assert "ast" not in {name for _, name in imports(path)}


@pytest.mark.parametrize("path", [p for p in ALL if p.startswith("fx_lsp/")])
def test_the_server_never_runs_user_code(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"exec", "eval", "compile", "__import__"}
    assert not {name.split(".")[0] for _, name in imports(path)} & {"runpy", "imp"}


def test_imports_inside_functions_are_the_listed_ones() -> None:
    """Loading on first use is for start-up cost and optional packages; ARCHITECTURE.md lists each library."""
    listed = set(re.findall(r"^\| `(\w+)` \|", _chapter("Loaded at the first use"), flags=re.MULTILINE))
    found = set()
    for path in ALL:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    found.add(str(node.module).split(".")[0])
    assert found <= listed, f"not listed in ARCHITECTURE.md: {sorted(found - listed)}"


@pytest.mark.parametrize("path", ALL)
def test_a_file_is_one_concept(path: str) -> None:
    assert Path(path).stem not in {"utils", "util", "helpers", "common", "misc", "base_classes"}
    assert not {"core", "base", "interfaces", "utils"} & set(Path(path).parts[:-1])
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= 420, f"{lines} lines: is it more than one concept?"


@pytest.mark.parametrize("path", ALL)
def test_a_module_says_why_it_exists(path: str) -> None:
    assert ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))


def test_the_table_is_the_one_of_the_document() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for package, table in OURS.items():
        rooms = [line.split()[0] for line in _lines(table)]
        missing = [name for name in rooms if f"`{name}`" not in text and f"`{package}/{name}" not in text]
        assert not missing, f"ARCHITECTURE.md does not speak of {missing}"


def test_no_posix_only_module_at_the_top() -> None:
    posix_only = {"fcntl", "grp", "pwd", "resource", "termios", "tty", "pty"}
    assert posix_only <= sys.stdlib_module_names
    for path in ALL:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        top = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
        assert not top & posix_only, path


def _chapter(title: str) -> str:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return text.partition(f"## {title}")[2].partition("\n## ")[0]


def _lines(table: str) -> list[str]:
    """Give the lines of a table; one that begins with + goes on with the line before."""
    return table.replace("\n+", " ").strip().splitlines()


def _is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").exists() or path.is_dir()
