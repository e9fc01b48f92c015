"""Whether something pickles depends on what it is, and not on what stands beside it."""

from __future__ import annotations

import abc
import code
import collections
import copyreg
import io
import logging
import math
import sys
import threading
import types
import weakref
from collections.abc import Callable
from typing import Any, NewType, ParamSpec, TypeVar

import children
import executors
import pytest
from gadgets import Gadget, ffi
from processes import run

import adapters

no_child_is_left = executors.no_child_is_left
on_loky = executors.on_loky

Known = TypeVar("Known")  # of this module
hidden = TypeVar("Elsewhere")  # type: ignore[misc]  # no module has it under its name
parameters = ParamSpec("NotItsName")  # type: ignore[misc]
Number = NewType("Number", int)
closed_over = 1


def cell() -> Any:
    value = closed_over
    return (lambda: value).__closure__[0]  # type: ignore[index]


class Local:
    def method(self) -> None: ...


class Holder:
    """An instance that has one attribute."""

    def __init__(self, part: object) -> None:
        self.part = part


class Submodule(types.ModuleType):
    """The modules of some extensions have types of their own."""


GOES: dict[str, Callable[[], Any]] = {
    "module": lambda: math,
    "module by value": lambda: types.ModuleType("dynamic"),
    "dict view": {1: 2}.items,
    "ordered view": collections.OrderedDict({1: 2}).keys,
    "mappingproxy": lambda: types.MappingProxyType({1: 2}),
    "staticmethod": lambda: staticmethod(len),
    "classmethod": lambda: classmethod(children.describe),
    "property": lambda: property(children.describe),
    "TypeVar": lambda: Known,
    "TypeVar by value": lambda: hidden,
    "NewType": lambda: Number,
    "getset": lambda: type.__dict__["__dict__"],
    "getset of C": lambda: types.FunctionType.__dict__["__code__"],
    "code": lambda: children.describe.__code__,
    "cell": cell,
    "empty cell": types.CellType,
    "WeakSet": weakref.WeakSet,
    "abstract class": lambda: abc.ABCMeta("Abstract", (), {}),
    "logger": lambda: logging.getLogger("order"),
    "root logger": logging.getLogger,
    "method": lambda: Local().method,
    "method of a dynamic object": lambda: type("Made", (), {"m": lambda self: 1})().m,
    "C type": lambda: ffi.typeof("gear_t"),
    "native object": lambda: Gadget(1),
}
REFUSED: dict[str, Callable[[], Any]] = {
    "memoryview": lambda: memoryview(b"abc"),
    "open file": lambda: io.TextIOWrapper(io.BytesIO(b"text")),
    "binary file": lambda: io.BufferedReader(io.BytesIO(b"bytes")),  # type: ignore[arg-type]
    "ParamSpec": lambda: parameters,
    "logger of nobody": lambda: logging.Logger("order"),
    "module of another type": lambda: Submodule("dynamic"),
    "lock": threading.Lock,
    "frame": sys._getframe,
    "generator": lambda: (each for each in ()),
    "console": lambda: code.InteractiveConsole({"lock": threading.Lock()}),
}
PLACES: dict[str, Callable[[Any], Any]] = {
    "alone": lambda part: part,
    "before a lambda": lambda part: [part, lambda: 0],
    "after a lambda": lambda part: [lambda: 0, part],
    "a dict's value": lambda part: {"a": part, "b": lambda: 0},
    "an attribute": Holder,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", GOES)
def test_what_cloudpickle_can_send_goes_wherever_it_stands(kind: str, place: str) -> None:
    assert adapters.loads(adapters.dumps(PLACES[place](GOES[kind]()))) is not None


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_become_something_else_is_refused_wherever_it_stands(
    kind: str, place: str
) -> None:
    with pytest.raises(adapters.SerializeError, match=r"^cannot (pickle|serialize) "):
        adapters.dumps(PLACES[place](REFUSED[kind]()))


def test_they_go_to_a_worker_of_loky(on_loky: adapters.Executor) -> None:
    sent = [(kind, on_loky.submit(id, make())) for kind, make in GOES.items()]
    assert [kind for kind, future in sent if future.exception(60) is not None] == []


@pytest.mark.parametrize("kind", REFUSED)
def test_a_worker_of_loky_gets_what_loky_sends(on_loky: adapters.Executor, kind: str) -> None:
    plain = on_loky._inner._inner  # type: ignore[attr-defined]
    theirs = plain.submit(id, REFUSED[kind]()).exception(60)
    ours = on_loky.submit(id, REFUSED[kind]()).exception(60)
    assert type(ours) is (type(None) if theirs is None else adapters.SerializeError)


@pytest.mark.parametrize("cls", [type, Holder])
def test_an_attribute_in_c_arrives_as_itself(cls: type) -> None:
    attribute = cls.__dict__["__dict__"]  # getattr gives the namespace of the class
    assert adapters.loads(adapters.dumps(attribute)) is attribute
    assert adapters.loads(adapters.dumps([lambda: 0, attribute]))[1] is attribute


def test_standard_output_is_that_of_the_other_process() -> None:
    program = """
import adapters, sys
for obj in sys.stdout, [sys.stdout, lambda: 0], [lambda: 0, sys.stderr]:
    twin = adapters.loads(adapters.dumps(obj))
    twin = twin if obj is sys.stdout else [each for each in twin if not callable(each)][0]
    print(twin is sys.stdout or twin is sys.stderr)
"""
    assert run("-c", program) == "True\nTrue\nTrue\n"


def test_a_type_variable_of_the_main_script_goes_by_value() -> None:
    program = """
import adapters, typing
T = typing.TypeVar("T")
print(adapters.dumps(T).hex())
"""
    data = run("-c", program)
    assert adapters.loads(bytes.fromhex(data)).__name__ == "T"


def test_a_reducer_of_other_code_comes_before_that_of_cloudpickle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, memoryview, lambda view: (list, (view.tolist(),)))
    view = memoryview(b"ab")
    assert adapters.loads(adapters.dumps(view)) == [97, 98]
    assert adapters.loads(adapters.dumps([lambda: 0, view]))[1] == [97, 98]


def test_words_say_what_to_send_instead() -> None:
    with pytest.raises(
        adapters.SerializeError, match="arrive as bytes; send bytes of it"
    ) as caught:
        adapters.dumps([lambda: 0, memoryview(b"a")])
    assert caught.value.subject == "builtins.memoryview"
    with (
        open(__file__, encoding="utf-8") as file,
        pytest.raises(adapters.SerializeError, match="send its path, and open it there"),
    ):
        adapters.dumps(file)


def test_the_error_is_that_of_the_part_that_cannot_go_at_all() -> None:
    with pytest.raises(adapters.SerializeError, match=r"TypeError: cannot pickle '_thread\.lock'"):
        adapters.dumps([children.describe.__code__, threading.Lock()])


def test_an_error_of_this_package_ends_the_first_run() -> None:
    calls = []

    class Refuses:
        def __reduce__(self) -> Any:
            calls.append(1)
            raise adapters.SerializeError("no", "it")

    with pytest.raises(adapters.SerializeError, match=r"^no$"):
        adapters.dumps(Refuses())
    assert calls == [1]


def test_a_buffer_callback_is_called_once_for_each_buffer() -> None:
    buffers: list[Any] = []
    obj = [Gadget(bytearray(9000)), children.describe.__code__]
    data = adapters.dumps(obj, buffer_callback=buffers.append)
    assert len(buffers) == 1
    assert adapters.loads(data, buffers=buffers)[1].co_name == "describe"


def test_without_cloudpickle_the_error_is_that_of_pickle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adapters._wire.by_value", None)
    with pytest.raises(adapters.SerializeError, match=r"TypeError: cannot pickle '_thread\.lock'"):
        adapters.dumps(threading.Lock())
    with pytest.raises(adapters.SerializeError, match="by_value"):
        adapters.dumps(lambda: 0)
