"""Buffers arrive in other processes, and come back, as flat bytes in C order, read-only."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from array import array
from collections.abc import Iterator
from typing import Any

import executors
import pytest
from children import look_at_buffers, look_at_shared_buffers, send_back
from gadgets import Gadget, ffi
from layouts import laid_out
from processes import in_a_child, through_joblib

import adapters
from demos._support import clusters

executor, no_child_is_left = executors.sending, executors.no_child_is_left
LARGE = bytes(range(256)) * 40
CONTENTS = [LARGE, LARGE, LARGE, LARGE, LARGE[::2], b"few", b""]
EXPECTED = [("memoryview", "B", 1, True, content) for content in CONTENTS]


def gadget() -> Gadget:
    """One whose state holds a buffer of each kind."""
    return Gadget(
        [
            bytearray(LARGE),
            memoryview(array("Q", LARGE)).cast("B").cast("d", (32, 40)),
            laid_out(LARGE, (32, 40), "column-major", "d"),
            ffi.buffer(ffi.from_buffer(LARGE)),
            memoryview(bytearray(LARGE))[::2],
            pickle.PickleBuffer(bytearray(b"few")),
            laid_out(b"", (3, 0), "C", ">i"),
        ]
    )


def test_processes_of_multiprocessing(start_method: str) -> None:
    assert in_a_child(look_at_buffers, gadget(), start_method) == EXPECTED
    came_back, _, _ = in_a_child(send_back, gadget(), start_method)
    assert look_at_buffers(came_back) == EXPECTED


def test_a_queue() -> None:
    queue = multiprocessing.get_context("spawn").Queue()
    try:
        queue.put(gadget())
        assert look_at_buffers(queue.get(timeout=60)) == EXPECTED
    finally:
        queue.close()
        queue.join_thread()


def test_an_executor(executor: adapters.Executor) -> None:
    assert executor.submit(look_at_buffers, gadget()).result(60) == EXPECTED
    assert look_at_buffers(executor.submit(gadget).result(60)) == EXPECTED
    assert list(executor.map(look_at_buffers, [gadget(), gadget()])) == [EXPECTED] * 2


def test_joblib() -> None:
    assert through_joblib(look_at_buffers, [gadget()]) == [EXPECTED]


def test_a_shared_handle(start_method: str) -> None:
    with adapters.share(gadget()) as handle:
        assert in_a_child(look_at_shared_buffers, handle, start_method) == EXPECTED


def test_dask_keeps_them_read_only() -> None:
    protocol = pytest.importorskip("distributed.protocol")
    header, frames = protocol.serialize(gadget())
    for into in (bytes, bytearray, lambda frame: frame):
        arrived = protocol.deserialize(header, [into(frame) for frame in frames])
        assert look_at_buffers(arrived) == EXPECTED


@pytest.fixture(params=["loky", "dask", "ray"])
def on_engine(request: pytest.FixtureRequest, monkeypatch: Any) -> Iterator[adapters.Executor]:
    reason = clusters.missing(request.param)
    if reason is not None:
        pytest.skip(reason)
    # Ray's workers are no children of this process, and have its environment alone.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    with clusters.executor(request.param, 1) as executor:
        yield executor


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_an_executor_on_an_engine(on_engine: adapters.Executor) -> None:
    test_an_executor(on_engine)
