"""Functions made from source: what goes into the source, and what pickle and fingerprints see."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator

import cffi
import pytest
from gadgets import ffi as gears

import adapters
from adapters._importable.fingerprint import fingerprint
from adapters._struct.source import Source, _is_identifier


@pytest.mark.parametrize(
    "name", ["class", "None", "a$b", "a b", "__debug__", "i|f", "é", "ﬁ", "", "1"]
)
def test_only_identifiers_go_into_the_source(name: str) -> None:
    source = Source()
    assert not _is_identifier(name)
    assert source.key(name) == "c0"
    assert source.attribute("struct", name) == "getattr(struct, c1)"
    assert source.key("size") == "'size'"
    assert source.attribute("struct", "size") == "struct.size"


@pytest.fixture
def recursion_limit() -> Iterator[None]:
    """A limit of Python that is higher than that of its parser."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("recursion_limit")
def test_structs_may_be_nested_deeply() -> None:
    ffi = cffi.FFI()
    inside = "int n;"
    for _ in range(210):
        inside = f"struct {{ {inside} }} at;"
    ffi.cdef(f"struct outer {{ {inside} }};")
    layout = adapters.StructLayout(ffi.typeof("struct outer *"), {})
    state: object = {"n": 3}
    for _ in range(210):
        state = {"at": state}
    assert layout.serialize(layout.factory(state)) == state


def test_the_functions_are_methods_to_pickle_and_to_fingerprints() -> None:
    layout = adapters.StructLayout(gears.typeof("gear_t *"), {})
    twin = adapters.StructLayout(gears.typeof("gear_t *"), {})
    by_value = adapters.StructLayout(gears.typeof("gear_t"), {})
    functions = [(each.serialize, each.factory) for each in (layout, twin, by_value)]
    digests = [fingerprint("gear", 1, False, pair) for pair in functions]
    assert digests[0] == digests[1] != digests[2]
    for name in ("serialize", "factory"):
        arrived = pickle.loads(adapters.dumps(getattr(layout, name)))
        assert type(arrived.__self__) is adapters.StructLayout
        assert arrived == getattr(arrived.__self__, name)
