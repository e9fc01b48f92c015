"""check=True: what another process rebuilds is compared."""

from __future__ import annotations

import collections
import functools
import sys
import threading
import time
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from findings import Pair, Plain, Record, only, value_of
from gadgets import Gadget, Tool

from adapters import explain


class Renamed(Plain):
    """Arrives as another type, with other contents."""

    def __reduce__(self) -> Any:
        return Plain, ()


class Emptied(Plain):
    """Its reducer leaves out what is in its lists."""

    def __reduce__(self) -> Any:
        empty = {name: [] if type(value) is list else value for name, value in vars(self).items()}
        return Emptied, (), empty


class Locked(Plain):
    """Makes a new lock where it arrives."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.lock = threading.Lock()

    def __reduce__(self) -> Any:
        return Locked, ()


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
    assert "in 0.25 s" in only(explain(Slow(a=1), check=True, timeout=0.5)).error
    assert time.monotonic() - start < 30


def counter() -> Callable[[], int]:
    seen: dict[str, Any] = {"count": 0, "limits": [1, 2]}

    def count(step: int = 1, *, most: Any = (3,)) -> int:
        seen["count"] = min(seen["count"] + step, *most)
        return int(seen["count"])

    return count


@pytest.mark.slow
def test_check_has_nothing_to_say_of_what_arrives_as_it_was() -> None:
    class Local:
        limits = [1]  # noqa: RUF012

        def count(self) -> Any:
            return Local, super().__hash__()

    local = Local()
    obj = {
        "by value": [lambda: local, counter(), Local, local, Plain(Local=Local)],
        "containers": [collections.deque([1, [2]], 3), Pair([1], 2), Record(1, [2]), {(1,), (2,)}],
        "members": {Plain(a=1), Plain(a=2)},
        "keys": {Gadget(1): [1], Gadget(2): [2], float("nan"): [3]},
        "reduced": [functools.partial(counter(), step=2), ValueError([1]), iter([[1]]), 1j],
        "array": array("d", [1, float("nan")]),
        "lock": Locked(),
    }
    obj["again"] = [obj]
    found = explain(obj, check=True)
    assert not found, str(found)


@pytest.mark.slow
def test_check_leads_to_the_part_that_differs() -> None:
    obj = [Renamed(a=1), {"e": Emptied(a=[1], b=2)}, [1, Emptied(a=(1, [2]), c=[[3]])]]
    shared = Emptied(d=[4])
    obj += [shared, shared, obj[0]]  # each is named once
    found = explain(obj, check=True)
    assert [each.path for each in found] == ["obj[0]", "obj[1]['e'].a", "obj[2][1].c", "obj[3].d"]
    assert all(each.kind == "differs" and each.exact for each in found)
    assert value_of(found.findings[2], obj) == [[3]]
    assert found.findings[0].error.endswith("Renamed> arrives as <findings.Plain>")
    assert found.findings[1].error == "it has length 1, and arrives with length 0"
    assert found.findings[1].type == "builtins.list"
