"""From Python's syntax tree to facts, one top-level statement at a time.

The tree is dropped at once: trees of a whole workspace cost more memory and collection time than everything else.
"""

import ast
import warnings
from collections.abc import Iterator
from functools import lru_cache

from fx_lsp.engine.expressions import Argument, Call
from fx_lsp.engine.facts import Assignment, ClassFact, FieldFact, FunctionFact, Import, RelationshipFact, StatementFacts
from fx_lsp.engine.tree_functions import Function, read_functions
from fx_lsp.engine.tree_reader import TreeReader


@lru_cache(maxsize=20_000)
def read_statement(text: str) -> StatementFacts | None:
    """Read the facts of one top-level statement (or several); None when Python cannot parse it."""
    tree = _parse(text)
    try:
        return _StatementReader(text).statement(tree) if tree else None
    except RecursionError:
        return None


def parses(text: str) -> bool:
    """Whether Python can parse a text."""
    return _parse(text) is not None


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the user's invalid escapes are not ours to report
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _StatementReader(TreeReader):
    """Reads the imports, classes and functions of one statement."""

    def statement(self, tree: ast.Module) -> StatementFacts:
        imports: list[Import] = []
        stars: list[tuple[str, int]] = []
        classes: list[ClassFact] = []
        functions: list[FunctionFact] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    local = alias.asname or alias.name.split(".")[0]
                    module = alias.name if alias.asname else local
                    imports.append(Import(local, module, None, 0))
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if alias.name == "*":
                        stars.append((node.module or "", node.level))
                    else:
                        imports.append(Import(alias.asname or alias.name, node.module or "", alias.name, node.level))
            elif isinstance(node, ast.ClassDef):
                classes.append(self.class_(node))
        functions.extend(read_functions(self, tree.body, None))
        names = [node.name for node in tree.body if isinstance(node, ast.ClassDef | Function)]
        return StatementFacts(
            tuple(names), tuple(imports), tuple(stars), tuple(classes), tuple(functions), tuple(self.tables(tree))
        )

    def class_(self, node: ast.ClassDef) -> ClassFact:
        fields: list[FieldFact] = []
        relationships: list[RelationshipFact] = []
        assignments: list[Assignment] = []
        dynamic = bool(node.decorator_list)
        for statement in node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name() as target):
                    self.attribute(statement, target, fields, relationships, assignments)
                case ast.Assign(targets=[ast.Name() as target]):
                    value = self.expression(statement.value)
                    assignments.append(Assignment(target.id, self.span(target), value))
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    decorators = " ".join(ast.unparse(found) for found in statement.decorator_list)
                    dynamic = dynamic or "declared_attr" in decorators
                case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.ClassDef():
                    pass
                case _:
                    dynamic = True
        arguments = tuple(Argument(keyword.arg or "**", self.expression(keyword.value)) for keyword in node.keywords)
        return ClassFact(
            node.name,
            self.name_after_keyword(node, "class"),
            tuple(self.expression(base) for base in node.bases),
            arguments,
            tuple(fields),
            tuple(relationships),
            tuple(assignments),
            dynamic,
            self.span(node),
        )

    def attribute(
        self,
        statement: ast.AnnAssign,
        target: ast.Name,
        fields: list[FieldFact],
        relationships: list[RelationshipFact],
        assignments: list[Assignment],
    ) -> None:
        annotation = self.annotation(statement.annotation)
        value = self.expression(statement.value) if statement.value else None
        if annotation.split("[")[0].split(".")[-1] == "ClassVar" or target.id.startswith("__"):
            if value is not None:
                assignments.append(Assignment(target.id, self.span(target), value))
        elif isinstance(value, Call) and value.method in {"Relationship", "relationship"}:
            relationships.append(
                RelationshipFact(target.id, self.span(target), annotation, value, self.span(statement))
            )
        else:
            fields.append(
                FieldFact(
                    target.id,
                    self.span(target),
                    annotation,
                    self.span(statement.annotation),
                    value,
                    self.span(statement),
                )
            )

    def tables(self, tree: ast.Module) -> Iterator[str]:
        """Find the names of tables made by `Table("name", metadata, ...)`."""
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Name(id="Table") | ast.Attribute(attr="Table"), args=[ast.Constant(value=str(name)), *_]
                ):
                    yield name
                case _:
                    pass
