"""What functions say in Python's syntax tree: what they bind, call, and let out of their sight."""

import ast
from collections.abc import Iterator

from fx_lsp.engine.expressions import Call
from fx_lsp.engine.facts import Binding, Chain, Fate, FunctionFact
from fx_lsp.engine.text import Span
from fx_lsp.engine.tree_reader import TreeReader

Function = ast.FunctionDef | ast.AsyncFunctionDef


def read_functions(reader: TreeReader, body: list[ast.stmt], owner: str | None) -> Iterator[FunctionFact]:
    """Read the functions of a body, nested ones included, and the body's own code."""
    scope = _Scope(reader)
    scope.body(body, conditional=False)
    if owner is None:
        yield scope.fact("", None, None, (), Span(0, len(reader.text)))
    for nested in scope.nested:
        if isinstance(nested, ast.ClassDef):
            yield from read_functions(reader, nested.body, nested.name)
        else:
            yield from _function(reader, nested, owner)


def _function(reader: TreeReader, node: Function, owner: str | None) -> Iterator[FunctionFact]:
    scope = _Scope(reader)
    scope.body(node.body, conditional=False)
    arguments = node.args
    parameters = [
        Binding(
            found.arg,
            None,
            reader.annotation(found.annotation) if found.annotation else None,
            reader.span(found).start,
            conditional=False,
        )
        for found in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    ]
    returns = reader.annotation(node.returns) if node.returns else None
    yield scope.fact(node.name, owner, returns, tuple(parameters), reader.span(node))
    for nested in scope.nested:
        if isinstance(nested, ast.ClassDef):
            yield from read_functions(reader, nested.body, nested.name)
        else:
            yield from _function(reader, nested, None)


class _Scope:
    """Collects what one function body binds, calls and lets go, without what is nested in it."""

    def __init__(self, reader: TreeReader) -> None:
        self.reader = reader
        self.bindings: list[Binding] = []
        self.chains: list[Chain] = []
        self.escaping: set[str] = set()
        self.nested: list[Function | ast.ClassDef] = []

    def fact(
        self, name: str, owner: str | None, returns: str | None, parameters: tuple[Binding, ...], span: Span
    ) -> FunctionFact:
        return FunctionFact(
            name,
            owner,
            returns,
            parameters,
            tuple(self.bindings),
            tuple(self.chains),
            frozenset(self.escaping),
            span,
        )

    def body(self, statements: list[ast.stmt], *, conditional: bool) -> None:
        for statement in statements:
            self.statement(statement, conditional=conditional)

    def statement(self, node: ast.stmt, *, conditional: bool) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.nested.append(node)
                self.captured(node)
            case ast.ClassDef():
                self.nested.append(node)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self.assignment(node, conditional=conditional)
            case ast.Expr():
                self.value(node.value, "dropped")
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self.value(item.context_expr, "escapes")
                    if item.optional_vars:
                        self.unknown_targets(item.optional_vars, conditional=conditional)
                self.body(node.body, conditional=conditional)
            case _:
                self.compound(node)

    def compound(self, node: ast.stmt) -> None:
        """Read a statement whose bodies may run or not, and whose expressions go out of sight."""
        if isinstance(node, ast.For | ast.AsyncFor):
            self.unknown_targets(node.target, conditional=True)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.statement(child, conditional=True)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                for statement in child.body:
                    self.statement(statement, conditional=True)
            elif isinstance(child, ast.expr):
                self.value(child, "escapes")

    def assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, *, conditional: bool) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        annotation = self.reader.annotation(node.annotation) if isinstance(node, ast.AnnAssign) else None
        value = self.reader.expression(node.value) if node.value and not isinstance(node, ast.AugAssign) else None
        local = True
        for target in targets:
            name = _target(target)
            if name is None:
                local = False
                self.unknown_targets(target, conditional=conditional)
                continue
            local = local and "." not in name
            offset = self.reader.span(node).end
            self.bindings.append(Binding(name, value, annotation, offset, conditional))
        if node.value:
            self.value(node.value, "bound" if local else "escapes")

    def unknown_targets(self, node: ast.expr, *, conditional: bool) -> None:
        """Note the names that get a value of which nothing is known."""
        for found in ast.walk(node):
            name = _target(found) if isinstance(found, ast.expr) else None
            if name is not None:
                self.bindings.append(Binding(name, None, None, self.reader.span(node).end, conditional))

    def captured(self, node: ast.AST) -> None:
        """What a nested function or lambda reads may be changed by it."""
        self.escaping.update(found.id for found in ast.walk(node) if isinstance(found, ast.Name))

    def value(self, node: ast.expr, fate: Fate) -> None:
        """Collect the chains of an expression, and the names whose value leaves through it."""
        match node:
            case ast.Await():
                self.value(node.value, fate)
            case ast.Call():
                call = self.reader.expression(node)
                if isinstance(call, Call):
                    self.chains.append(Chain(call, fate))
                self.inside_chain(node)
            case ast.Name():
                if fate != "dropped":
                    self.escaping.add(node.id)
            case ast.Lambda():
                self.captured(node)
            case ast.NamedExpr():
                self.value(node.value, "bound")
                offset = self.reader.span(node).end
                value = self.reader.expression(node.value)
                self.bindings.append(Binding(node.target.id, value, None, offset, conditional=True))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                for generator in node.generators:
                    self.unknown_targets(generator.target, conditional=True)
                self.children(node)
            case _:
                self.children(node)

    def children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, "escapes")
            elif isinstance(child, ast.comprehension | ast.keyword):
                self.children(child)

    def inside_chain(self, node: ast.expr) -> None:
        """Go down a chain: the names that it starts from stay in sight, its arguments do not."""
        while True:
            if isinstance(node, ast.Call):
                grouped = isinstance(node.func, ast.Attribute) and node.func.attr == "where_group"
                for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    # `qb.where_group(qb.where(...))`: the builder itself, not a second one.
                    self.value(argument, "dropped" if grouped and _root(argument) == _root(node) else "escapes")
                node = node.func
            elif isinstance(node, ast.Attribute):
                node = node.value
            elif isinstance(node, ast.Name):
                return
            else:
                self.value(node, "escapes")
                return


def _target(node: ast.expr) -> str | None:
    """Name what is assigned to: `x`, or `self.x`."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute(value=ast.Name(id="self")):
            return f"self.{node.attr}"
        case _:
            return None


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None
