"""Conditions in parentheses, in the three forms in which they are said.

What looking `where_group` up gives is a `Grouping`: it changes nothing until it is called.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from fx_orm.errors.calls import kind_of
from fx_orm.query.messages import wrong
from fx_orm.query.shapes import Group
from fx_orm.query_builder.recording import Draft, Recorder

B = TypeVar("B", bound=Recorder)


class Grouping(Generic[B]):
    """What looking `where_group` up gives: it remembers how many conditions there were, and changes nothing.

    Python looks it up before it computes the argument. So in `qb.where_group(qb.where(a).or_where(b))` the group is
    what the argument has added to the same builder.
    """

    __slots__ = ("_builder", "_count", "_joiner", "_method", "_revision", "_used")

    def __init__(self, builder: B, method: str, joiner: str) -> None:
        self._builder = builder
        self._method = method
        self._joiner = joiner
        self._count = len(builder.draft.conditions)
        self._revision = builder.draft.revision
        self._used = False

    def __call__(self, conditions: "Callable[[B], object] | Recorder") -> B:
        """Put the conditions in parentheses, and return the builder."""
        builder = self._builder
        if conditions is builder:
            self._enclose_added(builder.draft)
        elif isinstance(conditions, Recorder):
            self._take(builder.draft, conditions.draft)
        elif callable(conditions):
            inner = builder.empty()
            result = conditions(inner)
            if isinstance(result, Recorder) and result is not inner:
                raise wrong(self._method, None, "the function must add to the builder that it is given")
            self._take(builder.draft, inner.draft)
        else:
            raise wrong(self._method, None, f"a function or a builder is needed, not {kind_of(conditions)}")
        return builder

    def _enclose_added(self, draft: Draft) -> None:
        """Enclose what the argument added to this same builder since the look-up."""
        if self._used or draft.revision != self._revision or len(draft.conditions) < self._count:
            raise wrong(self._method, None, "it was looked up before other changes; call it in one expression")
        self._used = True
        if not draft.enclose(self._count, self._joiner, negated=False):
            raise wrong(self._method, None, _NOTHING)

    def _take(self, draft: Draft, other: Draft) -> None:
        """Take over the conditions of another builder."""
        if other.revision:
            raise wrong(self._method, None, "a group holds conditions alone: no joins, order or select")
        if not other.conditions:
            raise wrong(self._method, None, _NOTHING)
        nodes = tuple(other.conditions)
        draft.conditions.append(Group(self._joiner, False, nodes, draft.take_values(other)))


_NOTHING = "no condition was added; there is nothing to put in parentheses"
