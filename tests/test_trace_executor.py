"""A trace over an Executor: its messages, its workers, large parts, shared objects, restarts."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Iterator
from concurrent import futures
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import children
import executors
import processes
import pytest
from children import make_memory
from executors import on_processes, on_restarting_processes
from gadgets import Gadget, Refused
from segments_room import needs_segments

import adapters
from adapters import TraceEvent
from adapters._segments.sender import Sender

no_child_is_left = processes.no_child_is_left
GADGET = "gadgets.Gadget"
HERE = os.getpid()
MESSAGE = 400  # bytes, at most, that a pool adds to a task or a result
SIZE = 1 << 20


def events_of(trace: adapters.Trace, kind: str) -> list[TraceEvent]:
    return [event for event in trace.events if event.kind == kind]


@pytest.fixture(scope="module", params=executors.START_METHODS)
def executor(request: pytest.FixtureRequest) -> Iterator[adapters.Executor]:
    with on_processes(request.param) as made:
        yield made


@pytest.fixture(scope="module")
def forked() -> Iterator[adapters.Executor]:
    with on_processes(executors.START_METHODS[0]) as made:
        yield made


def test_workers_are_seen(executor: adapters.Executor) -> None:
    with adapters.trace() as trace:
        assert executor.submit(children.echo, Gadget("a")).result() == Gadget("a")
    assert {event.process == HERE for event in trace.events} == {True, False}
    inside = [event.kind for event in trace.events if event.process != HERE]
    assert inside == ["rebuild", "serialize"]
    summary = trace.summary()[GADGET]
    assert (summary.serialized, summary.rebuilt, summary.processes) == (2, 2, 2)
    before = len(trace.events)
    assert executor.submit(children.echo, Gadget("a")).result() == Gadget("a")
    assert len(trace.events) == before


@pytest.mark.parametrize("chunksize", [1, 3])
def test_calls_of_a_map_are_seen(forked: adapters.Executor, chunksize: int) -> None:
    gadgets = [Gadget(n) for n in range(6)]
    with adapters.trace() as trace:
        assert list(forked.map(children.echo, gadgets, chunksize=chunksize)) == gadgets
    assert trace.summary()[GADGET][:2] == (12, 12)
    count = 6 // chunksize
    assert count <= trace.counts()["task"] <= 2 * count  # again, where a worker lacked something
    assert trace.counts()["task"] == trace.counts()["result"]


def test_failures_in_workers_are_noted(forked: adapters.Executor) -> None:
    with adapters.trace() as trace:
        error = forked.submit(Refused).exception()
        assert isinstance(error, adapters.SerializeError)
        assert list(forked.map(abs, [-1, -2])) == [1, 2]
    (failed,) = events_of(trace, "serialize")
    assert (failed.name, failed.note) == ("gadgets.Refused", "failed")
    assert failed.process != HERE


def test_messages_have_the_bytes_that_move_in_the_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = {"sent": 0, "received": 0}
    pipes: list[Any] = []
    send, receive = Connection._send, Connection._recv  # type: ignore[attr-defined]

    def counted_send(self: Any, buffer: Any, *rest: Any) -> Any:
        moved["sent"] += len(buffer) if self in pipes else 0
        return send(self, buffer, *rest)

    def counted_recv(self: Any, size: int, *rest: Any) -> Any:
        moved["received"] += size if self in pipes else 0
        return receive(self, size, *rest)

    monkeypatch.setattr(Connection, "_send", counted_send)
    monkeypatch.setattr(Connection, "_recv", counted_recv)
    monkeypatch.setenv("ADAPTERS_SEGMENTS_BYTES", "0")  # so that large parts move there, too
    with on_processes(executors.START_METHODS[0]) as executor:
        executor.submit(abs, -1).result()
        pool = executor._inner
        pipes += [pool._call_queue._writer, pool._result_queue._reader]  # type: ignore[attr-defined]
        moved.update(sent=0, received=0)
        with adapters.trace() as trace:
            for state in (b"x", bytes(100_000), memoryview(bytes(SIZE))):
                assert bytes(executor.submit(children.echo, Gadget(state)).result().state) == state
    for kind, bytes_moved in (("task", moved["sent"]), ("result", moved["received"])):
        told = sum(event.in_band + event.out_of_band for event in events_of(trace, kind))
        added = sum(len(pickle.dumps(tuple(event), 5)) for event in trace.events)
        most = told + 3 * MESSAGE + (added if kind == "result" else 0)
        assert SIZE + 100_000 < told < bytes_moved < most


@needs_segments
def test_large_parts_go_through_segments(forked: adapters.Executor) -> None:
    with adapters.trace() as trace:
        forked.submit(children.echo, make_memory(SIZE, 1)).result()
    assert [(event.name, event.out_of_band) for event in events_of(trace, "segment")] == [
        ("sent", SIZE),
        ("received", SIZE),
    ]
    assert trace.counts()["no room"] == 0
    for kind in ("task", "result"):
        (message,) = events_of(trace, kind)
        assert message.out_of_band == SIZE
        assert message.in_band < MESSAGE


@needs_segments
def test_large_parts_for_which_there_is_no_room_are_told(
    forked: adapters.Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sender, "hand_over", lambda *_: None)
    with adapters.trace() as trace:
        forked.submit(children.echo, make_memory(SIZE, 1)).result()
    (event,) = events_of(trace, "no room")
    assert (event.name, event.out_of_band) == ("sent", SIZE)


def test_shared_objects_are_fetched_once_in_each_process(forked: adapters.Executor) -> None:
    with adapters.share(Gadget(bytes(1000))) as handle, adapters.trace() as trace:
        seen = [forked.submit(children.describe_shared, handle).result() for _ in range(10)]
    workers = {process for _, _, process in seen}
    counts = trace.counts()
    assert counts["fetched"] == counts["loads"] == counts["rebuild"] == len(workers)
    assert {event.process for event in events_of(trace, "fetched")} == workers
    assert counts["found"] + counts["fetched"] == len(seen)
    assert {event.name for event in events_of(trace, "found")} == {GADGET}


@pytest.mark.slow
def test_restarts_are_told() -> None:
    with on_restarting_processes(executors.START_METHODS[0]) as executor, adapters.trace() as trace:
        with pytest.raises(futures.BrokenExecutor):
            executor.submit(children.kill_itself).result(60)
        assert executor.submit(children.echo, Gadget(1)).result(60) == Gadget(1)
    assert {event.name for event in events_of(trace, "restart")} == {"ProcessPoolExecutor"}
    assert trace.summary()[GADGET][:2] == (2, 2)


def test_connections_are_seen_with_the_bytes_of_the_pipe() -> None:
    one, other = Pipe()
    with one, other:
        adapters.send(one, Gadget(bytes(5000)))
        sent = len(other.recv_bytes())
        with adapters.trace() as trace:
            adapters.send(one, Gadget(bytes(5000)))
            assert adapters.receive(other) == Gadget(bytes(5000))
    assert [event.in_band for event in trace.events if event.kind in ("send", "receive")] == [
        sent,
        sent,
    ]


def test_threads_move_nothing() -> None:
    with adapters.Executor(futures.ThreadPoolExecutor(1)) as executor, adapters.trace() as trace:
        assert executor.submit(children.echo, 1).result() == 1
    assert trace.events == ()


@pytest.mark.parametrize("most", ["0", ""])
def test_large_parts_of_connections_are_out_of_band_wherever_they_go(
    most: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAPTERS_SEGMENTS_BYTES", most)
    monkeypatch.setattr("adapters._execution.connection._home", None)
    one, other = Pipe()
    received: list[Any] = []
    reader = threading.Thread(target=lambda: received.append(adapters.receive(other)))
    with one, other, adapters.trace() as trace:
        reader.start()
        adapters.send(one, make_memory(SIZE, 1))
        reader.join(60)
    sizes = [(e.in_band < MESSAGE, e.out_of_band) for e in trace.events if e.kind != "segment"]
    assert [size for size in sizes if size[1]] == [(True, SIZE)] * 2
    assert bytes(received[0].data) == bytes([1]) * SIZE


def test_a_trace_in_a_task_that_is_traced(forked: adapters.Executor) -> None:
    with adapters.trace() as trace:
        inside = forked.submit(children.trace_a_copy, Gadget(1)).result()
    assert inside == {"serialize": 1, "rebuild": 1}
    assert trace.summary()[GADGET][:2] == (2, 2)


def test_executors_in_a_task_that_is_traced_are_seen(forked: adapters.Executor) -> None:
    with adapters.trace() as trace:
        forked.submit(children.nest_executors, make_memory(SIZE, 1)).result()
    results = events_of(trace, "result")
    assert [event.process == HERE for event in results] == [False, False, True]
