"""Getters: what may be read of a type, by names and signatures, and what may not."""

from __future__ import annotations

import functools
import threading
from typing import Any

import pytest

from adapters._comparison.getters import getters_of, is_asking, takes_nothing

ASKS = """
    getSize get_size GetSize GetNumAtoms getparent getvalue isOpen is_open is_closed HasQuery
    num_rows n_items can_write should_run supports_append keys values tolist hexdigest size shape
    get_stride has_next context globals expression element_type vertexCount numpy
"""
ACTS = """
    get getch getline get_next getNextToken get_nowait get_and_clear get_or_create
    get_event get_result GetRunResult pop read close open next fit run show start reset write
    commit open_in_browser
    getpass_and_login infer_type data_refresh count_data
    is has issue hash number counter sizes getitem_async draw resize
"""


@pytest.mark.parametrize("name", ASKS.split())
def test_a_name_that_asks(name: str) -> None:
    assert is_asking(name)


@pytest.mark.parametrize("name", ACTS.split())
def test_a_name_that_acts_or_says_nothing(name: str) -> None:
    assert not is_asking(name)


class Documented:
    """A method of an extension, whose docstring alone tells its arguments."""

    def __init__(self, text: str | None) -> None:
        self.__doc__ = text

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Is called by nobody."""


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("getSize(self: mod.Type) -> int\n\nThe size.", True),
        ("getSize(self: mod.Type, axis: int) -> int", False),
        ("getSize(self: mod.Type, axis: int = 0) -> int", True),
        ("getSize(self: mod.Type) -> None", False),
        ("getSize(*args, **kwargs)\nOverloaded.\n1. getSize(self: T, a: int) -> int\n"
         "2. getSize(self: T) -> int", True),
        ("getSize( (Type)self) -> int :\n    The size.", True),
        ("getSize( (Type)self, (str)key) -> int :", False),
        ("getSize( (Type)self [, (bool)all=False [, (int)axis=0]]) -> int :", True),
        ("getSize(Type self) -> int", True),
        ("getSize(self, axis)", False),
        ("getSize() -> retval\n.   @brief The size.", True),
        ("getSize(image[, mask]) -> retval", False),
        ("Tells the size.", True),
        (None, True),
    ],
)  # fmt: skip
def test_the_signature_in_a_docstring(text: str | None, free: bool) -> None:
    assert takes_nothing("getSize", Documented(text)) is free


class Type(threading.Thread):
    """Has one of each."""

    __slots__ = ("slot",)
    constant = 3

    @property
    def size(self) -> int:
        return 1

    @property
    def next(self) -> int:
        raise AssertionError

    @property
    def fileno(self) -> int:
        raise AssertionError

    @property
    def own_parts(self) -> bool:
        raise AssertionError

    def get_vfd_handle(self) -> int:
        raise AssertionError

    def getpid(self) -> int:
        raise AssertionError

    @property
    def _private(self) -> int:
        raise AssertionError

    @functools.cached_property
    def volume(self) -> int:
        return 1

    def get_area(self, unit: str = "m") -> int:
        return 1

    def get_part(self, index: int) -> int:
        raise AssertionError

    def get_ready(self) -> None:
        raise AssertionError

    async def get_page(self) -> int:
        raise AssertionError

    @classmethod
    def get_types(cls) -> Any:
        raise AssertionError

    @staticmethod
    def get_version() -> Any:
        raise AssertionError

    def run(self) -> None:
        raise AssertionError


def test_the_getters_of_a_type() -> None:
    found = {(name, called) for name, called in getters_of(Type)}
    assert found == {("slot", False), ("size", False), ("volume", False), ("get_area", True)}
    assert list(getters_of(threading.Thread)) == []


def test_a_subclass_hides_what_its_base_has() -> None:
    class Hidden(Type):
        size = None  # type: ignore[assignment]
        get_area = None  # type: ignore[assignment]

    assert {name for name, _ in getters_of(Hidden)} == {"slot", "volume"}
