"""Parts that pickle and should not: addresses, open files, copies."""

from __future__ import annotations

import copyreg
import ctypes
import io
from typing import Any

import pytest
from findings import (
    only,
)
from gadgets import Gadget

from adapters import explain


def test_an_address_in_a_struct_of_ctypes() -> None:
    if not __import__("os").path.exists("/proc/self/maps"):
        pytest.skip("this platform does not tell where memory is")
    number = ctypes.c_int(5)
    handle = Handle(1, ctypes.addressof(number))
    found = only(explain({"handle": handle}))
    assert (found.kind, found.path) == ("address", "obj['handle']")
    assert "owner" in found.error
    assert not explain(Handle(1, 12345))


class Handle(ctypes.Structure):
    _fields_ = [("size", ctypes.c_int), ("owner", ctypes.c_uint64)]


def reopened(file: Any) -> Any:
    return open, (file.name,)


def test_an_open_file_that_something_pickles(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_text("text")
    with path.open() as file:
        obj = [lambda: 1, file]
        assert only(explain([file])).kind == "error"
        assert only(explain(obj)).kind == "error"
        monkeypatch.setitem(copyreg.dispatch_table, io.TextIOWrapper, reopened)
        found = only(explain(obj))
        assert (found.kind, found.path) == ("file", "obj[1]")
        assert explain(obj).size
    assert not explain([io.BytesIO(b"a"), io.StringIO("a")])


def test_arrays_that_carry_more_than_they_show() -> None:
    numpy = pytest.importorskip("numpy")
    base = numpy.zeros(100_000)
    assert not explain({"a": base, "b": base[:3]})
    repeated = numpy.broadcast_to(numpy.float64(1), (100_000,))
    found = only(explain({"repeated": repeated}))
    assert (found.kind, found.path) == ("copy", "obj['repeated']")
    assert found.size is not None
    assert found.size > 800_000

    class Greedy(numpy.ndarray):  # type: ignore[misc, name-defined]
        def __reduce__(self) -> Any:
            return numpy.asarray, (self.base,)

    found = only(explain([base.view(Greedy)[:3]]))
    assert found.kind == "copy"
    assert "24" in found.error


@pytest.mark.parametrize("reducer", [lambda obj: (str, ("other",)), lambda obj: 1 / 0])
def test_a_reducer_of_other_code_in_place_of_an_adapter(reducer: Any) -> None:
    reducer.__qualname__ = "other_reducer"
    own = copyreg.dispatch_table[Gadget]
    copyreg.pickle(Gadget, reducer)
    try:
        for obj in ([Gadget(1)], [Gadget(1), lambda: None]):
            found = only(explain(obj))
            assert found.path == "obj[0]"
            assert found.adapter == "copyreg: test_explain_hazards.other_reducer"
            assert found.advice.startswith("to use the adapter, del copyreg.dispatch_table[the")
            if found.kind == "reducer":
                assert "other_reducer, which other code" in found.error
                assert "in place of <Adapter 'gadgets.Gadget'" in found.error
            else:
                assert found.error.startswith("ZeroDivisionError")
    finally:
        copyreg.dispatch_table[Gadget] = own
    assert not explain([Gadget(1)])


class Owner:
    def __init__(self, *items: Any) -> None:
        self.items = [*items]


def test_a_state_that_refers_to_what_holds_its_object() -> None:
    owner = Owner()
    owner.items.append(Gadget((1, owner)))
    found = only(explain([owner]))
    assert (found.path, found.kind) == ("obj[0].items[0]", "state")
    assert found.error.startswith("its state refers to obj[0], which holds it: the factory gets")
    assert "register(..., links=, link=)" in found.advice
    assert only(explain([owner], check=True)) == found  # and is not named twice
    items: list[Any] = [1]
    items.append(Gadget(items))
    assert only(explain(items)).error.startswith("its state refers to obj, which holds it")
    assert not explain([Owner(Gadget([Owner(1), b"a"]))])
    both = explain([owner, lambda: 1, memoryview(b"a")])
    assert {each.path for each in both} == {"obj[0].items[0]", "obj[2]"}


def test_a_state_that_contains_its_object() -> None:
    gadget = Gadget()
    gadget.state = [gadget]
    found = only(explain([gadget]))
    assert found.kind == "error"
    assert "register(..., links=, link=)" in found.advice
    assert "the factory needs the whole state first" in found.advice
