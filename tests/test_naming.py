"""How messages name types, C types and errors."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from gadgets import Gadget, ffi

from adapters._naming import (
    brief,
    extension_of,
    has_module,
    in_words,
    notes_of,
    qualified_name,
    shown,
)
from adapters.errors import StoreError


class Main:
    """A class of the main script, as a child of multiprocessing sees it."""


Main.__module__ = "__mp_main__"


class HidesItsModule(type):
    """The metaclass of a class that raises whatever it is asked for."""

    def __getattribute__(cls, name: str) -> Any:
        raise ArithmeticError(name)


class Unprintable(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Panic(BaseException):
    """As the panics of PyO3, no Exception."""


class PanicsOnRepr:
    def __repr__(self) -> str:
        raise Panic("uninitialised")


class Annotated(Exception):  # noqa: N818
    """An exception with the notes that are given; add_note() came with Python 3.11."""

    def __init__(self, message: str, notes: Any) -> None:
        super().__init__(message)
        self.__notes__ = notes


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (int, "builtins.int"),
        (Gadget, "gadgets.Gadget"),
        (Main, "__main__.Main"),
        (ffi.typeof("gear_t *"), "C type 'gear_t *'"),
        (type("Nameless", (), {"__module__": None}), "<no module>.Nameless"),
        (type("Wrong", (), {"__module__": "builtins"}), "<no module>.Wrong"),
        (type(lambda: None), "builtins.function"),  # the interpreter's own
        (type({}.keys()), "builtins.dict_keys"),
        (type("Struct", (), {"cname": "x", "__module__": "m"}), "m.Struct"),
    ],
)
def test_a_type_is_named_with_its_module(target: Any, name: str) -> None:
    assert qualified_name(target) == name


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("too few"), "ValueError: too few"),
        (pytest.UsageError("bad"), "pytest.UsageError: bad"),
        (ValueError(), "ValueError"),
        (Annotated("bad", ["first", "second"]), "test_naming.Annotated: bad (first; second)"),
        (Annotated("bad", []), "test_naming.Annotated: bad"),
        (Annotated("bad", "no list"), "test_naming.Annotated: bad"),
        (Annotated("bad", [PanicsOnRepr()]), "test_naming.Annotated: bad"),
        (ValueError("x" * 1000), "ValueError: " + "x" * 1000),
        (ValueError("x" * 1001), "ValueError: " + "x" * 997 + "..."),
        (Annotated("", ["x" * 9999]), f"test_naming.Annotated ({'x' * 997}...)"),
    ],
)
def test_an_error_is_told_with_its_type(error: Exception, words: str) -> None:
    assert in_words(error) == words


def test_an_error_without_words_is_told_all_the_same() -> None:
    assert in_words(Unprintable()).endswith("Unprintable, whose str() raises")


def test_a_type_that_raises_has_its_plain_name() -> None:
    assert qualified_name(HidesItsModule("Hidden", (), {})) == "Hidden"


def test_an_object_is_shown_in_one_short_text() -> None:
    assert shown([1, 2]) == brief([1, 2]) == "[1, 2]"
    assert brief("a" * 78) == repr("a" * 78)
    assert brief("a" * 79) == f"'{'a' * 76}..."
    assert shown("a" * 198) == repr("a" * 198)
    assert shown("a" * 199) == f"'{'a' * 196}..."


def test_a_message_of_this_package_is_told_in_full() -> None:
    assert in_words(StoreError("x" * 2000, "")) == "adapters.StoreError: " + "x" * 2000


def test_an_object_without_a_repr_is_shown_all_the_same() -> None:
    text = "an object whose repr() raises test_naming.Panic: uninitialised"
    assert shown(PanicsOnRepr()) == text
    assert shown(10**5000).startswith("an object whose repr() raises ValueError: ")
    with pytest.raises(KeyboardInterrupt):
        shown(Interrupted())


class Interrupted:
    def __repr__(self) -> str:
        raise KeyboardInterrupt


def test_an_object_that_is_no_type_has_a_name_whatever_it_raises() -> None:
    class Evasive:
        def __getattr__(self, name: str) -> Any:
            raise Panic(name)

    assert qualified_name(Evasive()) == "Evasive"


def sim() -> type:
    """A type that says it is a built-in one, as those of PyO3 do."""
    return type("Sim", (), {"__module__": "builtins"})


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a type into modules, which are given as {name: file}."""

    def put(cls: type, modules: dict[str, str]) -> None:
        for name, file in modules.items():
            module = ModuleType(name)
            module.__file__ = file
            module.Sim = cls  # type: ignore[attr-defined]
            monkeypatch.setitem(sys.modules, name, module)

    return put


def test_a_type_is_named_by_the_extension_that_holds_it(put: Any) -> None:
    one, two = sim(), sim()
    put(one, {"a_user": "a_user.py", "one": "one/__init__.py", "one.core": "core.abi3.so"})
    put(two, {"two": "two/__init__.py", "two._core": "_core.cp311-win_amd64.pyd"})
    assert (extension_of(one), extension_of(two)) == ("one.core", "two._core")
    assert (qualified_name(one), qualified_name(two)) == ("one.core.Sim", "two._core.Sim")
    assert extension_of(sim()) is None


def test_a_type_that_no_extension_holds_is_named_by_a_module_that_does(put: Any) -> None:
    cls = sim()
    put(cls, {"a_user_of_both": "user.py", "one": "one/__init__.py", "__mp_main__": "script.py"})
    assert extension_of(cls) is None
    assert qualified_name(cls) == "one.Sim"


def test_which_types_say_where_they_are_from() -> None:
    for known in (int, Gadget, Main, HidesItsModule("Hidden", (), {}), "text", ffi.typeof("int")):
        assert has_module(known)
    nameless = [{"__module__": None}, {"__module__": 5}, {"__module__": property(id)}]
    for unknown in (sim(), type(lambda: None), *(type("Sim", (), each) for each in nameless)):
        assert not has_module(unknown)


PLACES = (
    "when serializing tuple item 0",
    "when serializing adapters._wire.buffers.OutOfBand reconstructor arguments",
    "when serializing adapters._wire.buffers.OutOfBand object",
    "when serializing dict item 'k'",
    "see the wiki",
)


def test_notes_on_places_leave_out_what_is_private() -> None:
    error = Annotated("no", PLACES)
    assert notes_of(error) == "when serializing dict item 'k'; see the wiki"
    assert notes_of(error, places=False) == "see the wiki"
    assert in_words(error, short=True, places=False) == "Annotated: no (see the wiki)"
