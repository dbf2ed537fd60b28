"""The select list: every item with the key under which it stands in a row, each key once."""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from fx_orm.query.context import Context
from fx_orm.query.expressions import Element, expression
from fx_orm.query.messages import wrong
from fx_orm.query.shapes import Embedded, Item
from fx_orm.query.sources import From, Part
from fx_orm.sql import SelectItem, read_column, read_select_item
from fx_orm.sql.nodes import Node


@dataclass(slots=True)
class Selected:
    """One column of the result. `tree` is what it was written as, None for a plain column."""

    key: str
    element: Any
    written: str
    is_alias: bool = False
    is_star: bool = False
    column: Any = None
    tree: Node | None = None


@dataclass(slots=True)
class Selection:
    """The whole select list."""

    columns: list[Selected] = field(default_factory=list)
    distinct: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """What the columns are called in a row."""
        return tuple(column.key for column in self.columns)


def selection(context: Context, found: From | None, items: tuple[Item, ...]) -> Selection:
    """Build the select list; without items it is every column of every table."""
    result = Selection()
    if not items:
        return _everything(found)
    for at, item in enumerate(items):
        if item.query is not None:
            _add(result, _subquery(context, item, item.query))
        elif item.clause is not None:
            for selected in _clause(item.clause):
                _add(result, selected)
        else:
            _written(context, found, result, item, first=at == 0)
    for selected in result.columns:
        if selected.is_alias:
            context.labels[selected.key] = selected.element
        elif selected.tree is not None:
            context.labels.setdefault(selected.key, selected.element)
    return result


def _everything(found: From | None) -> Selection:
    """Select all columns of all tables, for a query that says nothing else."""
    result = Selection()
    for part in found.parts.values() if found is not None else ():
        for selected in _all(part, "*"):
            if selected.key in result.keys:
                problem = (
                    f'without it all columns are read, and "{selected.key}" is in several tables; say which you need'
                )
                raise wrong("select", None, problem, name=selected.key)
            result.columns.append(selected)
    if not result.columns:
        raise wrong("select", None, "the query has no table; call from_table()")
    return result


def _written(context: Context, found: From | None, result: Selection, item: Item, *, first: bool) -> None:
    text, method = item.text, item.method
    read = read_select_item(text)
    if read.problem:
        raise wrong(method, text, read.problem, name=text)
    if read.distinct:
        if not first:
            raise wrong(method, text, "DISTINCT stands before the first item, and is meant for all of them")
        result.distinct = True
    column = read.column
    if column is not None and column.column.text == "*":
        if read.alias:
            raise wrong(method, text, "* takes no alias")
        qualifier = column.qualifier.text if column.qualifier else None
        for selected in _star(context, found, method, text, qualifier):
            _add(result, selected)
    else:
        _add(result, _item(context, method, text, read))


def _item(context: Context, method: str, text: str, read: SelectItem) -> Selected:
    alias = read.alias.text if read.alias else None
    reference = read_column(read.expression.text)
    if reference.problem is None:
        resolved = context.found(method, text, reference)
        key = alias or reference.column.text
        element = resolved.value
        labelled = element if element.name == key else element.label(key)
        return Selected(key, labelled, text, is_alias=alias is not None, column=element)
    element, tree = expression(context, method, read.expression.text, argument=text)
    key = alias or read.expression.text
    return Selected(key, element.label(alias), text, is_alias=alias is not None, tree=tree)


def _star(context: Context, found: From | None, method: str, text: str, qualifier: str | None) -> list[Selected]:
    if found is None:
        raise wrong(method, text, "the query has no table; call from_table()")
    if qualifier is not None and qualifier not in found.parts:
        context.resolve(method, text, qualifier, "*")
    parts = found.parts.values() if qualifier is None else [found.parts[qualifier]]
    return [selected for part in parts for selected in _all(part, text)]


def _all(part: Part, text: str) -> list[Selected]:
    """Every column of a table once, under the name of its field."""
    result: list[Selected] = []
    for key, column in part.columns.items():
        if any(column is each.column for each in result):
            continue
        labelled = column if column.name == key else column.label(key)
        result.append(Selected(key, labelled, text, is_star=True, column=column))
    return result


def _clause(clause: Any) -> list[Selected]:
    """Take a SQLAlchemy expression or entity as it is; its key is the one that SQLAlchemy gives it."""
    return [
        Selected(str(key), column, str(key), is_alias=isinstance(column, sa.Label))
        for key, column in sa.select(clause).selected_columns.items()
    ]


def _subquery(context: Context, item: Item, query: Embedded) -> Selected:
    inner = context.embedded(query, key_only=True)
    if len(inner.keys) != 1:
        raise wrong("select", item.text, f"a sub-query in the select list gives one column, not {len(inner.keys)}")
    element: Element = inner.statement.scalar_subquery()
    return Selected(item.text, element.label(item.text), item.text, is_alias=True)


def _add(result: Selection, new: Selected) -> None:
    """Add a column; of two with one key an alias wins over a star, anything else is told."""
    for at, old in enumerate(result.columns):
        if old.key != new.key:
            continue
        if old.is_alias and new.is_star:
            return
        if old.is_star and new.is_alias:
            result.columns[at] = new
            return
        if old.is_star and new.column is not None and new.column is old.column:
            return
        raise wrong(
            "select",
            new.written,
            f'"{new.key}" is selected twice (also by "{old.written}"); give one of them an alias: "... as other_name"',
            name=new.key,
        )
    result.columns.append(new)
