"""The garbage collector rests while a large result is made, and works again afterwards."""

import gc

import pytest

from fx_orm.query.garbage import undisturbed


def test_it_rests_for_large_results_alone() -> None:
    assert gc.isenabled()
    with undisturbed(10):
        assert gc.isenabled()
    with undisturbed(10_000):
        assert not gc.isenabled()
        with undisturbed(10_000):
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), undisturbed(10_000):
        raise ZeroDivisionError
    assert gc.isenabled()


def test_it_stays_off_where_the_program_has_switched_it_off() -> None:
    gc.disable()
    try:
        with undisturbed(10_000):
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
