"""Worker processes with a pipe each; every wait for a worker ends when the worker does.

The main thread of the parent reads from the pipes, and one thread per worker writes. A worker that
writes therefore always has a reader, and two full pipes cannot deadlock the two processes. Objects
travel by `adapters.send` and `adapters.receive`: large parts of them are not in the pipe, but in
shared memory.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from adapters import RebuildError, receive, send
from demos._support import interrupts

JOIN_TIMEOUT = 5.0  # seconds for a worker to exit by itself, and again after each signal
REPLY_TIMEOUT = 3600.0  # seconds until the next message; the demos' longest work takes less


class WorkerError(RuntimeError):
    """A worker process ended, failed or sent nothing for REPLY_TIMEOUT seconds."""


class Failure(NamedTuple):
    """What a worker sends in place of a result when its function raised."""

    reason: str


class Transport(NamedTuple):
    """How objects go through a pipe.

    Args:
        send: Sends an object through the connection that it is called with.
        receive: Receives one, likewise.
    """

    send: Callable[[Connection, Any], None]
    receive: Callable[[Connection], Any]


SEGMENTS = Transport(send, receive)  # large parts go through shared memory
PIPE = Transport(Connection.send, Connection.recv)  # all goes through the pipe, as pickle sends it


class Worker:
    """One worker process, this end of its pipe, and the thread that writes to the pipe.

    Attributes:
        label: The name of the worker in messages.
        process: The worker process.
        connection: To read from; write with `send` and `send_bytes`.
    """

    def __init__(
        self, label: str, process: BaseProcess, connection: Connection, transport: Transport
    ) -> None:
        self.label = label
        self.process = process
        self.connection = connection
        self._transport = transport
        self._outbox: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name=f"to {label}", daemon=True)
        self._send_error: Exception | None = None

    def send(self, make: Callable[[], object]) -> None:
        """Send the object that `make()` returns; the writer thread makes it, sends and frees it."""
        self._post(lambda: self._transport.send(self.connection, make()))

    def send_bytes(self, data: bytes | memoryview) -> None:
        """Send one message of bytes."""
        self._post(lambda: self.connection.send_bytes(data))

    def receive(self) -> Any:
        """Wait for the next object that the worker sends.

        Raises:
            WorkerError: the worker ended, sent a Failure or what cannot be rebuilt, or sent nothing
                for REPLY_TIMEOUT.
        """
        try:
            message = self._read(partial(self._transport.receive, self.connection))
        except RebuildError as error:
            raise WorkerError(f"what {self.label} sent cannot be rebuilt: {error}") from error
        if isinstance(message, Failure):
            raise WorkerError(f"{self.label} failed: {message.reason}")
        return message

    def receive_bytes(self) -> bytes:
        """Wait for the next message of bytes.

        Raises:
            WorkerError: the worker ended, or sent nothing for REPLY_TIMEOUT.
        """
        data: bytes = self._read(self.connection.recv_bytes)
        return data

    def close(self) -> None:
        """Wait for the process, kill it after JOIN_TIMEOUT, and close its pipe.

        To close several workers, call `process.terminate()` on all of them first.
        """
        self.process.join(JOIN_TIMEOUT)
        if self.process.is_alive():
            self.process.kill()
            self.process.join(JOIN_TIMEOUT)
        self._outbox.put(None)
        if self._writer.ident is not None:
            self._writer.join(JOIN_TIMEOUT)  # its write ended with the process: the pipe is broken
        self.connection.close()
        if self.process.exitcode is not None:
            self.process.close()

    def exit_error(self) -> WorkerError:
        """The error that says how the process ended."""
        self.process.join(JOIN_TIMEOUT)
        if self._send_error is not None:
            reason = f"{type(self._send_error).__name__}: {self._send_error}"
            return WorkerError(f"{self.label} could not be sent its work: {reason}")
        code = describe_exit(self.process.exitcode)
        return WorkerError(f"{self.label} ended with {code} before its work was done")

    def _post(self, write: Callable[[], object]) -> None:
        if self._writer.ident is None:  # not earlier: a process with threads should not fork
            self._writer.start()
        self._outbox.put(write)

    def _write(self) -> None:
        while (write := self._outbox.get()) is not None:
            try:
                write()
            except OSError:  # the worker ended, which the reader reports
                return
            except Exception as error:
                self._send_error = error
                self.process.terminate()
                return

    def _read(self, read: Callable[[], Any]) -> Any:
        try:
            if not self.connection.poll(REPLY_TIMEOUT):
                raise timeout_error(self.label)
            return read()
        except (EOFError, OSError):
            raise self.exit_error() from None


class WorkerGroup:
    """Worker processes that all end with the `with` block.

    Args:
        context: The multiprocessing context that starts them.
        transport: How objects go to the workers and back.
    """

    def __init__(self, context: BaseContext, transport: Transport = SEGMENTS) -> None:
        self._context = context
        self._transport = transport
        self._workers: list[Worker] = []

    def __enter__(self) -> WorkerGroup:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with interrupts.deferred():
            deadline = time.monotonic() + JOIN_TIMEOUT
            for worker in self._workers:
                if kind is None:  # the worker has sent its last message, and exits by itself
                    worker.process.join(max(0.0, deadline - time.monotonic()))
                worker.process.terminate()
            for worker in self._workers:
                worker.close()
            self._workers.clear()

    def start(self, label: str, function: Callable[..., object], *arguments: object) -> Worker:
        """Start a worker that calls `function(connection, *arguments)`.

        Start all workers before you send to one: the first `send` starts a thread.

        Args:
            label: The name in messages, such as "the process of the range 10-30".
            function: A function that the worker can import.
            arguments: Small picklable arguments.
        """
        here, there = self._context.Pipe()
        # A forked child inherits these ends of the pipes. It closes them, as otherwise its siblings
        # would get no EOFError when the parent ends.
        forks = self._context.get_start_method() == "fork"
        inherited = [worker.connection for worker in self._workers] + [here] if forks else []
        with interrupts.deferred():
            process = self._context.Process(  # type: ignore[attr-defined]
                target=_run,
                name=label,
                args=(there, inherited, self._transport, function, arguments),
                daemon=True,
            )
            try:
                process.start()
            except BaseException:
                here.close()
                raise
            finally:
                there.close()
            worker = Worker(label, process, here, self._transport)
            self._workers.append(worker)
        return worker

    def ready(self, workers: list[Worker]) -> Iterator[Worker]:
        """Wait until at least one of `workers` has sent a message; yield those that have.

        Raises:
            WorkerError: one of `workers` ended without a message, any other worker of the group
                failed, or no message came for REPLY_TIMEOUT.
        """
        others = [w for w in self._workers if w not in workers and w.process.exitcode != 0]
        awaited = [part for w in workers for part in (w.connection, w.process.sentinel)]
        ready = wait([*awaited, *(other.process.sentinel for other in others)], REPLY_TIMEOUT)
        for other in others:
            if other.process.exitcode:
                raise other.exit_error()
        if not ready:
            raise timeout_error(", ".join(worker.label for worker in workers))
        for worker in workers:
            if worker.connection in ready:
                yield worker
            elif worker.process.sentinel in ready and not _has_data(worker.connection):
                raise worker.exit_error()

    def gather(self, workers: list[Worker], arrived: Callable[[int], object] = id) -> list[Any]:
        """Wait for one object of each worker; return the objects in the order of `workers`.

        Args:
            workers: Those that send one object each.
            arrived: Called with the number of objects so far, each time that it grows.

        Raises:
            WorkerError: as `ready` and `Worker.receive` do.
        """
        objects: dict[Worker, Any] = {}
        while len(objects) < len(workers):
            for worker in self.ready([worker for worker in workers if worker not in objects]):
                objects[worker] = worker.receive()
                arrived(len(objects))
        return [objects[worker] for worker in workers]


def timeout_error(label: str) -> WorkerError:
    """The error for workers that run, or are stopped, and send nothing."""
    return WorkerError(f"no message from {label} for {REPLY_TIMEOUT:,g} s")


def describe_exit(code: int | None) -> str:
    """An exit code in words: "exit code -9 (SIGKILL)"."""
    if code is None:
        return "no exit code"
    try:
        return f"exit code {code}" + (f" ({signal.Signals(-code).name})" if code < 0 else "")
    except ValueError:
        return f"exit code {code}"


def _has_data(connection: Connection) -> bool:
    try:
        return connection.poll(0)
    except OSError:  # a broken pipe, on Windows
        return False


def _run(
    connection: Connection,
    inherited: list[Connection],
    transport: Transport,
    function: Callable[..., object],
    arguments: tuple[object, ...],
) -> None:
    for other in inherited:
        other.close()
    interrupts.initialize_child()
    try:
        function(connection, *arguments)
    except Exception as error:  # the parent reports it in one line
        with suppress(OSError):  # the parent has ended, which caused the error
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            transport.send(connection, Failure(reason))
    finally:
        connection.close()
