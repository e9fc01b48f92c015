"""Fixtures and helpers of the tests of shared handles.

A test module that uses the fixtures assigns them to names of its own.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import processes
import pytest
import sharing
from sharing import Costly

import adapters
from adapters import stores
from adapters._sharing import handle as sharing_handle
from adapters.stores import _local
from native._native import ffi

TIMEOUT = 60
START_METHODS = multiprocessing.get_all_start_methods()
no_child_is_left = processes.no_child_is_left


@pytest.fixture(scope="module", params=START_METHODS)
def worker(request: pytest.FixtureRequest) -> Iterator[ProcessPoolExecutor]:
    """Another process, which began before the handles were made."""
    context = multiprocessing.get_context(request.param)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(os.getpid).result(TIMEOUT)
        yield pool


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory where states lie; nothing of them is there when a test is done."""
    directory = tmp_path / "kept"
    directory.mkdir()
    monkeypatch.setattr(_local, "_directories", lambda: [directory])
    adapters.cache_clear()
    yield directory
    adapters.cache_clear()
    gc.collect()  # what an error's traceback held
    assert files_in(directory) == []
    assert list(directory.iterdir()) == []


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where it is written when a Costly object was made, and where."""
    return tmp_path / "log"


def files_in(directory: Path) -> list[str]:
    """The names of the files of states."""
    return [path.name for path in sharing.states_in(directory)]


def elsewhere(handle: Any) -> Any:
    """The handle as it is in a process that does not own it."""
    payload = pickle.dumps(handle)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing_handle, "_owned", {})
        return pickle.loads(payload)


def costly(log: Path | None, content: Any = b"") -> Costly:
    return Costly(None if log is None else str(log), content)


def record_parts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All parts that the store gives out from now on."""
    parts: list[Any] = []
    get = stores.Local.get

    def recording(self: stores.Local, key: str) -> Any:
        found = get(self, key)
        parts.extend(found)
        return found

    monkeypatch.setattr(stores.Local, "get", recording)
    return parts


def address(buffer: Any) -> int:
    return int(ffi.cast("uintptr_t", ffi.from_buffer(buffer)))


def is_in(parts: list[Any], buffer: Any) -> bool:
    """Whether the memory of a buffer lies within that of a part, at the address where that is."""
    size = memoryview(buffer).nbytes
    return any(
        address(part) <= address(buffer) and address(buffer) + size <= address(part) + len(part)
        for part in parts
        if len(part)
    )
