"""Nothing that the hot paths touch is kept: references, blocks of memory, whole registries."""

from __future__ import annotations

import contextlib
import copy
import gc
import pickle
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import cffi
import pytest
from both_forms import in_python
from gadgets import Gadget, Refused, Unbuildable, ffi, state_of

import adapters
from adapters._wire.reducer import reducer

TIMES = 200
FAILURES = (adapters.AdapterError, TypeError, KeyboardInterrupt)

numbers = cffi.FFI()
numbers.cdef("struct spot { int x; double y; }; struct pair { struct spot spot; int n; };")


class Interrupted(Gadget):
    """Its serializer is interrupted."""


def interrupt(obj: Any) -> Any:
    raise KeyboardInterrupt


def cyclic() -> Gadget:
    gadget = Gadget([])
    gadget.state.append((gadget,))  # type: ignore[attr-defined]
    return gadget


def deep(depth: int) -> Any:
    state: Any = []
    for _ in range(depth):
        state = [state]
    return state


def many_shared() -> Any:
    rows = [[number] for number in range(300)]
    return [rows, rows[:], tuple(rows)]


OBJECTS: dict[str, Callable[[], Any]] = {
    "plain": lambda: Gadget([1, ("two", {"three": b"4"})]),
    "a scalar": lambda: Gadget("text"),
    "many containers": lambda: Gadget(many_shared()),
    "other": lambda: Gadget([{1, 2}, Gadget(Gadget(3))]),
    "buffers": lambda: Gadget([bytearray(10), memoryview(b"view"), bytes(1 << 20)]),
    "deep": lambda: Gadget(deep(100)),
    "a cycle": cyclic,
    "an error of the serializer": Refused,
    "an interrupt": Interrupted,
    "an error of the factory": lambda: Unbuildable(1),
    "a struct": lambda: numbers.new("struct pair *", {"n": 3}),
    "a struct by value": lambda: numbers.new("struct spot *", {"x": 3})[0],
    "NULL": lambda: numbers.cast("struct pair *", 0),
    "a struct that is refused": lambda: ffi.new("struct node *"),
}
CALLS: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda obj: pickle.loads(pickle.dumps([obj, obj])),
    "adapters": lambda obj: adapters.loads(adapters.dumps([obj, obj])),
    "deepcopy": copy.deepcopy,
    "the reduction": lambda obj: obj.__reduce_ex__ and adapters.registry.reduce(obj),
}


@pytest.fixture(scope="module", autouse=True)
def registered() -> Any:
    adapters.register(Interrupted, interrupt, Interrupted)
    names = ("struct pair *", "struct spot")
    for name in names:
        adapters.register_struct(numbers.typeof(name), name=name)
    yield
    adapters.unregister(Interrupted)
    for name in names:
        adapters.unregister(numbers.typeof(name))


def blocks_kept(call: Callable[[], Any], times: int) -> int:
    """How many more blocks of memory there are after as many calls; at most half, if none leaks.

    Caches and free lists of Python grow, too, but not for ever.
    """
    for _ in range(4):
        before = sys.getallocatedblocks()
        for _ in range(times):
            with contextlib.suppress(*FAILURES):
                call()
        gc.collect()
        kept = sys.getallocatedblocks() - before
        if kept < times // 2:
            break
    return kept


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("make", OBJECTS.values(), ids=OBJECTS.keys())
def test_nothing_is_kept(make: Callable[[], Any], call: Callable[[Any], Any]) -> None:
    obj = make()
    state = getattr(obj, "state", None) if isinstance(obj, Gadget) else None
    adapter = next((a for a in adapters.registry if a.target is type(obj)), None)
    held = [obj, state, adapter, adapter and adapter.serialize, adapter and adapter.key]
    held = [each for each in held if each is not None]  # of which anything has references
    references = [sys.getrefcount(each) for each in held]
    assert blocks_kept(lambda: call(obj), TIMES) < TIMES // 2
    for each, before in zip(held, references, strict=True):
        assert sys.getrefcount(each) - before < TIMES // 2, each


def test_the_objects_of_the_hot_paths_are_not_kept() -> None:
    from adapters._plain_pickler import Override
    from adapters._wire.cycles import Progress

    def use() -> None:
        Override({}, {}, len).reduce([])
        Progress(Override)
        layout = adapters.StructLayout(numbers.typeof("struct pair *"), {})
        layout.factory(layout.serialize(numbers.new("struct pair *")))
        adapter = adapters.Adapter(Gadget, state_of, Gadget, name="n", provider="gadgets")
        adapter.reduce = reducer(adapter, adapters.rebuild, adapters.complete)
        adapter.reduce(Gadget([Gadget()]))

    references = [sys.getrefcount(kind) for kind in (Override, Progress)]
    assert blocks_kept(use, 100) < 50
    for kind, before in zip((Override, Progress), references, strict=True):
        assert sys.getrefcount(kind) - before < 50


def of_its_own(pickled: bool) -> list[weakref.ref[Any]]:
    """Make a registry with an adapter that refers to it, and return what has to go."""

    class Native:
        pass

    def serialize(obj: Any) -> Any:
        return [registry is None]

    module = in_python("_wire.rebuild")
    registry = adapters.Registry()
    adapter = registry.register(Native, serialize, lambda state: Native(), name="n")
    adapter.reduce = reducer(adapter, module.rebuild, module.complete)
    if pickled:
        key, state = adapter.reduce(Native())[1]
        assert key is adapter.key
        assert state == [False]
    return [weakref.ref(each) for each in (Native, serialize, registry)]


def registered_for_a_time(pickled: bool) -> list[weakref.ref[Any]]:
    """Register an adapter and unregister it, and return what has to go."""

    class Native:
        def __init__(self, state: Any = None) -> None:
            self.state = state

    def serialize(obj: Any) -> Any:
        return [Native, obj.state]

    adapters.register(Native, serialize, lambda state: Native(), name="goes")
    if pickled:
        for _ in range(3):
            adapters.loads(adapters.dumps([Native()]))
    adapters.unregister(Native)
    return [weakref.ref(each) for each in (Native, serialize)]


@pytest.mark.parametrize("pickled", [False, True])
@pytest.mark.parametrize("make", [of_its_own, registered_for_a_time])
def test_what_was_registered_goes(make: Any, pickled: bool) -> None:
    died = make(pickled)
    gc.collect()
    assert [each() for each in died] == [None] * len(died)


# Threads


@pytest.mark.usefixtures("restless_threads")
def test_threads_pickle_while_others_register() -> None:
    """No cycle is found where there is none, and each object arrives whole."""

    class Other:
        def __init__(self, state: Any = None) -> None:
            self.state = state

    shared = Gadget([{1}, "shared"])
    obj = [Gadget([shared, (shared, {"key": Gadget({3})})]), shared, Gadget([1, 2])]
    expected = pickle.loads(pickle.dumps(obj))
    wrong: list[Any] = []
    done = threading.Event()

    def use(dumps: Any) -> None:
        try:
            for _ in range(25):
                if pickle.loads(dumps(obj)) != expected:
                    wrong.append("another object")
                with contextlib.suppress(pickle.PicklingError, AttributeError):
                    dumps([Other([shared]), Other(shared)])
        except BaseException as error:
            wrong.append(error)

    def register() -> None:
        while not done.is_set():
            adapters.register(Other, state_of, Other, name="other")
            adapters.unregister(Other)

    dumpers = [pickle.dumps, adapters.dumps, pickle._dumps, copied] * 2
    threads = [threading.Thread(target=use, args=(dumps,)) for dumps in dumpers]
    busy = threading.Thread(target=register)
    busy.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    done.set()
    busy.join(60)
    assert wrong == []


def copied(obj: Any) -> bytes:
    return pickle.dumps(copy.deepcopy(obj))
