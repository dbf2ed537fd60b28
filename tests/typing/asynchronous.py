"""Typical use of fx_orm.aio, for type checkers: what must be accepted, and, marked, what must be refused."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, assert_type

from fx_orm import AbstractEntity, EntityManager, Field
from fx_orm.aio import (
    AsyncEntityManager,
    AsyncEntityManagerInterface,
    AsyncObjectManager,
    AsyncQueryBuilder,
    AsyncRepository,
    Stream,
    current,
    use,
)
from fx_orm.pagination import CursorPage, Page
from fx_orm.query_builder import Explanation, Row


class Fish(AbstractEntity, table=True):
    __tablename__ = "typed_fish"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    length: int = 0


@dataclass
class Size:
    length: int


class FishRepository(AsyncRepository[Fish]):
    async def long(self) -> list[Fish]:
        return await self.find_by({"length": 90}, order_by="-length")


async def managers(em: AsyncEntityManager) -> None:
    assert_type(em.persist(Fish(name="carp")), Fish)
    assert_type(await em.find(Fish, 1), Fish | None)
    assert_type(await em.get(Fish, 1), Fish)
    assert_type(await em.load(await em.get(Fish, 1), "name"), Fish)
    assert_type(await em.changes(Fish(name="eel")), dict[str, tuple[Any, Any]])
    assert_type(await em.commit(), None)
    async with em.transaction(isolation="SERIALIZABLE"):
        await em.flush()

    @em.transaction(retries=3)
    async def caught(name: str) -> Fish:
        return em.persist(Fish(name=name))

    assert_type(await caught("perch"), Fish)

    async def fn() -> int:
        return 1

    assert_type(await em.run(fn), int)
    assert_type(await em.run_sync(names), list[str])
    await em.run(lambda: 1)  # refused
    async with AsyncEntityManager() as other:
        assert_type(other, AsyncEntityManager)
        with use(other):
            assert_type(current(), AsyncObjectManager)
    interface: AsyncEntityManager = AsyncEntityManagerInterface(em)
    protocol: AsyncObjectManager = em
    assert_type(interface.query_builder(Fish), AsyncQueryBuilder[Fish])
    assert_type(protocol.query_builder(Fish), AsyncQueryBuilder[Fish])


def names(em: EntityManager) -> list[str]:
    return [fish.name for fish in em.query_builder(Fish).get()]


async def queries(em: AsyncEntityManager) -> None:
    bound = AsyncQueryBuilder(Fish, manager=em)
    assert_type(bound.where("length", ">", 3).order_by("name"), AsyncQueryBuilder[Fish])
    assert_type(bound.where_group(lambda q: q.where("name", "eel").or_where("length", 3)), AsyncQueryBuilder[Fish])
    assert_type(await bound.get(), list[Fish])
    assert_type(await bound.first(), Fish | None)
    assert_type(await bound.one(), Fish)
    assert_type(await bound.count(), int)
    assert_type(await bound.pluck("name"), list[Any])
    assert_type(await bound.pluck("name", key="id"), dict[Any, Any])
    assert_type(await bound.paginate(), Page[Fish])
    assert_type(await bound.cursor_paginate(), CursorPage[Fish])
    assert_type(await bound.select("name").get(), list[Row])
    assert_type(await bound.as_(Size).get(), list[Size])
    assert_type(await bound.to_sql(), tuple[str, Any])
    assert_type(await bound.explain(), Explanation)
    assert_type(await AsyncQueryBuilder(em).from_table("typed_fish").first(), Row | None)
    assert_type(await bound.where("id", 1).update({"length": 3}), int)
    assert_type(bound.stream(), Stream[Fish])
    async for fish in bound.stream(10):
        assert_type(fish, Fish)
    async for part in bound.chunk():
        assert_type(part, list[Fish])
    list(bound.stream())  # refused
    bound.get().sort()  # refused


async def repositories(em: AsyncEntityManager) -> None:
    fishes = FishRepository()
    assert_type(await fishes.long(), list[Fish])
    assert_type(await fishes.get(1), Fish)
    assert_type(await fishes.create({"name": "eel"}), Fish)
    assert_type(await fishes.paginate(per_page=3), Page[Fish])
    assert_type(fishes.using(em).with_deleted(), FishRepository)
    assert_type(em.get_repository(Fish), AsyncRepository[Fish])
    assert_type(fishes.query_builder(), AsyncQueryBuilder[Fish])
    assert_type([fish.name async for fish in fishes.stream()], list[str])
    waits: Callable[[Any], Awaitable[Fish | None]] = fishes.find
    await waits("1")
