"""What no adapter serves: the words for it, and who refuses it."""

from __future__ import annotations

import contextlib
import copyreg
import os
import pickle
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import MethodType
from typing import Any

import cloudpickle
import pytest
from gadgets import Saw, ffi

import adapters

DUMPS = [pickle.dumps, cloudpickle.dumps, adapters.dumps]


def other_reducer(obj: Any) -> Any:
    return str, ("of other code",)


class Native:
    """Stands for an extension type: without an adapter it pickles, and loses its native part."""

    def __init__(self, state: object = None) -> None:
        self.state = state


class Sub(Native):
    """Exists at registration, and does not say how it pickles."""

    def __getstate__(self) -> object:
        return {"state": self.state}


class Deeper(Sub):
    """A subclass of that."""


class Reduced(Native):
    """Says how it pickles."""

    def __reduce__(self) -> Any:
        return Reduced, ("its own way",)


class Extended(Native):
    """Says so in Python, for its attributes alone."""

    def __setstate__(self, state: object) -> None:
        self.state = state


def set_state(obj: Any, state: Any) -> None:
    obj.state = "its own way"


class NativeMethod:
    """A method that is not written in Python, as those of pybind11 are."""

    def __get__(self, obj: Any, cls: Any) -> Any:
        return self if obj is None else MethodType(set_state, obj)


class Derived(Native):
    """Stands for an extension type that derives from another and says how it pickles."""

    __setstate__ = NativeMethod()


def serve(cls: Any, **options: Any) -> adapters.Adapter:
    return adapters.register(cls, lambda obj: obj.state, cls, **options)


@pytest.fixture
def served() -> Iterator[adapters.Adapter]:
    """An adapter for `Native` and nothing else."""
    yield serve(Native)
    adapters.unregister(Native)


@pytest.mark.parametrize("dumps", DUMPS)
@pytest.mark.parametrize("cls", [Sub, Deeper, Extended])
def test_a_subclass_is_refused(served: Any, dumps: Any, cls: Any) -> None:
    message = rf"cannot pickle <.*>: no adapter serves test_unserved\.{cls.__name__}; <Adapter .*"
    with pytest.raises(
        adapters.SerializeError, match=message + r"serves exactly its type: .*subclasses=True"
    ) as caught:
        dumps([cls(1)])
    assert caught.value.subject == f"test_unserved.{cls.__name__}"
    assert isinstance(caught.value, (TypeError, pickle.PicklingError))


@pytest.mark.parametrize("dumps", DUMPS)
@pytest.mark.parametrize("cls", [Reduced, Derived])
def test_a_subclass_that_says_how_it_pickles_does(served: Any, dumps: Any, cls: Any) -> None:
    assert pickle.loads(dumps([cls(1)]))[0].state == "its own way"


def test_a_subclass_is_free_again(served: Any) -> None:
    serve(Sub)
    assert pickle.loads(pickle.dumps(Sub(1))).state == 1
    with pytest.raises(adapters.SerializeError, match=r"test_unserved\.Sub.* serves exactly"):
        pickle.dumps(Deeper(1))
    adapters.unregister(Sub)
    for cls in (Sub, Deeper):
        with pytest.raises(adapters.SerializeError, match=r"test_unserved\.Native.* serves exact"):
            pickle.dumps(cls(1))
    adapters.unregister(Native)
    assert not {Native, Sub, Deeper, Extended} & {*copyreg.dispatch_table}
    assert pickle.loads(pickle.dumps(Sub(1))).state == 1
    serve(Native)


def test_a_subclass_takes_a_reducer_of_other_code(served: Any) -> None:
    copyreg.pickle(Sub, other_reducer)  # type: ignore[arg-type]
    try:
        for dumps in DUMPS:
            assert pickle.loads(dumps(Sub(1))) == "of other code"
        serve(Extended)
        adapters.unregister(Extended)
        assert copyreg.dispatch_table[Sub] is other_reducer
    finally:
        del copyreg.dispatch_table[Sub]


def test_another_registry_refuses_no_pickler(registry: adapters.Registry) -> None:
    registry.register(Native, id, id)
    assert not {Native, Sub} & {*copyreg.dispatch_table}
    with pytest.raises(adapters.SerializeError, match="serves exactly its type"):
        registry.reduce(Sub())


# Reducers of other code


@pytest.fixture
def displaced(served: adapters.Adapter) -> Iterator[adapters.Adapter]:
    """An adapter for `Native`, for which other code has given copyreg a reducer since."""
    copyreg.pickle(Native, other_reducer)  # type: ignore[arg-type]
    yield served
    copyreg.dispatch_table.pop(Native, None)


@pytest.mark.parametrize("dumps", DUMPS)
def test_picklers_agree_on_a_reducer_of_other_code(displaced: Any, dumps: Any) -> None:
    assert pickle.loads(dumps(Native(1))) == "of other code"
    assert pickle.loads(dumps([Native(1), lambda: None][:1])) == ["of other code"]


def test_the_pickler_for_functions_agrees(displaced: Any) -> None:
    function, name = adapters.loads(adapters.dumps([lambda: "by value", Native(1)]))
    assert (function(), name) == ("by value", "of other code")


@pytest.mark.parametrize("ask", [adapters.registry.find, adapters.to_spec])
def test_a_reducer_of_other_code_is_named(displaced: adapters.Adapter, ask: Any) -> None:
    with pytest.raises(adapters.UnknownAdapterError) as caught:
        ask(Native())
    assert str(caught.value).startswith(
        "no adapter serves test_unserved.Native; pickle uses test_unserved.other_reducer, which"
        f" other code gave copyreg for the type, in place of {displaced!r}; to use an adapter, del"
        " copyreg.dispatch_table[type(obj)], and register it. Registered: "
    )


def test_an_adapter_is_used_again_as_the_advice_says(displaced: adapters.Adapter) -> None:
    for again in (displaced.serialize, id):  # the same one, and another one
        with pytest.raises(adapters.ConflictError, match=r"reducer test_unserved\.other_reducer,"):
            adapters.register(Native, again, Native)
    del copyreg.dispatch_table[Native]
    assert adapters.register(Native, displaced.serialize, Native) is displaced
    assert adapters.registry.find(Native()) is displaced
    assert pickle.loads(pickle.dumps(Native(1))).state == 1


def test_unregister_leaves_a_reducer_of_other_code(displaced: adapters.Adapter) -> None:
    adapters.unregister(Native)
    assert copyreg.dispatch_table[Native] is other_reducer
    del copyreg.dispatch_table[Native]
    serve(Native)


def test_a_type_without_an_adapter(native: Any) -> None:
    copyreg.pickle(native, other_reducer)
    try:
        with pytest.raises(adapters.UnknownAdapterError, match=r"for the type; to use an adapter,"):
            adapters.to_spec(native())
    finally:
        del copyreg.dispatch_table[native]


def test_a_reducer_without_a_name() -> None:
    class Reducer:
        def __call__(self, obj: Any) -> Any:
            return str, ("of other code",)

        def __repr__(self) -> str:
            return "<a reducer>"

    copyreg.pickle(Saw, Reducer())
    try:
        with pytest.raises(adapters.UnknownAdapterError, match="pickle uses <a reducer>, which"):
            adapters.to_spec(Saw())
    finally:
        del copyreg.dispatch_table[Saw]


def test_c_types_share_a_reducer_of_other_code() -> None:
    gear, kind = ffi.new("gear_t *"), type(ffi.new("gear_t *"))
    own = copyreg.dispatch_table[kind]
    copyreg.dispatch_table[kind] = other_reducer
    try:
        with pytest.raises(adapters.UnknownAdapterError, match=r"other_reducer.*gadgets:gear_t"):
            adapters.to_spec(gear)
        for obj in (gear, ffi.new("int *")):
            for dumps in DUMPS:
                assert pickle.loads(dumps(obj)) == "of other code"
            send = adapters.dumps([lambda: None, obj])
            assert adapters.loads(send)[1] == "of other code"
        with pytest.raises(adapters.ConflictError, match="other_reducer"):
            adapters.register(ffi.typeof("struct node *"), id, id)
    finally:
        copyreg.dispatch_table[kind] = own
    assert adapters.to_spec(gear).name == "gadgets:gear_t *"


class Tagged(Connection):
    """A subclass, which does not say how it pickles."""


class Reconnecting(Connection):
    """A subclass that says how it pickles."""

    def __reduce__(self) -> Any:
        return str, ("reconnected",)


def made(cls: type[Connection]) -> Iterator[Connection]:
    ours, theirs = Pipe()
    with ours, theirs:
        yield cls(os.dup(ours.fileno()))


@pytest.fixture(params=[Connection, Tagged])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    with contextlib.closing(made(request.param)) as makes, next(makes) as connection:
        yield connection


@pytest.mark.parametrize("obj", [lambda part: part, lambda part: [lambda: 0, part]])
def test_a_connection_is_refused_with_words(connection: Connection, obj: Any) -> None:
    with pytest.raises(
        adapters.SerializeError, match=r"cannot pickle .*a Process when .*ProcessPoolE.*register"
    ) as caught:
        adapters.dumps(obj(connection))
    assert caught.value.subject.endswith((".Connection", ".Tagged"))


def test_a_connection_in_a_closure_is_refused(connection: Connection) -> None:
    with pytest.raises(adapters.SerializeError, match="a descriptor of this process"):
        adapters.dumps(lambda: connection)


def test_an_adapter_or_reducer_for_connections_wins(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, type(connection), other_reducer)
    assert adapters.loads(adapters.dumps(connection)) == "of other code"
    assert adapters.loads(adapters.dumps([lambda: 0, connection]))[1] == "of other code"
    monkeypatch.undo()
    adapters.register(Connection, lambda each: None, str, name="connection", subclasses=True)
    try:
        assert adapters.loads(adapters.dumps(connection)) == "None"
        assert adapters.loads(adapters.dumps([lambda: 0, connection]))[1] == "None"
    finally:
        adapters.unregister(Connection)


def test_a_connection_that_says_how_it_pickles_does_so() -> None:
    with contextlib.closing(made(Reconnecting)) as makes, next(makes) as connection:
        assert adapters.loads(adapters.dumps(connection)) == "reconnected"
