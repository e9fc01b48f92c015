"""check=True: what another process rebuilds is compared."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest
from findings import (
    Plain,
    only,
)
from gadgets import Gadget, Tool

from adapters import explain


class Forgetful:
    """Leaves out what it was."""

    def __init__(self, name: str = "unknown") -> None:
        self.name = name

    def __reduce__(self) -> Any:
        return Forgetful, ()


class Cached(Plain):
    def __getstate__(self) -> Any:
        return {name: value for name, value in vars(self).items() if name != "cache"}


class Fragile(Plain):
    def __setstate__(self, state: Any) -> None:
        raise ArithmeticError("not here")


class Fatal(Plain):
    def __setstate__(self, state: Any) -> None:
        __import__("os")._exit(3)


class Noisy(Plain):
    def __setstate__(self, state: Any) -> None:
        vars(self).update(state)
        sys.__stdout__ and sys.__stdout__.write("not part of the answer\n")
        print("nor this", flush=True)


class Slow(Plain):
    def __setstate__(self, state: Any) -> None:
        time.sleep(100)


@pytest.mark.slow
def test_check_names_what_arrives_as_something_else() -> None:
    obj = {"a": [Forgetful("me")], "b": Cached(cache=1, c=2), "c": [1, {2}, "x", 1.5, None], "d": 1}
    assert not explain(obj)
    found = explain(obj, check=True)
    assert found.checked
    said = {each.path: each.error for each in found}
    assert said.keys() == {"obj['b']", "obj['a'][0]"}
    assert said["obj['b']"] == "its attribute 'cache' is lost"
    assert said["obj['a'][0]"] == "its attribute 'name', 'me', arrives as 'unknown'"
    same = explain({"a": [Gadget(1), Tool(2)], "b": Plain(c=b"1"), "e": float("nan")}, check=True)
    assert not same
    assert "arrives as it was" in str(same)


@pytest.mark.slow
def test_check_says_why_it_cannot_be_rebuilt() -> None:
    found = only(explain(Fragile(a=1), check=True))
    assert found.kind == "differs"
    assert "ArithmeticError: not here" in found.error
    assert "exit code 3" in only(explain(Fatal(a=1), check=True)).error
    assert not explain(Noisy(a=1), check=True)
    start = time.monotonic()
    assert "in 0.5 s" in only(explain(Slow(a=1), check=True, timeout=0.5)).error
    assert time.monotonic() - start < 30
