"""Why an object does not pickle: each part that is the cause."""

from __future__ import annotations

import collections
import functools
import gc
import re
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from findings import (
    OTHER,
    Plain,
    Record,
    Reduced,
    Session,
    lock,
    make,
    only,
    value_of,
)
from gadgets import Gadget, ffi
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import run

import adapters
from adapters import explain


def test_four_culprits_four_levels_down() -> None:
    parser: Any = pytest.importorskip("lxml.etree").XMLParser()
    culprits = [lock(), parser, (n for n in ()), ffi.new("struct node *")]
    job = {
        "lock": {"a": [{"b": culprits[0]}]},
        "parser": [[[culprits[1]]]],
        "generator": Plain(inner=({"steps": culprits[2]},)),
        "pointer": {"a": {"b": {"c": culprits[3]}}},
    }
    found = explain(job, name="job")
    assert found
    assert len(found) == len(found.errors) == 4
    assert all(each.exact for each in found)
    parts = [eval(each.path, {"job": job}) for each in found]
    assert {id(part) for part in parts} == {id(part) for part in culprits}
    assert {each.path for each in found} == {
        "job['lock']['a'][0]['b']",
        "job['parser'][0][0][0]",
        "job['generator'].inner[0]['steps']",
        "job['pointer']['a']['b']['c']",
    }


def test_a_fine_object_says_so_with_the_size_of_the_message() -> None:
    fine = explain([1, Gadget("a")])
    assert not fine
    assert fine.size == len(adapters.dumps([1, Gadget("a")]))
    assert str(fine) == f"obj (builtins.list) pickles, in {fine.size} bytes"
    assert fine.as_dict()["pickles"] is True


def shout(*arguments: Any, **options: Any) -> Any:
    print("nothing of this")
    print("nothing of this", file=sys.stderr)
    sys.stdout.buffer.write(b"nor of this")
    raise ArithmeticError("it shouts")


def test_objects_that_raise_and_print_wherever_they_can(capfd: pytest.CaptureFixture[str]) -> None:
    names = ("__repr__", "__str__", "__eq__", "__hash__", "__bool__", "__len__", "__iter__")
    silly = type("Silly", (Plain,), {**dict.fromkeys(names, shout), "__module__": __name__})
    globals()["Silly"] = silly
    silly.__qualname__ = "Silly"
    part = silly(lock=lock())
    found = explain([part])
    assert only(found).path == "obj[0].lock"
    for name in ("__reduce__", "__reduce_ex__", "__getstate__", "__getattr__", "__getattribute__"):
        worse = type("Silly", (silly,), {name: shout, "__module__": __name__})
        globals()["Silly"] = worse
        if name == "__getstate__" and sys.version_info < (3, 11):
            continue
        found = explain({"a": (object.__new__(worse),)})
        if name == "__getattr__":
            continue
        assert only(found).path == "obj['a'][0]", name
        assert "it shouts" in only(found).error
        assert str(found)
        assert found._repr_html_()
    assert capfd.readouterr() == ("", "")


class Gone:
    """Its class hides behind another one."""

    @property
    def __class__(self) -> Any:
        raise ArithmeticError("no class")

    @__class__.setter
    def __class__(self, value: Any) -> None:
        pass


def test_a_class_that_hides() -> None:
    assert only(explain([Gone()])).path == "obj[0]"


def test_it_changes_nothing_and_keeps_nothing() -> None:
    part = Session(items=[1], table={"a": {1}})
    iterator = iter([1, 2, part])
    before = repr(vars(part))
    references = sys.getrefcount(part)
    assert explain([part, iterator])
    gc.collect()
    assert sys.getrefcount(part) == references
    assert repr(vars(part)) == before
    assert list(iterator) == [1, 2, part]


def test_it_lets_go_of_all_parts_without_the_garbage_collector() -> None:
    part = Session()
    gone = weakref.ref(part)
    gc.disable()
    try:
        assert explain([memoryview(b"a"), part, lambda: 1])
        del part
        assert gone() is None
    finally:
        gc.enable()


def test_the_order_of_parts_does_not_matter_as_in_dumps() -> None:
    refused, by_value, code = memoryview(b"bytes"), lambda: 1, compile("1", "", "eval")
    assert only(explain([by_value, refused])).path == "obj[1]"
    assert only(explain([refused, by_value])).path == "obj[0]"
    # Only the pickler that sends by value can pickle code.
    assert not explain(code)
    assert not explain([code, by_value])
    assert only(explain([code, refused])).path == "obj[1]"


def test_large_parts_with_their_bytes() -> None:
    obj = {"a": b"x" * 10**6, "b": Plain(c=["y" * 10**5, 1]), "d": [0] * 1000}
    found = explain(obj)
    assert not found
    assert [each.path for each in found.large] == ["obj['a']", "obj['b'].c[0]"]
    assert found.large[0].size == pytest.approx(10**6, abs=50)
    assert "Most of the message" in str(found)
    many = explain({"many": [{"a": n} for n in range(50_000)]})
    assert [each.path for each in many.large] == ["obj['many']"]


def test_a_script_sees_into_its_own_classes(tmp_path: Any) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import threading\n"
        "from adapters import explain\n"
        "LOCK = threading.Lock()\n"
        "class Mine:\n"
        "    lock = LOCK\n"
        "def function(): return LOCK\n"
        "obj = [Mine, Mine(), function]\n"
        "for found in explain(obj): print(found.path, eval(found.path) is LOCK)\n"
    )
    assert run(str(script)) == "obj[0].lock True\n"


CULPRITS: tuple[Callable[[], Any], ...] = (
    threading.Lock,
    lambda: re.match("a", "a"),
    lambda: (n for n in ()),
    lambda: OTHER.new("series_t *"),
)


def graphs() -> st.SearchStrategy[Any]:
    leaves = st.one_of(
        st.none(),
        st.integers(),
        st.text(max_size=3),
        st.builds(Gadget, st.integers()),
        st.builds(lambda n: lambda: n, st.integers()),
        st.sampled_from(CULPRITS).map(lambda make: make()),
    )

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        some = st.lists(inner, max_size=4)
        return st.one_of(
            some,
            some.map(tuple),
            some.map(collections.deque),
            st.dictionaries(st.one_of(st.integers(), st.text(max_size=2)), inner, max_size=4),
            inner.map(lambda part: Plain(part=part)),
            inner.map(lambda part: Record(1, part)),
            inner.map(Gadget),
            inner.map(lambda part: lambda: part),
            inner.map(lambda part: Reduced(make, (part,))),
            inner.map(lambda part: [part, part]),
            inner.map(lambda part: functools.partial(make, part)),
        )

    return st.recursive(leaves, around, max_leaves=12)


@given(graphs())
@settings(deadline=None, max_examples=150)
@pytest.mark.slow
def test_random_graphs(obj: Any) -> None:
    found = explain(obj)
    try:
        message: bytes | None = adapters.dumps(obj)
        said = ""
    except adapters.SerializeError as error:
        message, said = None, str(error)
    assert bool(found.errors) == (message is None), str(found)
    assert found.size == (None if message is None else len(message))
    for each in found:
        part = value_of(each, obj)
        assert each.exact
        with pytest.raises(adapters.SerializeError):
            adapters.dumps(part)
        assert not isinstance(part, (list, tuple, dict, Plain, Record))
    assert len({id(value_of(each, obj)) for each in found}) == len(found)
    if said:
        assert any(each.error.partition(": ")[2] in said for each in found), said
