"""The error tree: one base, data in attributes, SQLAlchemy's classes where a database spoke, and pickles."""

import pickle

import pytest
from sqlalchemy import exc
from sqlalchemy.orm import exc as orm_exc

from fx_orm import errors
from fx_orm.errors import DuplicateKeyError, FxError, NotFoundError, QueryError
from fx_orm.errors.nearest import did_you_mean, nearest


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_an_fx_error(name: str) -> None:
    assert issubclass(getattr(errors, name), UserWarning if name.endswith("Warning") else FxError)


def test_the_data_of_an_error_is_in_attributes() -> None:
    error = QueryError('Product has no field "nmae"; did you mean "name"?', name="nmae", nearest="name")
    assert str(error) == 'Product has no field "nmae"; did you mean "name"?'
    assert (error.name, error.nearest) == ("nmae", "name")
    with pytest.raises(AttributeError, match="'QueryError' object has no attribute 'entity'"):
        _ = error.entity


def test_an_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(NotFoundError("nothing", entity="Product", criteria={"id": 1})))
    assert isinstance(error, LookupError)
    assert (str(error), error.criteria) == ("nothing", {"id": 1})


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("DuplicateKeyError", exc.IntegrityError),
        ("ForeignKeyError", exc.IntegrityError),
        ("DatabaseUnavailable", exc.OperationalError),
        ("StaleEntityError", orm_exc.StaleDataError),
        ("DetachedError", orm_exc.DetachedInstanceError),
    ],
)
def test_what_a_database_raises_is_also_sqlalchemys_own(name: str, theirs: type[Exception]) -> None:
    assert issubclass(getattr(errors, name), theirs)


def test_a_database_error_carries_the_original() -> None:
    original = exc.IntegrityError("INSERT ...", {"sku": "AB-1"}, Exception("UNIQUE constraint failed"))
    error = DuplicateKeyError("Product with this sku exists", original, table="product", columns=("sku",))
    assert str(error) == "Product with this sku exists"
    assert (error.statement, error.orig, error.columns) == ("INSERT ...", original.orig, ("sku",))


def test_the_nearest_name() -> None:
    assert nearest("nmae", ["id", "name", "price"]) == "name"
    assert nearest("Price", ["id", "name", "price"]) == "price"
    assert nearest("zzz", ["id", "name", "price"]) is None
    assert did_you_mean("nmae", ["name"]) == '; did you mean "name"?'
    assert did_you_mean("zzz", ["name"]) == ""
