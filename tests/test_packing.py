"""How the objects of a message are pickled: by name, by value, by reducers of a library."""

from __future__ import annotations

import copyreg
import dataclasses
import functools
import io
import multiprocessing
import pickle
import socket
import sys
import threading
import types
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest
from gadgets import Gadget

import adapters
from adapters._execution import messages
from adapters._execution.packing import BY_EITHER, BY_NAME, BY_VALUE, Packed
from adapters._execution.parts import unpack

FORMS = {kind: (kind, "", None, "") for kind in (BY_NAME, BY_VALUE, BY_EITHER)}
WITH_MULTIPROCESSING = (BY_NAME, "multiprocessing", None, "")


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A main script with a function, a class and a lock."""
    module = types.ModuleType("__main__")
    source = "def f(x): return lock\nclass C: pass\ndef plain(x): return x\nanother = lambda: f"
    vars(module)["lock"] = threading.Lock()
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, "__main__", module)
    return module


@pytest.mark.parametrize(
    ("obj", "plain"),
    [
        ([1, "two", (3.0, None), {b"4": {5}}], True),
        (Gadget(1), False),
        ([abs], False),
        (bytearray(3), True),
        (pickle.PickleBuffer(bytearray(3)), False),
        (1j, False),
    ],
)
def test_plain_data_is_known(obj: Any, plain: bool) -> None:
    assert Packed(obj, FORMS[BY_NAME]).is_plain is plain


def test_definitions_go_by_name(main: Any) -> None:
    packed = Packed([main.f, main.C(), main.C], FORMS[BY_NAME])
    assert [*packed.names] == ["f", "C"]
    assert all(packed.names.values())
    function, instance, cls = unpack(*packed.message)
    assert function is main.f
    assert type(instance) is cls is main.C


def test_names_may_go_without_digests(main: Any) -> None:
    assert Packed(main.f, FORMS[BY_NAME], check=False).names == {"f": None}


def test_by_value_they_are_copies(main: Any) -> None:
    packed = Packed([main.plain, main.C], FORMS[BY_VALUE])
    assert packed.names == {}
    function, _ = unpack(*packed.message)
    assert function is not main.plain
    assert function(3) == 3


def test_by_either_they_are_those_that_are_there(main: Any) -> None:
    packed = Packed([main.plain, main.f], FORMS[BY_EITHER])
    assert unpack(*packed.message)[0] is main.plain
    only = Packed(main.plain, FORMS[BY_EITHER]).message
    del main.plain
    assert unpack(*only)(3) == 3
    del main.f  # whose lock does not go by value
    with pytest.raises(adapters.RebuildError, match="cannot load f"):
        unpack(*packed.message)


def test_a_lambda_goes_by_value_and_what_it_refers_to_by_name(main: Any) -> None:
    packed = Packed(main.another, FORMS[BY_NAME])
    assert [*packed.names] == ["f"]
    assert unpack(*packed.message)() is main.f


def test_what_a_worker_lacked_is_noticed(main: Any) -> None:
    lacking = {id(main.f)}
    assert Packed([main.f], FORMS[BY_NAME], lacking=lacking).lacks
    assert not Packed([main.C], FORMS[BY_NAME], lacking=lacking).lacks


def test_a_function_by_value_has_its_file() -> None:
    function = unpack(*Packed(lambda: 1, FORMS[BY_NAME]).message)
    assert function.__code__.co_filename == __file__


@pytest.mark.parametrize("make", [lambda: memoryview(b"content"), Path(__file__).open])
def test_engines_that_use_cloudpickle_get_what_it_gives(make: Any) -> None:
    with make() as obj:
        [arrived] = unpack(*Packed([obj], FORMS[BY_VALUE]).message)
        assert type(arrived) in (bytes, io.StringIO)
        with pytest.raises(adapters.SerializeError, match="would arrive as"):
            Packed([obj, lambda: 1], FORMS[BY_NAME])


CACHED = "import functools\n@functools.lru_cache(maxsize=3, typed=True)\ndef cached(x): return [x]"


def test_a_function_with_a_cache_goes_as_others(main: Any) -> None:
    exec(CACHED, vars(main))
    packed = Packed([main.cached], FORMS[BY_NAME])
    assert [*packed.names] == ["cached"]
    assert unpack(*packed.message) == [main.cached]
    [copy] = unpack(*Packed([main.cached], FORMS[BY_VALUE]).message)
    assert copy is not main.cached
    assert copy.cache_parameters() == {"maxsize": 3, "typed": True}
    assert copy(1) is copy(1)
    assert copy.__name__ == "cached"
    again = adapters.loads(adapters.dumps([main.cached, 1]))[0]
    assert again(2) == [2]


@dataclasses.dataclass(frozen=True)
class NotFound(Exception):  # noqa: N818
    """An exception that refuses that its attributes are set, also by pickle."""

    key: str


@pytest.mark.parametrize("reducer", [None, "tblib"])
def test_a_frozen_exception_arrives_as_itself(
    reducer: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(copyreg.dispatch_table, NotFound, raising=False)
    if reducer == "tblib":  # as Dask has it
        tblib = pytest.importorskip("tblib.pickling_support")
        monkeypatch.setitem(copyreg.dispatch_table, NotFound, tblib.pickle_exception)
    arrived = unpack(*Packed(NotFound("k"), FORMS[BY_NAME]).message)
    assert (type(arrived), arrived.key, arrived.args) == (NotFound, "k", ("k",))
    item = messages.pack_error(NotFound("k"), FORMS[BY_NAME])
    assert type(messages.open_result(item)[1]) is NotFound
    noted = ValueError("x")
    vars(noted)["more"] = 1
    assert unpack(*Packed(noted, FORMS[BY_NAME]).message).more == 1


def test_an_array_that_is_read_only_is_the_receivers_own() -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(10_000).reshape(100, 100).T
    array.flags.writeable = False
    [arrived, other] = unpack(*Packed([array, numpy.arange(3)], FORMS[BY_NAME]).message)
    arrived += 1
    other += 1
    assert (arrived == array + 1).all()
    assert arrived.flags.f_contiguous
    assert not array.flags.writeable


def test_a_function_and_a_class_by_value_share_their_globals(main: Any) -> None:
    source = "n = 0\nclass K:\n def m(self):\n  global n; n += 1\ndef g(k):\n k.m(); return n"
    exec(source, vars(main))
    function, obj = unpack(*Packed([main.g, main.K()], FORMS[BY_VALUE]).message)
    assert [function(obj), function(obj)] == [1, 2]
    assert main.n == 0


class Special:
    """What a library has registered with multiprocessing alone."""

    reduced = 0

    def __init__(self, value: int = 0) -> None:
        self.value, self._lock = value, threading.Lock()


def reduce_special(special: Special) -> Any:
    Special.reduced += 1
    return Special, (special.value,)


@pytest.fixture
def special(monkeypatch: pytest.MonkeyPatch) -> Special:
    monkeypatch.setitem(ForkingPickler._extra_reducers, Special, reduce_special)  # type: ignore[attr-defined]
    monkeypatch.setattr(Special, "reduced", 0)
    return Special(3)


class Met:
    """Has been in messages before."""


def reduce_met(met: Met) -> Any:
    return str, ("reduced",)


@pytest.mark.parametrize("instead", [False, True], ids=["added", "in place of another"])
def test_a_reducer_of_a_library_is_used_however_often_the_type_was_met(
    monkeypatch: pytest.MonkeyPatch, instead: bool
) -> None:
    reducers: dict[type, Any] = ForkingPickler._extra_reducers  # type: ignore[attr-defined]
    monkeypatch.setitem(reducers, Gadget, reduce_met)
    for _ in range(2):
        assert type(unpack(*Packed(Met(), WITH_MULTIPROCESSING).message)) is Met
    if instead:
        monkeypatch.delitem(reducers, Gadget)
    monkeypatch.setitem(reducers, Met, reduce_met)
    assert unpack(*Packed(Met(), WITH_MULTIPROCESSING).message) == "reduced"


def test_functions_go_by_name_also_if_copyreg_has_a_reducer_for_them(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, types.FunctionType, lambda function: "f")
    for _ in range(2):
        assert [*Packed([functools.wraps, main.f], FORMS[BY_NAME]).names] == ["f"]


def test_the_reducers_of_a_library_are_used(special: Special) -> None:
    reduced: dict[int, Any] = {}
    packed = Packed([special], WITH_MULTIPROCESSING, reduced=reduced)
    assert unpack(*packed.message)[0].value == 3
    assert [*reduced] == [id(special)]
    with pytest.raises(adapters.SerializeError, match="lock"):
        Packed([special], FORMS[BY_NAME])


def test_each_object_is_reduced_once(special: Special) -> None:
    reduced: dict[int, Any] = {}
    for _ in range(2):  # with the lambda, the pickler begins anew
        packed = Packed([special, lambda: 1], WITH_MULTIPROCESSING, reduced=reduced)
        assert unpack(*packed.message)[0].value == 3
    assert Special.reduced == 1


def test_reducers_of_an_executor_come_first(special: Special) -> None:
    packed = Packed([special], WITH_MULTIPROCESSING, {Special: lambda _: (int, (7,))})
    assert unpack(*packed.message) == [7]


def test_a_connection_and_a_socket_are_copies() -> None:
    here, there = multiprocessing.Pipe()
    with here, there, socket.socket() as sock:
        arrived, other = unpack(*Packed([there, sock], WITH_MULTIPROCESSING).message)
        with arrived, other:
            arrived.send("hello")
            assert here.recv() == "hello"
            assert other.family == sock.family
            assert arrived.fileno() != there.fileno()


@pytest.mark.parametrize(
    "obj", [[].append, functools.partial(abs, -1), str.join, "a".join], ids=repr
)
def test_functions_are_left_to_pickle(obj: Any) -> None:
    reduced: dict[int, Any] = {}
    unpack(*Packed(obj, WITH_MULTIPROCESSING, reduced=reduced).message)
    assert reduced == {}


# Types that are left to pickle are known from the second object on, until something changes


class Left:
    """A class of which an executor knows nothing."""

    def __init__(self, value: int = 1) -> None:
        self.value = value


def arrived(obj: Any, form: Any = WITH_MULTIPROCESSING) -> Any:
    return unpack(*Packed([obj, obj], form).message)[1]


@pytest.mark.parametrize("form", [WITH_MULTIPROCESSING, FORMS[BY_VALUE]])
def test_types_that_are_left_are_not_asked_about_again(
    monkeypatch: pytest.MonkeyPatch, form: Any
) -> None:
    asked: list[Any] = []
    reduce = Packed._reduce
    monkeypatch.setattr(
        Packed, "_reduce", lambda self, obj: asked.append(type(obj)) or reduce(self, obj)
    )
    for _ in range(2):
        arrived(Left())
    assert asked.count(Left) <= 1
    assert asked.count(type) >= 2  # the class itself may be one of the main script


def test_a_reducer_that_a_library_gets_later_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert arrived(Left(2)).value == 2
    reducers = ForkingPickler._extra_reducers  # type: ignore[attr-defined]
    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(ForkingPickler, "_extra_reducers", {**reducers})
            ForkingPickler.register(Left, lambda left: (str, ("by its reducer",)))
            assert arrived(Left()) == "by its reducer"
            assert arrived(Left(), FORMS[BY_NAME]).value == 1
        assert arrived(Left(3)).value == 3


def test_a_reducer_in_place_of_another_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    reducers = ForkingPickler._extra_reducers  # type: ignore[attr-defined]
    monkeypatch.setitem(reducers, Special, reduce_special)
    assert arrived(Left(2)).value == 2
    with monkeypatch.context() as patch:
        patch.delitem(reducers, Special)
        patch.setitem(reducers, Left, lambda left: (str, ("by its reducer",)))
        assert arrived(Left()) == "by its reducer"
    assert arrived(Left(3)).value == 3


def test_a_reducer_of_copyreg_that_comes_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in range(2):
        assert arrived(Left(value)).value == value
        with monkeypatch.context() as patch:
            patch.setitem(copyreg.dispatch_table, Left, lambda left: (str, ("by copyreg",)))
            assert arrived(Left()) == "by copyreg"


def test_an_adapter_that_comes_and_goes() -> None:
    for value in range(2):
        assert arrived(Left(value)).value == value
        adapters.register(Left, lambda left: [left.value], lambda state: state, name="left")
        assert arrived(Left(value)) == [value]
        adapters.unregister(Left)


def test_functions_are_asked_about_whatever_copyreg_has(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, types.FunctionType, lambda f: (str, ("f",)))
    for _ in range(2):
        packed = Packed([functools.wraps, main.f], FORMS[BY_NAME])
        assert [*packed.names] == ["f"]
