"""The store under any URL: its options travel with it, and a failure leaves nothing.

What it does on a real file system is in `test_engines`.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import cloudpickle
import pytest

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
