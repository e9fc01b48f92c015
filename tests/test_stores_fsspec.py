"""The store under any URL: its options travel with it, and a failure leaves nothing."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from children import describe_shared
from gadgets import Gadget

import adapters
from adapters import stores

fsspec = pytest.importorskip("fsspec")
PARTS = [b"first part", b"", bytes(range(100))]
PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
WAYS = {
    **{f"pickle {p}": lambda obj, p=p: pickle.loads(pickle.dumps(obj, p)) for p in PROTOCOLS},
    **{
        f"cloudpickle {p}": lambda obj, p=p: pickle.loads(cloudpickle.dumps(obj, p))
        for p in PROTOCOLS
    },
    "adapters": lambda obj: adapters.loads(adapters.dumps(obj)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.fixture
def memory() -> Iterator[Any]:
    """The memory file system, in which nothing is left."""
    memory = fsspec.filesystem("memory")
    yield memory
    assert memory.find("/fsspec-tests") == []
    memory.rm("/fsspec-tests", recursive=True)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("memory://fsspec-tests/states", {}),
        ("dir://states", {"path": "/fsspec-tests", "target_protocol": "memory"}),
    ],
    ids=["without options", "with options"],
)
def test_a_store_that_arrives_is_at_the_same_place(
    memory: Any, url: str, options: dict[str, Any], way: str
) -> None:
    store = stores.Fsspec(url, **options)
    key = store.put(PARTS)
    assert memory.exists(f"/fsspec-tests/states/{key}")
    arrived = WAYS[way](store)
    assert repr(arrived) == repr(store)
    assert [bytes(part) for part in arrived.get(key)] == PARTS
    arrived.delete(key)
    with pytest.raises(LookupError):
        store.get(key)


@pytest.mark.parametrize("error", [OSError("no room"), KeyboardInterrupt()])
def test_a_file_that_cannot_be_written_whole_is_removed(
    memory: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    written: list[Any] = []
    kind = type(memory.open("/fsspec-tests/other", "wb"))
    memory.rm("/fsspec-tests/other")
    write = kind.write

    def fail(self: Any, data: Any) -> int:
        written.append(data)
        if len(written) == 3:
            raise error
        return int(write(self, data))

    monkeypatch.setattr(kind, "write", fail)
    expected = adapters.StoreError if isinstance(error, Exception) else type(error)
    with pytest.raises(expected):
        stores.Fsspec("memory://fsspec-tests/states").put(PARTS)


def test_an_error_names_the_url() -> None:
    with pytest.raises(adapters.StoreError, match="no-such-protocol") as caught:
        stores.Fsspec("no-such-protocol://x").put(PARTS)
    assert caught.value.subject == "no-such-protocol://x"
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    if find_spec("fsspec") is None:
        pytest.skip("fsspec is not installed")
    return tmp_path / "states"


def test_fsspec_keeps_parts_until_they_are_deleted(folder: Path) -> None:
    store = stores.Fsspec(folder.as_uri())
    assert os.fspath(folder) in repr(store)
    key = store.put(PARTS)
    parts = store.get(key)
    assert list(map(bytes, parts)) == PARTS
    assert all(part.readonly for part in parts)
    assert not store.closed(parts)
    store.delete(key)
    store.delete(key)
    assert list(folder.iterdir()) == []
    with pytest.raises(LookupError):
        store.get(key)


def test_fsspec_tells_what_was_written_over(folder: Path) -> None:
    store = stores.Fsspec(folder.as_uri())
    key, other = store.put(PARTS), store.put([b"other"])
    whole = (folder / key).read_bytes()
    for content in (
        b"",
        whole[:-1],
        whole + b"\0",
        b"\xff" * len(whole),
        (folder / other).read_bytes(),
    ):
        (folder / key).write_bytes(content)
        with pytest.raises(adapters.StoreError, match="truncated, or has been written over"):
            store.get(key)


def test_what_fsspec_cannot_do_is_a_store_error(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    (tmp_path / "file").touch()
    for url in ("nosuchprotocol://x", (tmp_path / "file" / "folder").as_uri()):
        with pytest.raises(adapters.StoreError, match=r"cannot write to .*: \w+Error"):
            stores.Fsspec(url).put(PARTS)
    with pytest.raises(adapters.StoreError, match=r"cannot read .*: \w+Error"):
        stores.Fsspec("nosuchprotocol://x").get("key")


@pytest.mark.parametrize("key", [None, 5, b"x", ("x",)])
def test_what_is_no_key_of_fsspec_is_a_store_error(folder: Path, key: Any) -> None:
    with pytest.raises(adapters.StoreError, match="is not a key of file:"):
        stores.Fsspec(folder.as_uri()).get(key)


def test_a_child_finds_the_fsspec_store_by_itself(folder: Path) -> None:
    store = stores.Fsspec(folder.as_uri(), auto_mkdir=True)  # the options travel, too
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        adapters.share(Gadget("far away"), store) as handle,
    ):
        state, made, _ = pool.submit(describe_shared, handle).result(60)
        assert (state, made) == ("far away", 1)
        assert pickle.loads(pickle.dumps(store)).__reduce__() == store.__reduce__()
    assert list(folder.iterdir()) == []
