"""What becomes of the rows that point to a deleted entity: what their foreign keys declare, on each database."""

from collections.abc import Callable, Iterator

import pytest

from fx_orm import AbstractEntity, Field, Relationship, configure
from fx_orm.entity_manager import EntityManager
from fx_orm.errors import ForeignKeyError


class Owner(AbstractEntity, table=True):
    __tablename__ = "deletion_owner"

    id: int | None = Field(default=None, primary_key=True)
    strict: list["Strict"] = Relationship(back_populates="owner")
    swept: list["Swept"] = Relationship(back_populates="owner")
    kept: list["Kept"] = Relationship(back_populates="owner")
    barred: "Barred | None" = Relationship(back_populates="owner")
    first: list["Twofold"] = Relationship(sa_relationship_kwargs={"foreign_keys": "Twofold.first_id"})


class Strict(AbstractEntity, table=True):
    __tablename__ = "deletion_strict"

    id: int | None = Field(default=None, primary_key=True)
    owner_id: int = Field(foreign_key="deletion_owner.id")
    owner: Owner = Relationship(back_populates="strict")


class Swept(AbstractEntity, table=True):
    __tablename__ = "deletion_swept"

    id: int | None = Field(default=None, primary_key=True)
    owner_id: int = Field(foreign_key="deletion_owner.id", ondelete="CASCADE")
    owner: Owner = Relationship(back_populates="swept")


class Kept(AbstractEntity, table=True):
    __tablename__ = "deletion_kept"

    id: int | None = Field(default=None, primary_key=True)
    owner_id: int | None = Field(default=None, foreign_key="deletion_owner.id")
    owner: Owner | None = Relationship(back_populates="kept")


class Barred(AbstractEntity, table=True):
    __tablename__ = "deletion_barred"

    id: int | None = Field(default=None, primary_key=True)
    owner_id: int | None = Field(default=None, foreign_key="deletion_owner.id", ondelete="RESTRICT")
    owner: Owner | None = Relationship(back_populates="barred")


class Twofold(AbstractEntity, table=True):
    __tablename__ = "deletion_twofold"

    id: int | None = Field(default=None, primary_key=True)
    first_id: int = Field(foreign_key="deletion_owner.id", ondelete="CASCADE")
    second_id: int | None = Field(default=None, foreign_key="deletion_owner.id")


@pytest.fixture
def em(database_url: str) -> Iterator[EntityManager]:
    configure(database_url)
    with EntityManager() as manager:
        manager.create_all_tables()
        yield manager
    configure()


@pytest.mark.parametrize("loaded", [False, True], ids=["not loaded", "loaded"])
@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("swept", lambda owner: Swept(owner_id=owner.id)),
        ("first", lambda owner: Twofold(first_id=owner.id)),
    ],
)
def test_rows_are_deleted_where_the_key_cascades(
    em: EntityManager, field: str, make: Callable[[Owner], AbstractEntity], loaded: bool
) -> None:
    owner = em.persist(Owner())
    em.flush()
    row = em.persist(make(owner))
    em.commit()
    if loaded:
        assert getattr(owner, field) == [row]
    em.remove(owner)
    em.commit()
    assert em.query_builder(type(row)).count() == 0


def test_a_key_that_may_be_null_becomes_null(em: EntityManager) -> None:
    kept = em.persist(Kept(owner=Owner()))
    em.commit()
    em.remove(kept.owner)
    em.commit()
    assert kept.owner_id is None


@pytest.mark.parametrize("kind", [Strict, Barred])
def test_the_owner_stays_where_the_key_forbids_it(em: EntityManager, kind: type[AbstractEntity]) -> None:
    owner = Owner()
    em.persist(kind(owner=owner))
    em.commit()
    em.remove(owner)
    with pytest.raises(ForeignKeyError) as caught:
        em.commit()
    assert str(caught.value) == (
        'rows of other tables still point to this row of table "deletion_owner"; '
        "delete those first, or declare ondelete="
    )
    assert em.query_builder(Owner).count() == 1
