"""What copyreg is told, and what other code has told it."""

from __future__ import annotations

import copyreg
import gc
import pickle
import threading
import weakref
from typing import Any

import pytest
from gadgets import Gadget, Tool, state_of

import adapters
from adapters._wire.lookup import lock


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


# Subclasses that are made later


def later(base: Any) -> Any:
    """A new class, of which only pickle's own way is known: it loses what is native."""

    class Later(base):  # type: ignore[misc]
        def __getstate__(self) -> object:
            return {"state": self.state}

    return Later


def refuses(obj: Any) -> bool:
    """Whether plain pickle refuses an object in our words."""
    with pytest.raises((AttributeError, pickle.PicklingError)) as caught:  # its class is local
        pickle.dumps(obj)
    return "serves exactly its type" in str(caught.value)


def test_a_registration_notices_what_was_made_since(native: Any) -> None:
    adapters.register(Gadget, state_of, Gadget)  # the same again: it is known already
    exact, kept = later(Gadget), later(Tool)
    for cls in (exact, later(exact)):
        assert not refuses(cls(1))
    adapters.register(native, state_of, native)
    try:
        assert refuses(exact(1))
        assert copyreg.dispatch_table[kept] is adapters.registry["tools.Tool"].reduce
        inner = later(exact)
        assert not refuses(inner(1))
        adapters.register(Gadget, state_of, Gadget)  # also the same one again, of its base
        assert refuses(inner(1))
    finally:
        adapters.unregister(native)


def test_dumps_notices_what_was_made_since() -> None:
    exact, kept = later(Gadget), later(Tool)
    with pytest.raises(adapters.SerializeError):
        adapters.dumps([exact(1)])
    assert refuses(exact(1))
    adapters.dumps([kept(1)])
    assert copyreg.dispatch_table[kept] is adapters.registry["tools.Tool"].reduce


def test_what_was_noticed_goes_with_the_adapter(native: Any) -> None:
    adapters.register(native, state_of, native)
    cls = later(native)
    with pytest.raises(adapters.SerializeError):
        adapters.dumps(cls())
    assert cls in copyreg.dispatch_table
    adapters.unregister(native)
    assert cls not in copyreg.dispatch_table


@pytest.mark.slow
def test_temporary_classes_do_not_accumulate() -> None:
    made: weakref.WeakSet[type] = weakref.WeakSet()
    before = len(copyreg.dispatch_table)
    for _ in range(300):
        for base in (Gadget, Tool):
            cls = later(base)
            made.add(cls)
            try:
                adapters.dumps(cls(1))
            except adapters.SerializeError:
                assert cls in copyreg.dispatch_table
    del cls
    gc.collect()
    assert len(made) < 100
    assert len(copyreg.dispatch_table) < before + 100


def test_a_class_with_an_adapter_of_its_own_is_never_forgotten() -> None:
    cls = later(Gadget)
    with pytest.raises(adapters.SerializeError):
        adapters.dumps(cls())
    adapters.register(cls, state_of, cls)
    try:
        del copyreg.dispatch_table[cls]  # by other code; the adapter is still there
        assert adapters.loads(adapters.dumps([cls(1), lambda: None]))[0].state == 1
        for _ in range(100):
            with pytest.raises(adapters.SerializeError):
                adapters.dumps(later(Gadget)())
        assert copyreg.dispatch_table[cls] is adapters.registry.find(cls()).reduce
    finally:
        adapters.unregister(cls)


def test_a_reducer_is_nobody_elses_while_another_thread_sets_it(
    native: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapters.register(native, state_of, native)
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(adapters.registry.find(native())))
    with lock, monkeypatch.context() as halfway:
        halfway.setitem(copyreg.dispatch_table, native, state_of)
        thread.start()
        thread.join(0.1)
    thread.join(30)
    assert found == [adapters.registry.find(native())]
