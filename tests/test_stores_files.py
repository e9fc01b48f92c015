"""Files of states: small ones are read, large ones mapped, and descriptors are left for others."""

from __future__ import annotations

import errno
import gc
import mmap
import os
import sys
from pathlib import Path
from typing import Any

import processes
import pytest
import storing
from handles import address
from storing import content

import adapters
from adapters import stores
from adapters.stores import _files

memory = storing.memory
store = storing.store
HEADER = 64  # bytes of a file with one part, and the part is a multiple of it
LARGEST = _files.READ - HEADER  # of the parts that are read
needs_limits = pytest.mark.skipif(
    _files.resource is None or not os.path.exists("/proc/self/fd"), reason="there are no limits"
)


def is_mapped(parts: Any) -> bool:
    return isinstance(parts[0].obj, mmap.mmap)


@pytest.mark.parametrize(
    ("size", "mapped"),
    [(64, False), (LARGEST, False), (LARGEST + 1, True), (1 << 20, True)],
)
def test_a_state_is_read_or_mapped(store: stores.Local, size: int, mapped: bool) -> None:
    key = store.put([os.urandom(size)])
    parts = store.get(key)
    assert is_mapped(parts) == mapped
    assert content(parts) == [Path(key).read_bytes()[HEADER:][:size]]
    assert parts[0].readonly
    assert memoryview(parts[0].obj).readonly
    store.delete(key)


@pytest.mark.parametrize("size", [1, 17, 600, 4095])
def test_what_is_read_is_aligned_as_what_is_mapped(store: stores.Local, size: int) -> None:
    keys = [store.put([bytes(size), b"last"]) for _ in range(5)]
    for key in keys:
        first, last = store.get(key)
        assert address(first) % 64 == address(last) % 64 == 0
        store.delete(key)


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="there is no /proc")
def test_what_is_read_holds_no_descriptor(store: stores.Local) -> None:
    keys = [store.put([bytes(number)]) for number in range(50)]
    before = len(os.listdir("/proc/self/fd"))
    parts = [store.get(key) for key in keys]
    assert len(os.listdir("/proc/self/fd")) <= before + 1  # for the flags
    del parts
    assert len(os.listdir("/proc/self/fd")) == before
    for key in keys:
        store.delete(key)


def test_what_is_read_and_cut_off_afterwards_stays(store: stores.Local) -> None:
    key = store.put([b"part"])
    parts = store.get(key)
    os.truncate(key, 0)
    assert content(parts) == [b"part"]
    with pytest.raises(adapters.StoreError, match="truncated"):
        store.get(key)
    store.delete(key)


@pytest.mark.parametrize("size", [1000, LARGEST])
def test_what_is_cut_off_while_it_is_read_is_refused(
    store: stores.Local, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    key = store.put([bytes(size)])
    read = os.read

    def read_late(descriptor: int, count: int) -> bytes:
        os.truncate(key, 500)
        return read(descriptor, count)

    monkeypatch.setattr(os, "read", read_late)
    with pytest.raises(adapters.StoreError, match="truncated"):
        store.get(key)
    store.delete(key)


def test_what_grows_while_it_is_read_is_read_as_it_was(
    store: stores.Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = store.put([b"part"])
    read = os.read

    def read_late(descriptor: int, count: int) -> bytes:
        with open(key, "ab") as file:
            file.write(bytes(1 << 20))
        return read(descriptor, count)

    monkeypatch.setattr(os, "read", read_late)
    assert content(store.get(key)) == [b"part"]
    store.delete(key)


def test_what_is_read_in_many_steps_is_whole(
    store: stores.Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = os.urandom(1000)
    key = store.put([part])
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, count: read(descriptor, min(count, 7)))
    assert content(store.get(key)) == [part]
    store.delete(key)


LIMITED = """
import os, resource, sys
from mmap import mmap
from adapters import stores

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
store = stores.Local()
parts = [store.get(key) for key in sys.argv[1:]]
print([int.from_bytes(part[0][:2], "big") for part in parts] == [*range(len(parts))])
print(sum(isinstance(part[0].obj, mmap) for part in parts))
print(len(os.listdir("/proc/self/fd")))
del parts
again = store.get(sys.argv[1])
print(isinstance(again[0].obj, mmap))
"""


@needs_limits
@pytest.mark.parametrize("size", [100, 100_000])
def test_more_states_than_descriptors_are_got(store: stores.Local, size: int) -> None:
    keys = [store.put([number.to_bytes(2, "big") * (size // 2)]) for number in range(100)]
    right, mapped, descriptors, mapped_again = processes.run("-c", LIMITED, *keys).split()
    assert right == "True"
    assert int(descriptors) < 50
    if size < _files.READ:
        assert (mapped, mapped_again) == ("0", "False")
    elif sys.version_info >= (3, 13):  # a mapping holds no descriptor
        assert (mapped, mapped_again) == ("100", "True")
    else:
        assert (mapped, mapped_again) == ("31", "True")  # half of them, with the flags
    for key in keys:
        store.delete(key)


@needs_limits
def test_no_limit_is_no_limit(store: stores.Local, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = _files.resource
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    key = store.put([bytes(100_000)])
    assert [is_mapped(part) for part in [store.get(key), store.get(key)]] == [True, True]
    store.delete(key)


def test_without_descriptors_it_says_what_to_do(
    store: stores.Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = store.put([b"part"])

    def refuse(*_: Any) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(adapters.StoreError, match=r"Too many open files; raise the limit"):
            store.get(key)
    store.delete(key)


def test_a_mapping_goes_with_its_last_part(store: stores.Local) -> None:
    key = store.put([bytes(100_000), b"small"])
    before = len(_files._mappings)
    part = store.get(key)[1]
    assert bytes(part) == b"small"
    del part
    gc.collect()
    assert len(_files._mappings) == before
    store.delete(key)


@storing.leases
def test_the_pages_of_a_large_state_are_mapped_at_once(memory: Path) -> None:
    store = stores.Local(memory)
    size = 4 * _files.LARGE
    key = store.put([bytes(size)])
    parts = store.get(key)
    _, _, found = Path("/proc/self/smaps").read_text().partition(f"{key}\n")
    resident = next(line for line in found.splitlines() if line.startswith("Rss:"))
    # All of them, as a rule; at least those that it has accessed.
    assert int(resident.split()[1]) << 10 >= size // 16
    assert is_mapped(parts)
    store.delete(key)
