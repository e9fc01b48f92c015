"""What the main script defines, by name: where it is, and whether it is the same."""

from __future__ import annotations

import pickle
import sys
import threading
import types
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import pytest
from processes import run

import adapters
from adapters._importable import main_script
from adapters._importable.fingerprint import code_digest


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


SOURCES = {
    "another constant": ("def f(x): return x + 1", "def f(x): return x + 2"),
    "a decorated function": ("@logged\ndef f(x): return x", "@logged\ndef f(x): return -x"),
    "a function inside": (
        "def f(x):\n def g(): return 1\n return g",
        "def f(x):\n def g(): return 2\n return g",
    ),
    "a method": (
        "class f:\n def m(self): return 1",
        "class f:\n def m(self): return 2",
    ),
    "a property": (
        "class f:\n @property\n def m(self): return 1",
        "class f:\n @property\n def m(self): return 2",
    ),
    "a default": ("def f(x=1): return x", "def f(x=2): return x"),
    "a keyword's default": ("def f(*, x=1): return x", "def f(*, x=2): return x"),
    "a setter": (
        "class f:\n x = property(None, lambda self, x: None)",
        "class f:\n x = property(None, lambda self, x: print(x))",
    ),
    "a class inside": (
        "class f:\n class g:\n  def m(self): return 1",
        "class f:\n class g:\n  def m(self): return 2",
    ),
    "a cached property": (
        "import functools\nclass f:\n @functools.cached_property\n def m(self): return 1",
        "import functools\nclass f:\n @functools.cached_property\n def m(self): return 2",
    ),
    "a static method": (
        "class f:\n @staticmethod\n def m(): return 1",
        "class f:\n @staticmethod\n def m(): return 2",
    ),
}


def defined(source: str) -> Any:
    names: dict[str, Any] = {"logged": logged, "lock": threading.Lock(), "__name__": "__main__"}
    exec(source, names)
    return names["f"]


@pytest.mark.parametrize("kind", SOURCES)
def test_a_code_digest_tells_definitions_apart(kind: str) -> None:
    one, other = SOURCES[kind]
    assert code_digest(defined(one)) == code_digest(defined(one))
    assert code_digest(defined(one)) != code_digest(defined(other))


def test_a_code_digest_does_not_change_with_use() -> None:
    cls = defined("class f:\n count = 0\n items = []\n def m(self, seen=[]): return lock")
    before = code_digest(cls)
    cls.count, cls.more = 1, 2
    cls.items.append(threading.Lock())
    cls.m.__defaults__[0].append(1)
    assert code_digest(cls) == before


def test_a_recursive_closure_has_a_digest() -> None:
    function = defined("def make():\n def f(): return f\n return f\nf = make()")
    assert len(code_digest(function)) == 24


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A main script that defines f and, in a class, Outer.Inner."""
    module = types.ModuleType("__main__")
    exec("def f(x): return x + 1\nclass Outer:\n class Inner: pass", vars(module))
    monkeypatch.setitem(sys.modules, "__main__", module)
    return module


def test_definitions_are_found_by_their_qualified_names(main: Any) -> None:
    assert main_script.find("f") is main.f
    assert main_script.find("Outer.Inner") is main.Outer.Inner
    assert main_script.find("Outer.missing.more") is None


def test_those_of_the_main_script_are_known_by_their_module(
    main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main_script.is_of_main(main.f)
    assert not main_script.is_of_main(logged)
    monkeypatch.setitem(sys.modules, "__worker__", main)  # as mpi4py calls it in a worker
    main.f.__module__ = "__worker__"
    assert main_script.is_of_main(main.f)
    main.f.__module__ = None
    assert not main_script.is_of_main(main.f)


def test_what_is_missing_has_no_name_or_another_digest(main: Any) -> None:
    digest = main_script.digest_of(main.f)
    assert main_script.missing({"f": digest, "Outer": None}) == []
    assert main_script.missing({"f": "other", "g": None, "Outer": None}) == ["f", "g"]
    main.f = threading.Lock()
    assert main_script.missing({"f": digest}) == ["f"]


def test_a_redefined_function_has_another_digest(main: Any) -> None:
    before = main_script.digest_of(main.f)
    exec("def f(x): return x + 2", vars(main))
    assert main_script.digest_of(main.f) != before


def test_a_main_definition_is_that_of_this_process(main: Any) -> None:
    body = pickle.dumps("by value")
    assert adapters.main_definition("f") is main.f
    assert adapters.main_definition("f", main_script.digest_of(main.f), body) is main.f
    assert adapters.main_definition("f", "another", body) == "by value"
    assert adapters.main_definition("g", None, body) == "by value"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("g",), "cannot load g: the main script of this process does not have it; define it"),
        (("g", None, "it has a lock"), r"and it could not be sent by value \(it has a lock\)"),
        (("f", "another digest"), "cannot load f"),
    ],
)
def test_one_that_is_not_to_be_had_is_an_error(main: Any, arguments: Any, words: str) -> None:
    with pytest.raises(adapters.RebuildError, match=words):
        adapters.main_definition(*arguments)


def test_digests_are_kept_for_some(main: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_script, "_MOST", 2)
    functions = [defined(f"def f(): return {number}") for number in range(5)]
    assert len({*map(main_script.digest_of, functions)}) == 5
    assert len(main_script._digests) <= 2


def test_a_cached_function_has_the_digest_of_what_it_calls() -> None:
    one, other = (lru_cache(defined(f"def f(): return {number}")) for number in (1, 2))
    assert code_digest(one) != code_digest(other)


def test_what_a_script_holds_ends_with_it() -> None:
    program = (
        "import adapters\n"
        "class Closes:\n def __del__(self): print('closed')\n"
        "def same(x): return x\n"
        "held = Closes()\n"
        "with adapters.Executor(max_workers=1) as executor:\n"
        " print(executor.submit(same, 1).result())\n"
    )
    assert run("-c", program) == "1\nclosed\n"
