"""Parts that pickle and should not: addresses, open files, copies."""

from __future__ import annotations

import ctypes
import io
from typing import Any

import pytest
from findings import (
    only,
)

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


def test_an_open_file_that_something_pickles(tmp_path: Any) -> None:
    path = tmp_path / "a"
    path.write_text("text")
    with path.open() as file:
        obj = [lambda: 1, file]
        found = only(explain(obj))
        assert (found.kind, found.path) == ("file", "obj[1]")
        assert explain(obj).size
        assert only(explain([file])).kind == "error"
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
