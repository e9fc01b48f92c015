"""Getters: what may be read of a type, by names and signatures, and what may not."""

from __future__ import annotations

import functools
import hashlib
import inspect
import queue
import ssl
import threading
from typing import Any

import pytest

from adapters._comparison.getters import Getter, getters_of, takes_nothing


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


def names(cls: type, *, of_stdlib: bool = False) -> set[str]:
    return set(map(str, getters_of(cls, of_stdlib=of_stdlib)))


def test_the_getters_of_a_type() -> None:
    assert names(Type) == {".slot", ".size", ".volume", ".get_area()"}
    assert list(getters_of(threading.Thread)) == []


def test_a_subclass_hides_what_its_base_has() -> None:
    class Hidden(Type):
        size = None  # type: ignore[assignment]
        get_area = None  # type: ignore[assignment]

    assert names(Hidden) == {".slot", ".volume"}


class Optioned:
    """Has options whose names begin with verbs."""

    __slots__ = ("next",)

    @property
    def connect_timeout(self) -> int:
        return 1

    @property
    def fetch_all(self) -> int:
        raise AssertionError

    @property
    def run(self) -> int:
        raise AssertionError


def test_options_that_are_named_by_verbs() -> None:
    assert names(Optioned) == {".next", ".connect_timeout"}


class Stepping:
    """Has getters whose names hold verbs, of which all but one have setters."""

    def get_max_step(self) -> int:
        return 1

    def set_max_step(self, step: int) -> None:
        """Is not called."""

    def getRandomSeed(self) -> int:  # noqa: N802
        return 1

    def setRandomSeed(self, seed: int) -> None:  # noqa: N802
        """Is not called."""

    def GetUseCache(self) -> bool:  # noqa: N802
        return True

    def SetUseCache(self, use: bool) -> None:  # noqa: N802
        """Is not called."""

    def get_load(self, at: int) -> int:
        raise AssertionError

    def set_load(self, at: int, load: int) -> None:
        """Is not called."""

    def get_next(self) -> int:
        raise AssertionError

    def GetNumAtoms(self) -> int:  # noqa: N802
        return 1


def test_a_getter_that_has_a_setter() -> None:
    shared = {".get_max_step()", ".getRandomSeed()", ".GetUseCache()", ".GetNumAtoms()"}
    assert names(Stepping) == shared

    class Below(Stepping):
        def set_next(self, following: int) -> None:
            """Is not called."""

    assert names(Below) == {*shared, ".get_next()"}


def hiding(doc: str | None = None) -> Any:
    """A method as a decorator leaves it that says nothing of what it wraps."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return None

    wrapper.__doc__ = doc
    return wrapper


@pytest.mark.parametrize(
    ("name", "method", "free"),
    [
        ("get_size", hiding(), True),
        ("options", hiding(), False),
        ("options", hiding("options(self) -> dict"), True),
        ("options", lambda self, **kwargs: {}, True),
        ("GetSize", hiding("GetSize(self) -> int"), True),
        ("GetSize", hiding("GetSize(self, int axis) -> int"), False),
        ("GetSize", hiding("GetSize(self) -> void"), False),
    ],
)
def test_a_method_with_any_arguments(name: str, method: Any, free: bool) -> None:
    assert takes_nothing(name, method) is free


def test_a_method_with_any_arguments_that_returns_nothing() -> None:
    def get_ready(*args: Any, **kwargs: Any) -> None:
        """Does something."""

    assert not takes_nothing("get_ready", get_ready)


def test_a_coroutine_that_a_decorator_hides_is_closed() -> None:
    class Page:
        async def load(self) -> int:
            return 1

        get_page = hiding()

    page = Page()
    page.get_page = page.load
    made = Getter("get_page", called=True).read(page)
    assert inspect.getcoroutinestate(made) == inspect.CORO_CLOSED


def test_the_standard_library_if_asked_for() -> None:
    class Channel(queue.SimpleQueue):  # type: ignore[type-arg]
        """A native type of the standard library, in a class of its own."""

    assert names(Channel) == set()
    assert names(Channel, of_stdlib=True) == {".qsize()"}
    expected = {".cert_store_stats()", ".get_ca_certs()", ".get_ciphers()", ".verify_mode"}
    assert expected <= names(ssl.SSLContext, of_stdlib=True)


def test_the_contents_of_a_mapping_are_no_getters_of_its_bases() -> None:
    class Table(dict):  # type: ignore[type-arg]
        """Its contents are compared."""

    assert names(Table, of_stdlib=True) == set()
    assert ".items()" in names(dict, of_stdlib=True)


def test_digests_of_any_length() -> None:
    assert {".digest(8)", ".hexdigest(8)"} <= names(type(hashlib.shake_128()), of_stdlib=True)
    assert {".digest()", ".hexdigest()"} <= names(type(hashlib.sha256()), of_stdlib=True)
    getter = Getter("digest", called=True, arguments=(8,))
    assert getter.read(hashlib.shake_128(b"a")) == hashlib.shake_128(b"a").digest(8)

    class Signed:
        def digest(self, key: bytes, length: int) -> Any:
            raise AssertionError

        def get_part(self, length: int) -> Any:
            raise AssertionError

    assert names(Signed) == set()
