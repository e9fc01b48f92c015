"""Parts of objects of libraries: what to register is the object that the user knows."""

from __future__ import annotations

import ctypes
import importlib
import os
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from findings import Plain, only
from gadgets import ffi

import adapters
from adapters import explain

SOURCE = """
import ctypes, threading

class Handle:
    pass

class Refusing:
    def __reduce__(self):
        raise NotImplementedError("not picklable")

class Frozen:
    def __init__(self, *items):
        self.items = items
    def __len__(self):
        return len(self.items)
    def __getitem__(self, place):
        return self.items[place]
    def __reduce__(self):
        return Frozen, self.items

class Inner:
    def __init__(self, handle):
        self.this = handle

class Outer:
    def __init__(self, handle):
        self.inner = Inner(handle)
        self.many = [Inner(handle)]

def local():
    class Local(Refusing):
        pass
    return Local()
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that is installed."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "installed_library.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(folder)
    module = importlib.import_module("installed_library")
    monkeypatch.setitem(__import__("sys").modules, "installed_library", module)
    return module


@pytest.mark.parametrize(
    "handle",
    [
        lambda: ctypes.c_void_p(1),
        lambda: ctypes.CFUNCTYPE(None)(print),
        lambda: ffi.new("struct node *"),
    ],
)
def test_the_owner_of_a_handle(library: Any, handle: Any) -> None:
    found = explain([Plain(model=library.Outer(handle()))]).findings
    to_do = "register an adapter for installed_library.Outer, whose handle is in this process:"
    assert found[0].advice.startswith(to_do)
    assert "adapters.register(installed_library.Outer, serialize, factory)" in found[0].advice
    many = explain(library.Outer(None) if handle is None else Plain(a=[library.Inner(handle())]))
    assert "register an adapter for installed_library.Inner" in only(many).advice


def test_a_handle_in_a_class_of_the_users() -> None:
    found = only(explain([Plain(handle=ctypes.c_void_p(1))]))
    assert "register an adapter for findings.Plain, whose handle" in found.advice
    assert only(explain([ctypes.c_void_p(1)])).advice.startswith("register an adapter for the type")


@pytest.mark.slow
def test_a_library_that_ctypes_has_loaded() -> None:
    dll = ctypes.CDLL(None)
    to_do = "call adapters.register(ctypes.CDLL, lambda library: library._name, ctypes.CDLL)"
    found = only(explain(Plain(dll=dll)))
    assert (found.path, found.kind, found.advice) == ("obj.dll", "address", to_do)
    exec(to_do.removeprefix("call "), {"adapters": adapters, "ctypes": ctypes})
    try:
        assert not explain(Plain(dll=dll))
    finally:
        adapters.unregister(ctypes.CDLL)
    called = dll.abs  # which is then an attribute of the library
    assert "its name and the path of its library" in only(explain([called])).advice
    found = only(explain(Plain(dll=dll)))
    assert (found.path, found.kind, found.advice) == ("obj.dll.abs", "error", to_do)


def test_a_reducer_that_the_user_does_not_mend(library: Any) -> None:
    found = only(explain([library.Refusing()]))
    assert found.advice == "call adapters.register(installed_library.Refusing, serialize, factory)"
    found = only(explain([Own()]))
    assert found.advice.startswith("mend test_explain_owners.Own.__reduce__")
    mine = type("Mine", (library.Refusing,), {"__module__": "nowhere"})
    assert only(explain([mine()])).advice == (
        "call adapters.register(type(obj[0]), serialize, factory)"
    )


class Own:
    def __reduce__(self) -> Any:
        raise NotImplementedError


@pytest.mark.skipif(not hasattr(os, "fork"), reason="suggest needs fork")
def test_what_looks_for_an_adapter(library: Any) -> None:
    found = only(explain({"stream": [zlib.compressobj()]}))
    assert found.advice.endswith(" (adapters.suggest(obj['stream'][0]) looks for one)")
    found = explain([Plain(model=library.Outer(ctypes.c_void_p(1)))]).findings[0]
    assert found.advice.endswith(" (adapters.suggest(obj[0].model) looks for one)")
    made_anew = explain(Streams([])).findings[0]
    assert not made_anew.exact
    assert "adapters.register" in made_anew.advice
    assert "adapters.suggest" not in made_anew.advice
    many = explain([zlib.compressobj() for _ in range(5)])
    assert "... and 2 more like it" in str(many)
    assert str(many).count("adapters.suggest(obj[0])") == 1


def test_what_needs_fork_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork", raising=False)
    advice = only(explain([zlib.compressobj()])).advice
    assert advice == (
        "make a new one there, or call adapters.register(type(obj[0]), serialize, factory)"
    )


class Streams(list[Any]):
    def __reduce__(self) -> Any:
        return Streams, ([zlib.compressobj()],)


def test_parts_of_an_object_of_the_standard_library() -> None:
    event = only(explain(Plain(done=threading.Event())))
    assert event.path == "obj.done._cond._lock"
    assert event.advice.startswith("make a new threading.Event there; or leave it out of the state")
    with ThreadPoolExecutor(1) as pool:
        for found in explain({"pool": pool}):
            assert found.advice == "make a new concurrent.futures.thread.ThreadPoolExecutor there"


def test_what_is_in_a_container_of_a_library(library: Any) -> None:
    advice = only(explain(library.Frozen(threading.Lock()))).advice
    assert advice == "make a new lock there"
    held = Plain(data=library.Frozen(library.Frozen(library.Refusing())))
    assert only(explain(held)).advice.startswith(
        "call adapters.register(installed_library.Refusing, serialize, factory); or leave it out of"
        " the state of findings.Plain"
    )
    numpy = pytest.importorskip("numpy")
    array = numpy.array([threading.Lock()], dtype=object)
    assert only(explain([array])).advice == "make a new lock there"


def test_a_part_that_a_library_makes_for_itself(library: Any) -> None:
    found = explain(library.Outer(threading.Lock())).findings[0]
    assert found.advice == (
        "call adapters.register(installed_library.Outer, serialize, factory), with a factory that"
        " makes this part anew"
    )
    found = explain(library.Outer(library.Refusing())).findings[0]
    assert found.advice == (
        "call adapters.register(installed_library.Outer, serialize, factory); or, for this part"
        " alone, call adapters.register(installed_library.Refusing, serialize, factory)"
    )
