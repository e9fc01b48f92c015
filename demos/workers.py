"""A crew: child processes with a pipe each, of which none is ever waited for in vain.

The parent's thread only ever reads; what it sends goes through a thread per child. So a child that
writes always finds the parent reading, and two full pipes cannot block both sides.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from demos import interrupts

PATIENCE = 5.0  # seconds that a child gets to end, at each step of ending it
SILENCE = 3600.0  # seconds without a word from children that run: longer than any work here takes


class ChildError(RuntimeError):
    """A child process ended, or failed, before its work was done."""


class Failure(NamedTuple):
    """What a child sends in place of a result when its work raised."""

    reason: str


class Member:
    """One child process, this end of its pipe, and the thread that writes to it.

    Attributes:
        label: What messages call the child.
        process: The child process.
        connection: To read from it; write through `send` and `send_bytes`.
    """

    def __init__(self, label: str, process: BaseProcess, connection: Connection) -> None:
        self.label = label
        self.process = process
        self.connection = connection
        self._outbox: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name=f"to {label}", daemon=True)
        self._unsent: Exception | None = None

    def send(self, make: Callable[[], object]) -> None:
        """Send the object that `make()` returns; made in the writing thread, freed once sent."""
        self._post(lambda: self.connection.send(make()))

    def send_bytes(self, data: bytes | memoryview) -> None:
        """Send one message of bytes."""
        self._post(lambda: self.connection.send_bytes(data))

    def receive(self) -> Any:
        """The next object that the child sent.

        Raises:
            ChildError: it ended, or sent a Failure.
        """
        message = self._read(self.connection.recv)
        if isinstance(message, Failure):
            raise ChildError(f"{self.label} failed: {message.reason}")
        return message

    def receive_bytes(self) -> bytes:
        """The next message of bytes; raises as `receive` does."""
        data: bytes = self._read(self.connection.recv_bytes)
        return data

    def close(self) -> None:
        """End the child, if it still runs, and free its pipe; call `terminate` on all before."""
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join(PATIENCE)
        self._outbox.put(None)
        if self._writer.ident is not None:
            self._writer.join(PATIENCE)  # the pipe is broken now: a write has ended
        self.connection.close()
        if self.process.exitcode is not None:
            self.process.close()

    def _post(self, write: Callable[[], object]) -> None:
        if self._writer.ident is None:  # forking is over by now: a thread is safe
            self._writer.start()
        self._outbox.put(write)

    def _write(self) -> None:
        while (write := self._outbox.get()) is not None:
            try:
                write()
            except OSError:  # the child ended, which the reading side reports
                return
            except Exception as error:
                self._unsent = error
                self.process.terminate()
                return

    def _read(self, read: Callable[[], Any]) -> Any:
        try:
            if not self.connection.poll(SILENCE):
                raise silent(self.label)
            return read()
        except (EOFError, OSError):
            raise self.ended() from None

    def ended(self) -> ChildError:
        """The error that says how the child ended."""
        self.process.join(PATIENCE)
        if self._unsent is not None:
            reason = f"{type(self._unsent).__name__}: {self._unsent}"
            return ChildError(f"{self.label} could not be sent its work: {reason}")
        code = describe_exit(self.process.exitcode)
        return ChildError(f"{self.label} ended with {code} before its work was done")


class Crew:
    """Child processes that end, all of them, with the `with` block.

    Args:
        context: How to start them.
    """

    def __init__(self, context: BaseContext) -> None:
        self._context = context
        self._members: list[Member] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with interrupts.held_back():
            deadline = time.monotonic() + PATIENCE
            for member in self._members:
                if kind is None:  # it has sent all that it had to send
                    member.process.join(max(0.0, deadline - time.monotonic()))
                member.process.terminate()
            for member in self._members:
                member.close()
            self._members.clear()

    def start(self, label: str, work: Callable[..., object], *arguments: object) -> Member:
        """Start a child that calls `work(connection, *arguments)`; start all before sending to one.

        Args:
            label: What messages call the child, such as "the process of the range 10-30".
            work: A function that the child can import.
            arguments: Small picklable arguments.
        """
        here, there = self._context.Pipe()
        # A forked child inherits these ends. Held open there, they would keep its siblings from
        # ever seeing that the parent is gone.
        forks = self._context.get_start_method() == "fork"
        inherited = [member.connection for member in self._members] + [here] if forks else []
        with interrupts.held_back():
            process = self._context.Process(  # type: ignore[attr-defined]
                target=_child, name=label, args=(there, inherited, work, arguments), daemon=True
            )
            try:
                process.start()
            except BaseException:
                here.close()
                raise
            finally:
                there.close()
            member = Member(label, process, here)
            self._members.append(member)
        return member

    def ready(self, members: list[Member]) -> Iterator[Member]:
        """Wait until at least one of `members` has sent something; yield those that have.

        Raises:
            ChildError: one of them ended with nothing more to say, another one of the crew was
                killed, or all are silent for an hour.
        """
        others = [m for m in self._members if m not in members and m.process.exitcode != 0]
        parts = [part for m in members for part in (m.connection, m.process.sentinel)]
        ready = wait([*parts, *(other.process.sentinel for other in others)], SILENCE)
        for other in others:
            if other.process.exitcode:
                raise other.ended()
        if not ready:
            raise silent(", ".join(member.label for member in members))
        for member in members:
            if member.connection in ready:
                yield member
            elif member.process.sentinel in ready and not _has_data(member.connection):
                raise member.ended()

    def gather(self, members: list[Member], arrived: Callable[[int], object] = id) -> list[Any]:
        """Wait for one object of each member; return them in order.

        Args:
            members: Those that send one.
            arrived: Called with the number of objects that are there, as it grows.

        Raises:
            ChildError: one of them ended before, or sent a Failure.
        """
        objects: dict[Member, Any] = {}
        while len(objects) < len(members):
            for member in self.ready([member for member in members if member not in objects]):
                objects[member] = member.receive()
                arrived(len(objects))
        return [objects[member] for member in members]


def _has_data(connection: Connection) -> bool:
    try:
        return connection.poll(0)
    except OSError:  # a broken pipe, on Windows
        return False


def silent(who: str) -> ChildError:
    """The error for children that run, or are stopped, and say nothing."""
    return ChildError(f"nothing was heard for {SILENCE:,g} s of {who}")


def describe_exit(code: int | None) -> str:
    """An exit code in words: "exit code -9 (SIGKILL)"."""
    if code is None:
        return "no exit code"
    try:
        return f"exit code {code}" + (f" ({signal.Signals(-code).name})" if code < 0 else "")
    except ValueError:
        return f"exit code {code}"


def _child(
    connection: Connection,
    inherited: list[Connection],
    work: Callable[..., object],
    arguments: tuple[object, ...],
) -> None:
    for other in inherited:
        other.close()
    interrupts.enter_child()
    try:
        work(connection, *arguments)
    except Exception as error:  # the parent says it, in one line
        with suppress(OSError):  # unless the parent is gone, which then was the error
            connection.send(Failure(f"{type(error).__name__}: {error}".removesuffix(": ")))
    finally:
        connection.close()
