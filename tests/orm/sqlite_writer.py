"""One of several processes that write to a file at once: `python sqlite_writer.py URL NAME ROUNDS`."""

import sys

import fx_orm
from fx_orm import AbstractEntity, EntityManager, EntityManagerInterface, Field, QueryBuilder, update


class Counter(AbstractEntity, table=True):
    __tablename__ = "writer_counter"

    name: str = Field(primary_key=True, max_length=20)
    value: int = 0


class Entry(AbstractEntity, table=True):
    __tablename__ = "writer_entry"

    id: int | None = Field(default=None, primary_key=True)
    written_by: str = Field(max_length=40, index=True)


def write(name: str, rounds: int) -> None:
    """Write in each of the ways that there are; every round is six rows and four on the counters."""
    em = EntityManagerInterface()
    with EntityManager() as own:
        for _ in range(rounds):
            with em.transaction():
                em.get(Counter, "transactions").value += 1
                em.persist(Entry(written_by=name))
                with em.transaction():
                    em.persist(Entry(written_by=name))
            em.get_repository(Entry).create({"written_by": name})
            em.run(lambda: count("repeated"))
            QueryBuilder(Counter).where("name", "builders").update({"value": Counter.value + 1})
            em.persist(Entry(written_by=name))
            em.flush()
            assert em.exec_statement(fx_orm.select(Entry.id).where(Entry.written_by == name))
            em.persist(Entry(written_by=name))
            em.commit()
            # A manager of one's own reads first, in a transaction that others overtake, and writes then.
            assert own.find(Counter, "statements") is not None
            own.exec_statement(update(Counter).where(Counter.name == "statements").values(value=Counter.value + 1))
            own.persist(Entry(written_by=name))
            own.commit()


def count(name: str) -> None:
    """Add one to what was read."""
    counter = EntityManagerInterface().get(Counter, name)
    counter.value += 1


if __name__ == "__main__":
    fx_orm.configure(database=sys.argv[1])
    write(sys.argv[2], int(sys.argv[3]))
