"""The FROM clause: the root table, and every join, each under the name by which the query's strings call it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipProperty

from fx_orm.errors import UnsupportedError
from fx_orm.errors.nearest import did_you_mean
from fx_orm.mixins import stamp_of
from fx_orm.query.conditions import combined
from fx_orm.query.context import Context
from fx_orm.query.expressions import Element, expression
from fx_orm.query.messages import wrong
from fx_orm.query.operands import condition_problem
from fx_orm.query.shapes import Columns, Join, Shape, Source, Written
from fx_orm.query.tables import columns_of
from fx_orm.sql.nodes import Binary, Column, Node


@dataclass(slots=True)
class Part:
    """A table of the query."""

    selectable: sa.FromClause
    mapper: Mapper[Any] | None
    columns: Mapping[str, Any]

    @property
    def key(self) -> list[Any]:
        """Its primary key, as columns of this query; empty when it has none."""
        return list(self.selectable.primary_key)


@dataclass(slots=True)
class From:
    """The whole clause; `equal` are pairs of columns made equal by joins: the second follows from the first.

    `criterion` is what WHERE says of it beside the query's own conditions; `kept`, that its rows are not deleted.
    """

    clause: sa.FromClause
    root: str
    parts: dict[str, Part] = field(default_factory=dict)
    equal: list[tuple[Any, Any]] = field(default_factory=list)
    links: list[sa.FromClause] = field(default_factory=list)
    criterion: Element | None = None
    with_deleted: bool = False
    kept: list[Element] = field(default_factory=list)

    @property
    def tables(self) -> list[sa.FromClause]:
        """Every table of the clause, the link tables of relationships included."""
        return [*(part.selectable for part in self.parts.values()), *self.links]


def from_clause(context: Context, shape: Shape) -> From | None:
    """Build the FROM clause and put its tables into the context; None when the query has no table."""
    found = _root(context, shape)
    if found is None:
        if shape.joins:
            first = shape.joins[0]
            raise wrong(first.method, first.source.text, "the query has no table to join to; call from_table() first")
        return None
    found.with_deleted = shape.with_deleted
    found.kept = _not_deleted(found, found.parts[found.root])
    for join in shape.joins:
        _join(context, found, join)
    criteria = found.kept if found.criterion is None else [found.criterion, *found.kept]
    found.criterion = sa.and_(*criteria) if criteria else None
    return found


def _not_deleted(found: From, part: Part) -> list[Element]:
    """Say that rows are not deleted, where deleting only stamps them; also true where an outer join has no row."""
    stamp = None if found.with_deleted else stamp_of(part.mapper)
    return [] if stamp is None else [part.columns[stamp].is_(None)]


def _root(context: Context, shape: Shape) -> From | None:
    source = shape.source
    if shape.entity is not None:
        return _entity_root(context, shape.entity, source)
    if source is None:
        return None
    part = _source(context, source)
    context.add(source.method, source.text, source.name, source.table, part.columns)
    return From(part.selectable, source.name, {source.name: part})


def _entity_root(context: Context, entity: type[Any], source: Source | None) -> From:
    mapper: Mapper[Any] = sa.inspect(entity)
    selectable: sa.FromClause = mapper.selectable  # a join, under joined inheritance
    own = mapper.local_table
    table = own.fullname if isinstance(own, sa.Table) else str(own.description)
    name = table
    if source is not None:
        if source.query is not None or source.table != table:
            raise wrong(
                source.method,
                source.text,
                f'the builder is bound to {entity.__name__}, whose table is "{table}"; '
                "start with QueryBuilder() to select from another one",
            )
        if source.alias is not None:
            if not isinstance(selectable, sa.Table):
                raise wrong(source.method, source.text, f"{entity.__name__} spans several tables and takes no alias")
            selectable, name = selectable.alias(source.alias), source.alias
    if isinstance(selectable, sa.Join):
        columns: Mapping[str, Any] = {attribute.key: attribute.columns[0] for attribute in mapper.column_attrs}
    else:
        columns = columns_of(selectable, mapper)
    if isinstance(own, sa.Table):
        context.tables.used[own.fullname] = own
    context.add("from_table", table, name, table, columns, root=True)
    criterion = None
    if mapper.single and mapper.polymorphic_on is not None:
        kinds = [each.polymorphic_identity for each in mapper.self_and_descendants]
        criterion = selectable.c[mapper.polymorphic_on.key].in_(kinds)
    return From(selectable, name, {name: Part(selectable, mapper, columns)}, criterion=criterion)


def _source(context: Context, source: Source) -> Part:
    """Find what stands where a table may: a table, a common table expression, another query."""
    if source.query is not None:
        inner = context.alone().embedded(source.query)
        selectable: sa.FromClause = inner.statement.subquery(source.alias)
        return Part(selectable, None, dict(zip(inner.keys, selectable.c, strict=True)))
    cte = context.ctes.get(source.table)
    if cte is not None:
        selectable = cte.alias(source.alias) if source.alias else cte
        return Part(selectable, None, dict(selectable.c.items()))
    known = context.tables.find(source.table, source.method, source.text)
    selectable = known.table.alias(source.alias) if source.alias else known.table
    return Part(selectable, known.mapper, columns_of(selectable, known.mapper))


def _join(context: Context, found: From, join: Join) -> None:
    source = join.source
    if join.on is None and join.kind != "cross":
        _join_relationship(context, found, join)
        return
    part = _source(context, source)
    context.add(join.method, source.text, source.name, source.table, part.columns)
    found.parts[source.name] = part
    on, pairs = _on(context, join)
    found.equal += _directed(pairs, part, join.kind)
    _attach(context, found, join, part, on)


def _on(context: Context, join: Join) -> tuple[Element, list[tuple[Any, Any]]]:
    """Build the ON condition, and list the columns that it makes equal (when it does nothing else)."""
    if isinstance(join.on, Written):
        element, tree = expression(context, join.method, join.on.text)
        if problem := condition_problem(element.type):
            raise wrong(join.method, join.on.text, problem)
        pairs = _equalities(tree)
        columns = [
            (context.resolve(join.method, join.on.text, *left), context.resolve(join.method, join.on.text, *right))
            for left, right in pairs or ()
        ]
        return element, [(left.value, right.value) for left, right in columns]
    if join.on is None:
        return sa.true(), []
    condition = combined(context, [join.on])
    if condition is None:
        return sa.true(), []
    if isinstance(join.on, Columns) and join.on.operator == "=":
        left, right = context.column(join.method, join.on.left), context.column(join.method, join.on.right)
        return condition, [(left, right)]
    return condition, []


def _equalities(tree: Node) -> list[tuple[tuple[str | None, str], tuple[str | None, str]]] | None:
    """List the columns in `a = b AND c = d`; None when the condition is anything else."""
    if not isinstance(tree, Binary):
        return None
    if tree.operator == "AND":
        left, right = _equalities(tree.left), _equalities(tree.right)
        return None if left is None or right is None else left + right
    if tree.operator == "=" and isinstance(tree.left, Column) and isinstance(tree.right, Column):
        return [((tree.left.qualifier, tree.left.name), (tree.right.qualifier, tree.right.name))]
    return None


def _directed(pairs: list[tuple[Any, Any]], part: Part, kind: str) -> list[tuple[Any, Any]]:
    """Say which column of a pair follows from which: a LEFT JOIN's partner may be NULL where the other is not."""
    if kind == "full":
        return []
    result = []
    for left, right in pairs:
        joined, other = (left, right) if left.table is part.selectable else (right, left)
        if kind != "right":
            result.append((other, joined))
        if kind != "left":
            result.append((joined, other))
    return result


def _attach(context: Context, found: From, join: Join, part: Part, on: Element) -> None:
    right = part.selectable
    kept = _not_deleted(found, part)
    # A deleted row is as if it were not there: it is no partner (ON), and no row of its own (WHERE).
    if join.kind in ("right", "full"):
        on = sa.and_(on, *found.kept)
    if join.kind in ("left", "full"):
        on = sa.and_(on, *kept)
    if join.kind != "left":
        found.kept += kept
    if join.kind == "right":  # a LEFT JOIN seen from the other side: every database has it
        found.clause = right.join(found.clause, on, isouter=True)
        return
    if join.kind == "full" and context.database == "mysql":
        raise UnsupportedError(
            f'QueryBuilder.full_join("{join.source.text}"): MariaDB and MySQL have no FULL JOIN; '
            "use union() of a left_join and a right_join",
            database="mysql",
            feature="FULL JOIN",
            alternative="union() of a left_join and a right_join",
        )
    found.clause = found.clause.join(right, on, isouter=join.kind == "left", full=join.kind == "full")


def _join_relationship(context: Context, found: From, join: Join) -> None:
    source = join.source
    owner, _, name = source.table.rpartition(".")
    from_part = found.parts.get(owner or found.root)
    if from_part is None:
        raise wrong(join.method, source.text, f'the query has no table or alias "{owner}"', name=owner)
    if from_part.mapper is None:
        raise wrong(join.method, source.text, "a join needs a condition: join(table, condition)")
    relationships = from_part.mapper.relationships
    relationship: RelationshipProperty[Any] | None = relationships.get(name)
    if relationship is None:
        hint = did_you_mean(name, relationships.keys())
        raise wrong(
            join.method,
            source.text,
            f'{from_part.mapper.class_.__name__} has no relationship "{name}"{hint}; '
            "a table is joined with a condition: join(table, condition)",
            name=name,
        )
    _follow(context, found, join, from_part, relationship)


def _follow(
    context: Context, found: From, join: Join, from_part: Part, relationship: RelationshipProperty[Any]
) -> None:
    """Join along a relationship: to the target, through the link table where there is one."""
    source, mapper = join.source, relationship.mapper
    table = mapper.local_table
    if not isinstance(table, sa.Table) or len(relationship.local_remote_pairs or ()) == 0:
        raise wrong(join.method, source.text, "this relationship cannot be joined by name; write the condition")
    name = source.alias or relationship.key
    selectable: sa.FromClause = table if name == table.name else table.alias(name)
    target = Part(selectable, mapper, columns_of(selectable, mapper))
    context.add(join.method, source.text, name, table.fullname, target.columns)
    context.tables.used[table.fullname] = table
    found.parts[name] = target
    own = from_part.mapper.local_table if from_part.mapper is not None else None
    if relationship.secondary is None:
        pairs = [
            (_of(from_part.selectable, own, local), _of(selectable, table, remote))
            for local, remote in relationship.local_remote_pairs or ()
        ]
        found.equal += _directed(pairs, target, join.kind)
        _attach(context, found, join, target, sa.and_(*(left == right for left, right in pairs)))
        return
    link = relationship.secondary.alias(f"{name}_link")
    found.links.append(link)
    near = [left == right for left, right in _pairs(relationship.synchronize_pairs, from_part.selectable, link)]
    far = [left == right for left, right in _pairs(relationship.secondary_synchronize_pairs or [], selectable, link)]
    _attach(context, found, join, Part(link, None, {}), sa.and_(*near))
    _attach(context, found, join, target, sa.and_(*far))


def _pairs(pairs: Any, end: sa.FromClause, link: sa.FromClause) -> list[tuple[Any, Any]]:
    return [(end.c[column.key], link.c[linked.key]) for column, linked in pairs]


def _of(selectable: sa.FromClause, table: Any, column: Any) -> Any:
    """Return a table's column as a column of its alias."""
    return selectable.c[column.key] if column.table is table else column
