"""How messages name types, C types and errors."""

from __future__ import annotations

from typing import Any

import pytest
from gadgets import Gadget, ffi

from adapters._naming import in_words, qualified_name, shown


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


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (int, "builtins.int"),
        (Gadget, "gadgets.Gadget"),
        (Main, "__main__.Main"),
        (ffi.typeof("gear_t *"), "C type 'gear_t *'"),
        (type("Nameless", (), {"__module__": None}), "builtins.Nameless"),
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
    ],
)
def test_an_error_is_told_with_its_type(error: Exception, words: str) -> None:
    assert in_words(error) == words


def test_an_error_without_words_is_told_all_the_same() -> None:
    assert in_words(Unprintable()).endswith("Unprintable, whose str() raises")


def test_a_type_that_raises_has_its_plain_name() -> None:
    assert qualified_name(HidesItsModule("Hidden", (), {})) == "Hidden"


def test_an_object_is_shown_in_one_short_text() -> None:
    assert shown([1, 2]) == "[1, 2]"
    assert shown("a" * 78) == repr("a" * 78)
    assert shown("a" * 79) == f"'{'a' * 76}..."
