"""Worker processes with a pipe each; every wait for a worker ends when one of the workers does.

A worker process runs a function whose last argument is its end of the pipe, a WorkerConnection; the
parent has the other end, a Worker. Both have the `send` and `recv` of a multiprocessing connection.
Objects travel by `adapters.send` and `adapters.receive`: large parts of them are not in the pipe,
but in shared memory.

The main thread of the parent reads from all pipes while it waits for one, and a thread per worker
writes. A worker that writes therefore always has a reader, and two full pipes cannot deadlock the
two processes.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

from adapters import RebuildError, receive, send
from demos._support import interrupts, timeline
from demos._support.timeline import Stage
from demos._support.worker_process import Failure, Stages, call, run

JOIN_TIMEOUT = 5.0  # seconds for a worker to exit by itself, and again after each signal
REPLY_TIMEOUT = 3600.0  # seconds until the next message; the demos' longest work takes less

Callback = Callable[[int, Stage], object]


class WorkerError(RuntimeError):
    """A worker process ended, failed or sent nothing for REPLY_TIMEOUT seconds."""


class Worker:
    """One worker process, the parent's end of its pipe, and the thread that writes to it.

    Attributes:
        label: The name of the worker in messages.
        process: The worker process.
        connection: The pipe; only the group reads from it.
        inbox: What the worker has sent, and nobody has asked for.
        done: Whether its function has returned.
    """

    def __init__(
        self, group: WorkerGroup, label: str, process: BaseProcess, connection: Connection
    ) -> None:
        self.label = label
        self.process = process
        self.connection = connection
        self.inbox: deque[Any] = deque()
        self.done = False
        self._group = group
        self._outbox: queue.SimpleQueue[tuple[object] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name=f"to {label}", daemon=True)
        self._send_error: Exception | None = None

    def send(self, obj: object) -> None:
        """Send an object, which must not change: the thread of this worker sends it in its time."""
        if self._writer.ident is None:  # not earlier: a process with threads should not fork
            with interrupts.deferred():  # in this thread, too: a Ctrl-C is for the main thread
                self._writer.start()
        self._outbox.put((obj,))

    def recv(self) -> Any:
        """Wait for the next object that the worker sends.

        Raises:
            WorkerError: a worker of the group ended before its work was done, failed, or sent what
                cannot be rebuilt; or none sent anything for REPLY_TIMEOUT.
        """
        while not self.inbox:
            if self.done:
                raise self.exit_error()
            if not self._group.read(REPLY_TIMEOUT):
                raise timeout_error(self.label)
        return self.inbox.popleft()

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

    def _write(self) -> None:
        while (posted := self._outbox.get()) is not None:
            try:
                send(self.connection, *posted)
            except OSError:  # the worker ended, which the reader reports
                return
            except Exception as error:
                self._send_error = error
                self.process.terminate()
                return


class WorkerGroup:
    """Worker processes that all end with the `with` block.

    Args:
        context: The multiprocessing context that starts them; None for the default.
        callback: Called with the index of a worker and each Stage that it enters, in order.
    """

    def __init__(
        self, context: BaseContext | None = None, callback: Callback | None = None
    ) -> None:
        self._context = context or multiprocessing.get_context()
        self._callback = callback
        self._workers: list[Worker] = []

    def __enter__(self) -> WorkerGroup:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with interrupts.deferred():
            deadline = time.monotonic() + JOIN_TIMEOUT
            if kind is None:  # the workers have sent their last messages, and exit by themselves
                self._read_the_rest(deadline)
            for worker in self._workers:
                if kind is None:
                    worker.process.join(max(0.0, deadline - time.monotonic()))
                worker.process.terminate()
            for worker in self._workers:
                worker.close()
            self._workers.clear()

    def start(self, label: str, function: Callable[..., object], *arguments: object) -> Worker:
        """Start a worker that calls `function(*arguments, conn)`; conn is a WorkerConnection.

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
        self._tell(len(self._workers), Stage.begins(timeline.START))
        with interrupts.deferred():
            process = self._context.Process(  # type: ignore[attr-defined]
                target=run, name=label, args=(there, inherited, function, arguments), daemon=True
            )
            try:
                process.start()
            except BaseException:
                here.close()
                raise
            finally:
                there.close()
            worker = Worker(self, label, process, here)
            self._workers.append(worker)
        return worker

    def run(self, label: str, function: Callable[..., object], *arguments: object) -> Worker:
        """Start a worker that calls `function(*arguments)` and then sends None."""
        return self.start(label, call, function, *arguments)

    def read(self, seconds: float) -> bool:
        """Read a message of each worker that has sent one; wait for the first one.

        Returns:
            Whether there was one, or the end of a worker, within so many seconds.

        Raises:
            WorkerError: as `Worker.recv`.
        """
        running = self._running()
        ready = wait(
            [part for w in running for part in (w.connection, w.process.sentinel)], seconds
        )
        for index, worker in enumerate(self._workers):
            if worker not in running:
                continue
            if worker.connection in ready:
                self._receive(index, worker)
            elif worker.process.sentinel in ready and not _has_data(worker.connection):
                raise worker.exit_error()
        return bool(ready)

    def _read_the_rest(self, deadline: float) -> None:
        with suppress(WorkerError):  # all that was asked for has arrived
            while self._running() and (left := deadline - time.monotonic()) > 0:
                self.read(left)

    def _receive(self, index: int, worker: Worker) -> None:
        try:
            message = receive(worker.connection)
        except RebuildError as error:
            problem = f"what {worker.label} sent cannot be rebuilt: {error}"
            raise WorkerError(problem) from error
        except (EOFError, OSError):
            raise worker.exit_error() from None
        if isinstance(message, Failure):
            raise WorkerError(f"{worker.label} failed: {message.reason}")
        if not isinstance(message, Stages):
            worker.inbox.append(message)
            return
        worker.done = message.entered[-1].name == timeline.DONE
        self._tell(index, *message.entered)

    def _tell(self, index: int, *entered: Stage) -> None:
        if self._callback is not None:
            for stage in entered:
                self._callback(index, stage)

    def _running(self) -> list[Worker]:
        return [worker for worker in self._workers if not worker.done]


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
