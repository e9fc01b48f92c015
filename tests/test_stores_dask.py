"""The store in Dask's memory, on what stands for a client; `test_engines` has a real cluster."""

from __future__ import annotations

from typing import Any

import pytest

import adapters
from adapters import stores

protocol = pytest.importorskip("distributed.protocol")


class Future:
    def __init__(self, serialized: Any) -> None:
        self.serialized = serialized

    def result(self, timeout: float) -> Any:
        return protocol.deserialize(*self.serialized)


class Client:
    """Keeps what it gets in the form in which a cluster does: serialized by Dask."""

    def __init__(self) -> None:
        self.published: dict[str, Future] = {}

    def scatter(self, data: list[Any], **options: Any) -> list[Future]:
        assert options == {"hash": False}  # it would read all of the data
        return [Future(protocol.serialize(each)) for each in data]

    def publish_dataset(self, **futures: Future) -> None:
        self.published |= futures

    def get_dataset(self, name: str) -> Future:
        return self.published[name]

    def unpublish_dataset(self, name: str) -> None:
        del self.published[name]


@pytest.fixture
def client() -> Any:
    return Client()


def test_parts_come_back_as_they_were_and_read_only(client: Any) -> None:
    store = stores.Dask(client)
    parts = [b"body", memoryview(bytearray(range(100))), b"", memoryview(bytes(16)).cast("Q")]
    found = store.get(store.put(parts))
    assert [bytes(part) for part in found] == [bytes(part) for part in parts]
    assert all(part.readonly and part.format == "B" for part in found)
    assert store.closed(found) is False


def test_large_parts_are_not_copied_into_a_pickle(client: Any) -> None:
    large = memoryview(bytearray(100_000))
    key = stores.Dask(client).put([b"body", large])
    _, frames = client.published[key].serialized
    assert any(memoryview(frame).obj is large.obj for frame in frames)


def test_what_was_deleted_is_not_found(client: Any) -> None:
    store = stores.Dask(client)
    first, second = store.put([b"1"]), store.put([b"2"])
    store.delete(first)
    store.delete(first)
    with pytest.raises(LookupError):
        store.get(first)
    assert bytes(store.get(second)[0]) == b"2"
    assert list(client.published) == [second]


@pytest.mark.parametrize("key", [None, 5, b"x", ("x",)])
def test_what_is_no_key_of_dask_is_a_store_error(client: Any, key: Any) -> None:
    with pytest.raises(adapters.StoreError, match=r"is not a key of stores\.Dask"):
        stores.Dask(client).get(key)


def test_an_error_of_dask_is_one_of_the_store(client: Any) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise TimeoutError("no scheduler")

    client.get_dataset = client.publish_dataset = fail
    store = stores.Dask(client)
    with pytest.raises(adapters.StoreError, match=r"cannot scatter a state: \w+: no sch") as caught:
        store.put([b"1"])
    assert caught.value.subject == "stores.Dask"
    with pytest.raises(adapters.StoreError, match="cannot gather a state"):
        store.get("key")
