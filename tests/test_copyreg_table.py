"""What copyreg is told, and what other code has told it."""

from __future__ import annotations

import copyreg

import pytest
from gadgets import Gadget, state_of

import adapters


def test_somebody_elses_reducer_is_not_overwritten(native: type) -> None:
    copyreg.pickle(native, state_of)  # type: ignore[arg-type]
    try:
        with pytest.raises(adapters.ConflictError, match=r"the reducer .*state_of.*copyreg"):
            adapters.register(native, state_of, native)
        assert copyreg.dispatch_table[native] is state_of
    finally:
        del copyreg.dispatch_table[native]


def test_a_subclass_with_somebody_elses_reducer_keeps_it() -> None:
    class Base(Gadget):
        pass

    class Sub(Base):
        pass

    copyreg.pickle(Sub, state_of)  # type: ignore[arg-type]
    try:
        adapters.register(Base, state_of, Base, subclasses=True)
        assert copyreg.dispatch_table[Sub] is state_of
        adapters.unregister(Base)
        assert copyreg.dispatch_table[Sub] is state_of
    finally:
        del copyreg.dispatch_table[Sub]


def test_unregister_tells_copyreg(native: type) -> None:
    adapters.register(native, state_of, native)
    adapters.unregister(native)
    assert native not in copyreg.dispatch_table
    with pytest.raises(adapters.UnknownAdapterError, match="Native"):
        adapters.unregister(native)
