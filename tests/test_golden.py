"""Golden payloads: what any version has written loads for ever (`make_golden` has the table)."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import make_golden
import pytest
from gadgets import Gadget, comparable, ffi
from make_golden import GOLDEN, OBJECTS, OLD, OLD_WRITERS, PROTOCOLS, STATE, WRITERS, path_of

import adapters

NEEDED = {
    "public/handle_fsspec": "fsspec",
    "public/handle_options": "fsspec",
    "public/handle_options_1": "fsspec",
    "public/handle_dask": "distributed",
    "public/dask_parts_1": "distributed",
    "public/handle_ray": "ray",
}


def parts(obj: Any) -> Any:
    """What an object consists of, to be compared: for ours, what they pickle as."""
    if type(obj) in (list, tuple):
        return type(obj)(map(parts, obj))
    if isinstance(obj, BaseException):
        return type(obj), parts(obj.args)
    if isinstance(obj, (bytes, bytearray, memoryview)):
        return bytes(obj)
    kind = type(obj)
    if kind.__module__.startswith("adapters") and not isinstance(obj, tuple):
        return kind, parts(obj.__reduce_ex__(4)[1:])
    return kind, comparable(obj)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", OBJECTS)
def test_old_payloads_load_for_ever(name: str, protocol: int) -> None:
    if name in NEEDED:
        pytest.importorskip(NEEDED[name])
    expected = OBJECTS[name]()
    found = pickle.loads(path_of(name, protocol).read_bytes())
    assert type(found) is type(expected)
    assert parts(found) == parts(expected)


def test_each_file_is_in_the_table() -> None:
    names = [*OBJECTS, *WRITERS, *OLD_WRITERS, "public/audit_1"]  # which test_audit_report reads
    known = {path_of(name, protocol) for name in names for protocol in PROTOCOLS}
    assert {*GOLDEN.rglob("*.pickle")} == known


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_old_classes_by_value_load_for_ever(protocol: int) -> None:
    for name in ("public/definition", "public/main_class"):
        assert pickle.loads(path_of(name, protocol).read_bytes()) is Gadget
    cls, obj = pickle.loads(path_of("public/main_class_1", protocol).read_bytes())
    assert type(obj) is cls
    assert (cls.__qualname__, cls.kind, obj.value) == ("Mine", "of a script", 7)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ["public/struct_by_value", "public/struct_by_value_1"])
def test_old_structs_by_value_load_for_ever(name: str, protocol: int) -> None:
    node = ffi.typeof("struct node *")
    found = pickle.loads(path_of(name, protocol).read_bytes())
    try:
        assert ffi.typeof(found) is node
        assert found.value == pickle.loads(pickle.dumps(found)).value == 7
        assert adapters.registry["golden.node"].arrived
    finally:
        adapters.unregister(node)


@pytest.fixture
def states_in_memory() -> Iterator[None]:
    """The golden state where the handles look for it, in the memory file system of fsspec."""
    memory = pytest.importorskip("fsspec").filesystem("memory")
    state = (GOLDEN / "public" / f"{STATE}.state").read_bytes()
    memory.pipe_file(f"/golden/states/{STATE}", state)
    adapters.cache_clear()
    yield
    memory.rm("/golden", recursive=True)
    adapters.cache_clear()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ["handle_fsspec", "handle_options", "handle_options_1"])
@pytest.mark.usefixtures("states_in_memory")
def test_an_old_handle_gives_an_old_state(name: str, protocol: int) -> None:
    handle = pickle.loads(path_of(f"public/{name}", protocol).read_bytes())
    assert comparable(handle.get()) == [
        comparable(Gadget((b"x" * 5000, bytearray(b"abc")))),
        7,
    ]


def test_the_script_writes_what_is_missing_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_golden, "GOLDEN", tmp_path)
    monkeypatch.setattr(make_golden, "OBJECTS", {"one": lambda: 1, "sieve": lambda: 2})
    monkeypatch.setattr(make_golden, "WRITERS", {})
    there = path_of("one", 3)
    there.write_bytes(b"as it is")
    written = make_golden.write_missing()
    assert written == [path_of("one", protocol) for protocol in (2, 4, 5)]
    assert [pickle.loads(path.read_bytes()) for path in written] == [1, 1, 1]
    assert there.read_bytes() == b"as it is"
    assert make_golden.write_missing() == []
    assert "sieve" in OLD
