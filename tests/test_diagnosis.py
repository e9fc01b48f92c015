"""What an error of `adapters.loads` says: which step of the payload failed, and where."""

from __future__ import annotations

import copyreg
import enum
import pickle
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gadgets import Gadget

import adapters
from adapters._payload import budget, diagnosis

PROTOCOLS = [0, 2, 4, 5]


class Color(enum.Enum):
    RED = 1
    BLUE = "blue"


class NeedsKey(Exception):  # noqa: N818
    """As most exceptions with an argument by keyword only, it does not load."""

    def __init__(self, message: str, *, key: int) -> None:
        super().__init__(message)
        self.key = key


class Proxy:
    """Its `__getattr__` recurses for ever in an object without attributes."""

    def __init__(self, target: object) -> None:
        self.target = target

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)


class Picky:
    """Accepts no state."""

    def __init__(self) -> None:
        self.attribute = 1

    def __setstate__(self, state: object) -> None:
        raise KeyError("attribute")


class Full(list[int]):
    def extend(self, items: object) -> None:
        raise OverflowError("full")

    append = extend


class Unhashable:
    def __init__(self) -> None:
        self.ready = True

    def __hash__(self) -> int:
        return 1 if self.ready else 0


class Base:
    def __init__(self, number: int) -> None:
        self.number = number
        if number < 0:
            raise ValueError("negative")

    def __reduce__(self) -> Any:
        return type(self), (self.number,)


class One(Base):
    """Has its `__init__` from Base."""


class Other(Base):
    """Has its `__init__` from Base, too."""


class Panic(BaseException):
    """As the panics of PyO3, no Exception."""


def panic() -> None:
    raise Panic("unwrap() on None")


class Panics:
    def __reduce__(self) -> Any:
        return panic, ()


class Calls:
    """Arrives as the result of a function."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> Any:
        return self.call


def refusal(data: Any, **options: Any) -> str:
    with pytest.raises(adapters.RebuildError) as caught:
        adapters.loads(data, **options)
    text = str(caught.value)
    assert text.startswith("cannot load a payload: ")
    return text.removeprefix("cannot load a payload: ")


@pytest.fixture(autouse=True)
def without_tblib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Dask is imported, tblib pickles exceptions in its own way."""
    monkeypatch.delitem(copyreg.dispatch_table, NeedsKey, raising=False)


@pytest.fixture
def module() -> Iterator[types.ModuleType]:
    """A module of the sender, which this process gets to know, and forgets."""
    made = types.ModuleType("sender")
    sys.modules["sender"] = made
    yield made
    sys.modules.pop("sender", None)


def put(module: types.ModuleType, source: str) -> None:
    exec(compile(source, "sender.py", "exec"), vars(module))


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_an_enum_without_the_member(protocol: int) -> None:
    data = pickle.dumps([1, Color.BLUE], protocol).replace(b"blue", b"pink")
    at = data.index(b"R")
    text = refusal(data)
    assert text.startswith(
        f"calling test_diagnosis.Color, at byte {at}, raised ValueError: 'pink' "
    )
    assert "__call__, " in text
    assert "enum.py:" in text
    assert text.endswith(diagnosis._CALLED)
    assert "damaged" not in text


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_class_whose_arguments_do_not_fit(protocol: int) -> None:
    error = NeedsKey("message", key=1)
    for message in (error, [Color.RED, error, Picky]):
        data = pickle.dumps(message, protocol)
        text = refusal(data + b"\0\0")  # as memory that is rounded up to pages
        assert "calling test_diagnosis.NeedsKey, at byte " in text
        assert "raised TypeError: NeedsKey.__init__() missing 1 required keyword-only" in text
        offset = int(text.partition("at byte ")[2].partition(",")[0])
        assert data[offset : offset + 1] == b"R"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_recursion_in_getattr(protocol: int) -> None:
    text = refusal(pickle.dumps([Proxy(5), Color.RED], protocol))
    assert text.startswith("setting the state of what test_diagnosis.Proxy made, at byte ")
    assert "raised RecursionError: maximum recursion" in text
    assert "__getattr__, " in text


@pytest.mark.parametrize(
    ("obj", "said"),
    [
        (Picky(), "setting the state of what test_diagnosis.Picky made, at byte "),
        (Full([1, 2]), "adding items to what test_diagnosis.Full made, at byte "),
        (Panics(), "calling test_diagnosis.panic, at byte "),
        ([Panics(), Panics()], "calling test_diagnosis.panic, 2 times from byte "),
        (Calls(int, "abc"), "calling builtins.int, at byte "),
        (Calls(divmod, 1, 0), "calling builtins.divmod, at byte "),
        (Calls(eval, "1 / 0"), "a call in it raised ZeroDivisionError: division by zero (in <mod"),
    ],
    ids=["state", "items", "function", "functions", "type in C", "function in C", "other code"],
)
def test_a_call_that_raises(obj: object, said: str) -> None:
    text = refusal(pickle.dumps(obj, 4))
    assert text.startswith(said)
    assert "damaged" not in text


def test_a_method_of_a_base_is_told_by_the_object() -> None:
    first, second = One(1), Other(2)
    second.number = -2
    text = refusal(pickle.dumps([first, second], 4))
    assert text.startswith("calling test_diagnosis.Other, at byte ")
    assert "raised ValueError: negative (in " in text


def test_what_is_not_certain_is_not_said() -> None:
    others = [Calls(function, 1) for function in (abs, round, hex, oct, bin)]
    message = [Calls(note, 1), Calls(int, "1"), Calls(int, "2"), Calls(float, "x"), *others]
    text = refusal(pickle.dumps(message, 4))
    assert text.startswith("one of these raised ValueError: could not convert")
    assert "calling builtins.int, 2 times from byte " in text
    assert "calling builtins.float, at byte " in text
    assert "note" not in text  # Python code would be in the traceback
    assert "; and 2 more. " in text


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_module_that_is_not_here(protocol: int, module: types.ModuleType) -> None:
    put(module, "class Thing: pass")
    data = pickle.dumps([Color.RED, module.Thing()], protocol)
    del sys.modules["sender"]
    text = refusal(data)
    assert text.startswith("it needs module 'sender', which it names at byte ")
    assert "(ModuleNotFoundError: No module named 'sender')" in text
    assert text.endswith("; install sender, or put its folder on sys.path")


def test_a_submodule_that_is_not_here(module: types.ModuleType) -> None:
    put(module, "class Thing: pass")
    data = pickle.dumps(module.Thing, 4).replace(b"\x06sender", b"\x0bjson.sender")
    data = data[:3] + (len(data) - 11).to_bytes(8, "little") + data[11:]
    text = refusal(data)
    assert text.startswith("it needs module 'json.sender', which it names at byte ")
    assert text.endswith("json is here without it: install the version that the sender has")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_attribute_that_is_not_here(protocol: int, module: types.ModuleType) -> None:
    put(module, "class Thing: pass")
    data = pickle.dumps([Color.RED, module.Thing()], protocol)
    del module.Thing
    text = refusal(data)
    assert text.startswith("module 'sender' lacks 'Thing', which it names at byte ")
    assert text.endswith(diagnosis._RENAMED)


def test_a_class_inside_of_a_class_that_is_not_here(module: types.ModuleType) -> None:
    put(module, "class Thing:\n    class Part: pass")
    data = pickle.dumps(module.Thing.Part, 4)
    del module.Thing.Part
    assert refusal(data).startswith("module 'sender' lacks 'Thing.Part', which it names at byte ")


def test_what_the_main_script_of_the_sender_defined() -> None:
    text = refusal(b"c__main__\nNoSuchFunction\n.")
    assert text.startswith("module '__main__' lacks 'NoSuchFunction', which it names at byte 0 (")
    assert text.endswith(diagnosis._OF_A_SCRIPT)


def test_an_attribute_error_of_a_call_is_no_missing_global() -> None:
    text = refusal(pickle.dumps([Color, Calls(getattr, 5, "absent")], 4))
    assert text.startswith("calling builtins.getattr, at byte ")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_module", "; install no_such_module, or put its folder on sys.path"),
        ("1 / 0", "; its import has to work here"),
        ("raise BaseException('panic')", "; its import has to work here"),
    ],
)
def test_a_module_whose_import_raises(
    source: str, said: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fails_to_import.py").write_text(f"\n{source}\n")
    monkeypatch.syspath_prepend(tmp_path)
    text = refusal(b"cfails_to_import\nThing\n.")
    assert text.startswith("importing module 'fails_to_import', which it names at byte 0, raised ")
    assert "fails_to_import.py:2)" in text
    assert text.endswith(said)


def test_buffers_that_are_missing() -> None:
    data = adapters.dumps([Gadget(bytearray(9))] * 2, buffer_callback=lambda buffer: None)
    assert refusal(data).startswith("it needs 1 buffer(s), and was given 0 (")
    data = adapters.dumps([Gadget(bytearray(9)), bytearray(9)], buffer_callback=lambda _: None)
    assert "pass all that buffer_callback was given" in refusal(data, buffers=[])
    assert "buffers" in refusal(data, buffers=iter([]))


@pytest.mark.parametrize("protocol", range(6))
def test_a_payload_cut_anywhere_is_damaged(protocol: int) -> None:
    data = pickle.dumps({"a": [1, 2.5, None, "text"], "b": (b"bytes", {3}), "c": 1 << 80}, protocol)
    for size in range(len(data)):
        text = refusal(data[:size])
        assert text.startswith("at byte ")
        assert text.endswith(diagnosis._DAMAGED)


def test_damage_after_a_call_is_not_taken_for_it() -> None:
    assert refusal(pickle.dumps([Calls(int, "1")], 2)[:-1]).startswith("at byte ")
    text = refusal(pickle.dumps([Calls(int, "x")], 2)[:-1])
    assert text.startswith("a call in it raised ValueError: invalid literal for int()")
    assert ", or it is damaged: at byte " in text


def test_a_payload_of_a_newer_python() -> None:
    text = refusal(b"\x80\x09N.")
    assert text.startswith("at byte 0, it has protocol 9, and 5 is the newest known here (ValueErr")
    assert text.endswith(diagnosis._NEWER)


@pytest.mark.parametrize("data", [5, "text", None])
def test_what_is_no_payload_at_all(data: Any) -> None:
    assert refusal(data).startswith("TypeError: a bytes-like object is required, not '")


def test_a_payload_that_is_too_long_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pickle.dumps([*range(100), Calls(int, "x")], 4)
    monkeypatch.setattr(budget, "DIAGNOSED_OPCODES", 50)
    assert refusal(data) == "ValueError: invalid literal for int() with base 10: 'x'"
    text = refusal(pickle.dumps([Calls(fails_for, 1), *range(100), Calls(fails_for, 2)], 4))
    assert text.startswith("calling test_diagnosis.fails_for, at byte ")
    assert " or behind, raised ValueError: 2 (in fails_for, " in text


def test_a_diagnosis_that_fails_leaves_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "Steps", panic)
    assert refusal(pickle.dumps(Calls(int, "x"), 4)).startswith("ValueError: invalid literal")


def test_an_unpickler_in_python_tells_the_same() -> None:
    data = pickle.dumps([Calls(abs, 1), Calls(fails_for, 2)], 4)
    with pytest.raises(ValueError, match="2") as caught:
        pickle._loads(data)  # type: ignore[attr-defined]
    assert diagnosis.diagnosis(caught.value, data, None) == refusal(data)
    with pytest.raises(ModuleNotFoundError) as missing:
        pickle._loads(b"cno_such_module\nThing\n.")  # type: ignore[attr-defined]
    text = diagnosis.diagnosis(missing.value, b"cno_such_module\nThing\n.", None)
    assert text.startswith("it needs module 'no_such_module', which it names at byte 0 (")


def test_nothing_runs_twice() -> None:
    CALLED.clear()
    refusal(pickle.dumps([Calls(note, 1), Panics(), Calls(note, 2)], 4))
    assert CALLED == [1]


CALLED: list[int] = []


def fails_for(number: int) -> None:
    if number == 2:
        raise ValueError(number)


def note(number: int) -> None:
    CALLED.append(number)
