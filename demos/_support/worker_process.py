"""What a worker process runs, and its end of the pipe to the parent."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from adapters import receive, send
from demos._support import interrupts, timeline
from demos._support.timeline import Stage


class Failure(NamedTuple):
    """What a worker sends in place of a result when its function raised."""

    reason: str


class Stages(NamedTuple):
    """The stages that a worker has entered, in order."""

    entered: list[Stage]


class WorkerConnection:
    """The end of the pipe that a worker process has.

    It tells the parent through which stages the worker goes: the worker waits in `recv`, rebuilds
    what has arrived, sends in `send`, and works on its range in between.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._untold: list[Stage] = []

    def send(self, obj: object) -> None:
        """Send an object to the parent."""
        self.enter(timeline.SEND)
        send(self._connection, obj)
        self.enter(timeline.SIEVE)

    def recv(self) -> Any:
        """Wait for the next object of the parent; a thread ends the process if the parent ends."""
        self.enter(timeline.WAIT)
        if not self._connection.poll(0):
            self.tell()
            self._connection.poll(None)
        self.enter(timeline.REBUILD)
        obj = receive(self._connection)
        self.enter(timeline.SIEVE)
        if not self._connection.poll(0):  # else the next object is asked for soon
            self.tell()
        return obj

    def enter(self, name: str) -> None:
        """Note that a stage begins."""
        self._untold.append(Stage.begins(name))

    def tell(self) -> None:
        """Tell the parent of the stages since the last time."""
        send(self._connection, Stages(self._untold))
        self._untold = []


def run(
    connection: Connection,
    inherited: list[Connection],
    function: Callable[..., object],
    arguments: tuple[object, ...],
) -> None:
    """Call `function(*arguments, conn)`; what it raises is sent as a Failure.

    Args:
        connection: The end of the pipe for this process.
        inherited: What a fork has left open here, and is to be closed.
        function: What the worker does.
        arguments: Its first arguments.
    """
    for other in inherited:
        other.close()
    interrupts.initialize_child()
    conn = WorkerConnection(connection)
    try:
        function(*arguments, conn)
        conn.enter(timeline.DONE)
        conn.tell()
    except Exception as error:  # the parent reports it in one line
        with suppress(OSError):  # the parent has ended, which caused the error
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            send(connection, Failure(reason))
    finally:
        connection.close()


def call(function: Callable[..., object], *arguments: Any) -> None:
    """Call `function` with all arguments but the last, and tell the last, a WorkerConnection."""
    *its_own, conn = arguments
    function(*its_own)
    conn.send(None)
