"""The walk through the parts: each cause is found once, and the walk ends."""

from __future__ import annotations

import copyreg
import re
import time
from typing import Any

import pytest
from findings import (
    Plain,
    Reduced,
    leads_to,
    lock,
    make,
    only,
    value_of,
)
from gadgets import Gadget

import adapters
from adapters import explain
from adapters._explain.walk import Walk


def test_only_the_innermost_part_and_all_the_ways_to_it() -> None:
    part = lock()
    shared = [part]
    found = leads_to([shared, {"a": shared}, part], part)
    assert found.path == "obj[2]"
    assert found.ways == 2
    assert "reached 2 times" in str(explain([part, [part]]))


def test_cycles_end() -> None:
    part, ring = lock(), Plain()
    ring.ring = [ring, {"part": part}, (ring,)]
    assert leads_to(ring, part).path == "obj.ring[1]['part']"
    assert not explain([fine := [], fine.append(fine)])  # type: ignore[var-annotated, func-returns-value]


def test_a_state_that_contains_the_object_itself() -> None:
    gadget = Gadget([1])
    gadget.state.append({"me": gadget})  # type: ignore[attr-defined]
    found = leads_to({"a": gadget}, gadget)
    assert "contains the object itself" in found.error
    assert [each.path for each in explain([lock(), gadget])] == ["obj[0]", "obj[1]"]


def test_an_object_among_the_arguments_of_its_own_reducer() -> None:
    class Loop:
        def __reduce__(self) -> Any:
            return make, (self,)

    obj = Loop()
    found = leads_to([obj], obj)
    assert found.error.startswith("RecursionError")


class Branch:
    """A tree whose nodes are what their reducers say, kept from one call to the next."""

    def __init__(self, *inner: Any) -> None:
        self._inner = inner

    def __reduce__(self) -> Any:
        return Branch, ([*self._inner],)


@pytest.mark.slow
def test_many_reductions_inside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Walk, "most_made", 50)
    part = lock()
    tree: list[Any] = [Branch(part)] + [Branch(re.match("a", "a")) for _ in range(1023)]
    while len(tree) > 1:
        tree = [Branch(one, other) for one, other in zip(tree[::2], tree[1::2], strict=True)]
    assert len(explain(tree[0])) == 1024
    line: Any = Branch(part)
    for _ in range(250):
        line = Branch(line)
    (found,) = (each for each in explain(line) if each.type == "_thread.lock")
    assert value_of(found, line) is part


@pytest.mark.slow
def test_reductions_without_end() -> None:
    class Endless:
        def __reduce__(self) -> Any:
            return make, (Endless(), Endless())

    obj = Endless()
    start = time.process_time()
    found = leads_to([obj], obj)
    assert found.error.startswith("RecursionError")
    assert time.process_time() - start < 20


def test_what_fails_only_as_a_whole() -> None:
    for reduced in (
        ("not callable", ()),
        (make, []),
        (make,),
        (copyreg.__newobj__, (Plain,)),  # type: ignore[attr-defined]
        "no such name",
        7,
        (make, (), None, 5),
        (dict, (), None, None, [1]),
    ):
        obj = Reduced(*reduced) if type(reduced) is tuple else Reduced()
        if type(reduced) is not tuple:
            obj._hidden = lambda reduced=reduced: reduced  # type: ignore[misc]
        found = only(explain([obj]))
        assert found.path == "obj[0]", reduced
        with pytest.raises(adapters.SerializeError) as raised:
            adapters.dumps(obj)
        assert found.error.partition(":")[2].strip() in str(raised.value)
        assert [each.path for each in explain([lock(), obj])] == ["obj[0]", "obj[1]"], reduced


def test_recursion_in_a_reducer() -> None:
    class Deep:
        def __reduce__(self) -> Any:
            return self.__reduce__()

    found = only(explain([[Deep()]]))
    assert found.path == "obj[0][0]"
    assert found.error.startswith("RecursionError")


@pytest.mark.slow
def test_a_hundred_thousand_levels() -> None:
    part = lock()
    deep: Any = part
    for _ in range(10**5):
        deep = [deep]
    found = explain(deep)
    assert len(found) == 2
    assert {each.error.partition(":")[0] for each in found} == {"RecursionError", "TypeError"}
    (whole,) = (each for each in found if each.type == "builtins.list")
    assert whole.path == "obj"
    (bottom,) = [each for each in found if each.type == "_thread.lock"]
    assert bottom.path == "obj" + "[0]" * 10**5
    assert bottom.exact
    assert len(str(found)) < 2000
    while type(deep) is list:  # not all levels at once
        deep = deep.pop()


@pytest.mark.slow
def test_a_million_parts_take_seconds() -> None:
    part = lock()
    job = {"table": [(n, str(n)) for n in range(30_000)], "deep": [[[part]]], "n": range(9)}
    job["rows"] = [[1.0, 2.0] for _ in range(900_000)]
    start = time.process_time()
    assert leads_to(job, part).path == "obj['deep'][0][0][0]"
    assert time.process_time() - start < 20


def test_a_million_scalars_cost_nothing() -> None:
    job = {"numbers": list(range(10**6)), "part": lock()}
    start = time.process_time()
    assert len(explain(job)) == 1
    assert time.process_time() - start < 5
