"""Who serves which type, and what happens when two want to."""

from __future__ import annotations

import copyreg
import datetime
import functools
import importlib
import operator
import os
import pickle
import threading
import unittest.mock
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from gadgets import Gadget, Hammer, Saw, SmallGadget, Tool, ffi

import adapters


@pytest.fixture
def registry() -> adapters.Registry:
    return adapters.Registry()


@pytest.fixture
def native() -> Iterator[type]:
    """A fresh type, unregistered after the test."""

    class Native:
        def __init__(self, state: object = None) -> None:
            self.state = state

    yield Native
    if any(adapter.target is Native for adapter in adapters.registry):
        adapters.unregister(Native)


def get(obj: Any) -> Any:
    return obj.state


def test_listing() -> None:
    names = [adapter.name for adapter in adapters.registry]
    assert names == sorted(names)
    assert len(names) == len(adapters.registry)
    assert "tools.Tool" in adapters.registry
    assert repr(adapters.registry) == f"<Registry of {len(names)} adapters>"
    assert adapters.registry["tools.Tool"].target is Tool


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(adapters.UnknownAdapterError, match=r"'nobody'; Registered: .*tools\.Tool"):
        adapters.registry["nobody"]


def test_another_registry_is_isolated(registry: adapters.Registry, native: type) -> None:
    registry.register(native, get, native)
    assert native not in copyreg.dispatch_table
    assert len(registry) == 1
    with pytest.raises(adapters.UnknownAdapterError):
        adapters.to_spec(native())


def test_register_returns_the_adapter(native: type) -> None:
    adapter = adapters.register(native, get, native, name="native", version=3)
    assert isinstance(adapter, adapters.Adapter)
    assert (adapter.name, adapter.version, adapter.target) == ("native", 3, native)
    assert "'native' version 3" in repr(adapter)


def test_default_name_is_the_module_qualified_type(registry: adapters.Registry) -> None:
    assert registry.register(Gadget, get, Gadget).name == "gadgets.Gadget"


def test_the_same_registration_again_is_harmless(native: type) -> None:
    for _ in range(2):
        adapters.register(native, lambda obj: obj.state, native, name="again")
    assert adapters.loads(adapters.dumps(native(3))).state == 3


def test_reloading_the_module_that_registers_is_harmless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reloaded.py").write_text(
        "import adapters, gadgets\n"
        "class Native(gadgets.Gadget): pass\n"
        "def get(obj): return obj.state\n"
        "adapters.register(Native, get, lambda state: Native(state))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("reloaded")
    old = module.Native("before")
    importlib.reload(module)
    try:
        assert pickle.loads(pickle.dumps(module.Native("after"))) == module.Native("after")
        with pytest.raises(pickle.PicklingError):
            pickle.dumps(old)  # its class is not the one that the factory makes any more
    finally:
        adapters.unregister(module.Native)


def test_a_different_adapter_for_the_same_type_names_both(native: type) -> None:
    first = adapters.register(native, get, native, name="first")
    with pytest.raises(adapters.ConflictError, match=r"'second'.*'first'.*unregister") as caught:
        adapters.register(native, get, native, name="second")
    assert caught.value.subject == "second"
    assert adapters.registry.find(native()) is first


def test_a_different_adapter_for_the_same_name_names_both(registry: adapters.Registry) -> None:
    registry.register(Gadget, get, Gadget, name="taken")
    with pytest.raises(adapters.ConflictError, match=r"gadgets\.Tool.*gadgets\.Gadget"):
        registry.register(Tool, get, Tool, name="taken")
    assert [adapter.target for adapter in registry] == [Gadget]


def test_other_functions_are_a_different_adapter(registry: adapters.Registry) -> None:
    registry.register(Gadget, get, Gadget)
    with pytest.raises(adapters.ConflictError, match=r"lambda> at .*:\d+, factory Gadget\) con"):
        registry.register(Gadget, lambda obj: [obj.state], Gadget)


def test_closures_over_different_values_are_different(registry: adapters.Registry) -> None:
    def scaled(factor: int) -> Any:
        return lambda obj: obj.state * factor

    registry.register(Gadget, scaled(2), Gadget)
    registry.register(Gadget, scaled(2), Gadget)
    with pytest.raises(adapters.ConflictError):
        registry.register(Gadget, scaled(3), Gadget)


def test_methods_of_different_objects_are_different(registry: adapters.Registry) -> None:
    class Options:
        def __init__(self, **options: Any) -> None:
            self.options = options

        def serialize(self, obj: Any) -> Any:
            return self.options

    registry.register(Gadget, Options(a=[1]).serialize, Gadget)
    registry.register(Gadget, Options(a=[1]).serialize, Gadget)
    with pytest.raises(adapters.ConflictError):
        registry.register(Gadget, Options(a=[2]).serialize, Gadget)


class Scale:
    __slots__ = ("factor",)

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def __call__(self, obj: Any) -> Any:
        return obj


def returning(value: Any) -> Any:
    return lambda obj: value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (operator.attrgetter("a"), operator.attrgetter("b")),
        (returning({1, 2}), returning({1, 3})),
        (returning({"a": [1]}), returning({"a": [2]})),
        (Scale(1), Scale(2)),
        ({1: 1}.__getitem__, {1: 2}.__getitem__),
        (functools.partial(max, 1), functools.partial(max, 2)),
        (returning(1), returning(1.0)),
        (datetime.date(2020, 1, 1).replace, datetime.date(2020, 1, 2).replace),
    ],
)
def test_functions_over_different_values_are_different(
    registry: adapters.Registry, one: Any, other: Any
) -> None:
    registry.register(Gadget, one, Gadget)
    registry.register(Gadget, one, Gadget)
    with pytest.raises(adapters.ConflictError):
        registry.register(Gadget, other, Gadget)


def test_a_function_that_answers_to_anything_can_be_registered(
    registry: adapters.Registry,
) -> None:
    for _ in range(2):
        registry.register(Gadget, unittest.mock.MagicMock(), Gadget)
        registry.unregister(Gadget)
    ring: list[Any] = []
    ring.append(ring)
    registry.register(Gadget, returning(ring), Gadget)
    registry.register(Gadget, returning(ring), Gadget)


def test_somebody_elses_reducer_is_not_overwritten(native: type) -> None:
    copyreg.pickle(native, get)  # type: ignore[arg-type]
    try:
        with pytest.raises(adapters.ConflictError, match=r"the reducer .*get.*copyreg"):
            adapters.register(native, get, native)
        assert copyreg.dispatch_table[native] is get
    finally:
        del copyreg.dispatch_table[native]


def test_a_subclass_with_somebody_elses_reducer_keeps_it() -> None:
    class Base(Gadget):
        pass

    class Sub(Base):
        pass

    copyreg.pickle(Sub, get)  # type: ignore[arg-type]
    try:
        adapters.register(Base, get, Base, subclasses=True)
        assert copyreg.dispatch_table[Sub] is get
        adapters.unregister(Base)
        assert copyreg.dispatch_table[Sub] is get
    finally:
        del copyreg.dispatch_table[Sub]


def test_unregister_tells_copyreg(native: type) -> None:
    adapters.register(native, get, native)
    adapters.unregister(native)
    assert native not in copyreg.dispatch_table
    with pytest.raises(adapters.UnknownAdapterError, match="Native"):
        adapters.unregister(native)


def test_to_spec_of_an_unregistered_type_says_what_to_do() -> None:
    with pytest.raises(adapters.UnknownAdapterError, match=r"builtins\.object; call adapters\.reg"):
        adapters.to_spec(object())


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((42, get, get), {}, "42, which is a builtins.int"),
        ((dict, get, dict), {}, "pickle writes this built-in type by itself"),
        ((Gadget, "x", get), {}, "serialize must be callable, not 'x'"),
        ((Gadget, get, None), {}, "factory must be callable, not None"),
        ((Gadget, get, get), {"name": ""}, "name must be a non-empty str"),
        ((Gadget, get, get), {"version": 0}, "version must be an int of 1 or more, not 0"),
        ((Gadget, get, get), {"version": True}, "version must be an int"),
        ((Gadget, get, get), {"upgrades": {1: get}}, r"older version \(1 to 0\)"),
        ((Gadget, get, get), {"version": 2, "upgrades": {1: 5}}, "1: 5"),
        ((Gadget, get, get), {"upgrades": [get]}, "upgrades must be a dict"),
        ((object, get, get), {}, "every object is an instance of it"),
        ((type(ffi.new("int *")), get, get), {}, "objects of cffi share this type; pass their C"),
    ],
)
def test_unusable_arguments(
    registry: adapters.Registry, arguments: Any, options: Any, message: str
) -> None:
    with pytest.raises(adapters.RegistrationError, match=message):
        registry.register(*arguments, **options)
    assert len(registry) == 0


def test_a_subclass_is_not_served_by_default() -> None:
    with pytest.raises(pickle.PicklingError, match="cannot pickle <cdata"):
        pickle.dumps(SmallGadget(1))
    with pytest.raises(adapters.SerializeError, match=r"SmallGadget; .*subclasses=True"):
        adapters.dumps([SmallGadget(1)])
    with pytest.raises(adapters.UnknownAdapterError, match=r"SmallGadget; .*subclasses=True"):
        adapters.to_spec(SmallGadget(1))


@pytest.mark.parametrize("dumps", [pickle.dumps, adapters.dumps])
def test_a_subclass_is_served_where_the_adapter_says_so(dumps: Any) -> None:
    twin = pickle.loads(dumps([Hammer(1)]))[0]
    assert type(twin) is Hammer
    assert twin == Hammer(1)


def test_a_subclass_made_later_is_served_by_dumps() -> None:
    class Wrench(Tool):
        pass

    twin = adapters.loads(adapters.dumps(Wrench(2)))
    assert type(twin).__name__ == "Wrench"
    assert twin.state == 2


def test_a_subclass_that_pickles_in_its_own_way_keeps_it() -> None:
    for dumps in (pickle.dumps, adapters.dumps):
        assert pickle.loads(dumps(Saw(1))).state == "its own way"


def test_the_nearest_adapter_serves_a_subclass() -> None:
    adapters.register(Hammer, get, Hammer)
    try:
        assert adapters.to_spec(Hammer(1)).name == "gadgets.Hammer"
    finally:
        adapters.unregister(Hammer)
    assert adapters.to_spec(Hammer(1)).name == "tools.Tool"
    assert pickle.loads(pickle.dumps(Hammer(1))) == Hammer(1)


@pytest.mark.usefixtures("restless_threads")
def test_threads_register_and_pickle_at_once() -> None:
    kinds = [type(f"Kind{index}", (Gadget,), {}) for index in range(8)]
    failures: list[BaseException] = []
    start = threading.Barrier(len(kinds) + 1)

    def use(kind: type) -> None:
        try:
            start.wait(30)
            for _ in range(20):
                adapters.register(kind, get, kind, name=kind.__name__)
                assert pickle.loads(pickle.dumps(Gadget(1))) == Gadget(1)
                assert adapters.to_spec(kind(2)).rebuild().state == 2
                adapters.unregister(kind)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    start.wait(30)
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_only_one_thread_at_a_time_looks_and_registers(
    native: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, adding, other_is_done = adapters.Registry._add, threading.Event(), threading.Event()

    def add_slowly(registry: adapters.Registry, adapter: adapters.Adapter) -> None:
        adding.set()
        other_is_done.wait(0.3)  # it is not: it waits for this thread
        add(registry, adapter)

    monkeypatch.setattr(adapters.Registry, "_add", add_slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(adapters.register, native, get, native)
        assert adding.wait(30)
        with pytest.raises(adapters.ConflictError):
            adapters.register(native, lambda obj: obj, native)
        other_is_done.set()
        assert first.result(30).serialize is get


@pytest.mark.usefixtures("restless_threads")
def test_registering_again_leaves_no_moment_without_an_adapter(native: type) -> None:
    def register(step: int) -> None:
        adapters.register(native, lambda obj: (step, obj.state)[1], native, name="again")

    failures: list[BaseException] = []
    done = threading.Event()

    def pickle_for_ever() -> None:
        obj = native(1)
        while not done.is_set():
            try:
                assert pickle.loads(pickle.dumps(obj)).state == 1
                assert adapters.loads(adapters.dumps(obj)).state == 1
            except BaseException as error:
                failures.append(error)

    register(0)
    threads = [threading.Thread(target=pickle_for_ever) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        for _ in range(2000):
            register(0)
    finally:
        done.set()
        for thread in threads:
            thread.join(30)
    assert failures == []


def test_a_process_forked_while_others_register_can_register(native: type) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    stop = threading.Event()
    busy = adapters.Registry()

    def register_for_ever() -> None:
        while not stop.is_set():
            busy.register(native, get, native)

    thread = threading.Thread(target=register_for_ever)
    thread.start()
    try:
        for _ in range(30):
            pid = os.fork()
            if pid == 0:
                adapters.register(native, get, native)
                os._exit(0)
            assert wait_for(pid) == 0
    finally:
        stop.set()
        thread.join(30)


def wait_for(pid: int, seconds: float = 30) -> int:
    import time

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    raise AssertionError("the forked child hangs")
