"""One child process under supervision: it calls functions for its parent, with a time-out.

    parent                                                child
    Child.call  -- request: pickled (function, args) -->  _serve, which calls it
                <-- reply: pickled (kind, content) -----  its result, its error or its progress

Whatever the function does (crash, exit, hang, fork, print, close descriptors), the parent learns
how it ended, and leaves no process, descriptor or file. Messages have pipes of their own, and go in
pieces that a pipe takes as a whole, so a time-out also holds in the middle of a message.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import select
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from multiprocessing.connection import Connection
from typing import Any

from adapters import _interrupts, _own_folder
from adapters._interpreter import Interpreter
from adapters._naming import in_words
from adapters.errors import failures

INTERPRETER = "interpreter"  # a start method beside those of multiprocessing

_READY, _PROGRESS, _RESULT, _RAISED = range(4)  # kinds of replies
_PIECE = getattr(select, "PIPE_BUF", 4096) - 4  # Connection adds the length, in four bytes
_INTERVAL = 0.05  # seconds between two looks at whether the child runs
_GRACE = 5.0  # seconds for a child to end


class ChildRaisedError(Exception):
    """A function raised an exception in a child, which is ready for the next call."""


class ChildDiedError(Exception):
    """A child ended: `how`, `doing` what, and whether it `hung` and was killed for its silence."""

    def __init__(self, how: str, doing: str, hung: bool = False) -> None:
        super().__init__(how, doing, hung)
        self.how, self.doing, self.hung = how, doing, hung

    def __str__(self) -> str:
        return f"a child process {self.how} while it tried {self.doing}"


class Child(AbstractContextManager["Child"]):
    """A child process, started at once; a context manager that ends it. For one thread.

    Args:
        method: How it is started: "spawn", "forkserver" or "fork", as by multiprocessing, or
            `INTERPRETER`: a new Python that does not run the main script again, for scripts
            without a guard, prompts and notebooks.
        timeout: Seconds that it may be silent, before it is killed.
        quiet: Whether what it prints is dropped.
        folder: Whether it works in an empty folder of its own, which is removed at its end.
        legacy: For "fork": an object that the child has at once, as `legacy()`, without a pickle.
    """

    def __init__(
        self,
        method: str = "spawn",
        *,
        timeout: float = 60,
        quiet: bool = False,
        folder: bool = False,
        legacy: Any = None,
    ):
        self._method, self._timeout = method, timeout
        self._folder = _own_folder.make() if folder else ""
        self._doing = "to start"
        self._idle = False  # until it waits for a request
        self._process: Any = None
        self._reader, writer = multiprocessing.Pipe(duplex=False)
        reader, self._writer = multiprocessing.Pipe(duplex=False)
        with reader, writer:
            try:
                self._start(legacy, reader, writer, (timeout, quiet, self._folder))
            except BaseException:
                self.close()
                raise

    def _start(self, legacy: Any, *args: Any) -> None:
        if self._method == INTERPRETER:
            self._process = Interpreter(*args)
            return
        if self._method == "fork":
            args += (legacy, self._reader, self._writer)  # the ends it has, too, and closes
        # Few arguments: start() hangs where a child does not read them (python/cpython#118981).
        context: Any = multiprocessing.get_context(self._method)
        self._process = context.Process(target=_serve, args=args, daemon=True)
        with warnings.catch_warnings(), _interrupts.deferred(self._method == "fork"):
            # Python warns of a fork beside threads, as the child may hang: there is a time-out.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function in the child; it, its arguments and its result are pickled.

        Raises:
            ChildRaisedError: it raised an exception, or its result does not pickle.
            ChildDiedError: the child ended, or was silent for too long and was killed.
        """
        request = pickle.dumps((function, args), 5)
        try:
            if not self._idle:
                self._reply()  # ready: from now on it reads
            self._idle = False
            self._doing = f"to call {function.__qualname__}"
            _send(self._writer, request)
            while (reply := self._reply())[0] == _PROGRESS:
                self._doing = reply[1]
        except TimeoutError:
            self.close()
            how = f"said nothing for {self._timeout:g} s"
            raise ChildDiedError(how, self._doing, hung=True) from None
        except (EOFError, OSError):
            raise ChildDiedError(self._ending(self._end(_GRACE)), self._doing) from None
        self._idle = True
        kind, content = reply
        if kind == _RAISED:
            raise ChildRaisedError(content)
        return content

    def _reply(self) -> Any:
        """The kind of the next reply, and its content."""
        data = _receive(self._reader, self._wait)
        try:
            return pickle.loads(data)
        except failures() as error:
            return _RAISED, f"its result does not load: {located(error)}"

    def _wait(self) -> None:
        """Wait for the next piece: a TimeoutError if none comes, an EOFError if none can."""
        end = time.monotonic() + self._timeout
        while not self._reader.poll(min(_INTERVAL, self._timeout)):
            # There is no end of file while a process that the child has forked holds the pipe.
            if self._process.exitcode is not None and not self._reader.poll(0):
                raise EOFError
            if time.monotonic() >= end:
                raise TimeoutError

    def finish(self, doing: str = "to end") -> None:
        """Let the child end by itself, as a program does, with its objects alive.

        Raises:
            ChildDiedError: it did not end in time, or ended with an exit code other than 0.
        """
        code = self._end(self._timeout)
        if code != 0:
            how = self._ending(code) if code else f"did not end within {self._timeout:g} s"
            raise ChildDiedError(how, doing, code is None)

    def close(self) -> None:
        """End the child: by itself if it waits for a request, else by a signal."""
        self._end(_GRACE if self._idle else 0)

    def _end(self, seconds: float) -> int | None:
        """Wait for the end and kill what is left: the exit code, None if it did not end in time."""
        process, self._process, self._idle = self._process, None, False
        with self._reader, self._writer, ExitStack() as at_end:
            at_end.callback(_own_folder.remove, self._folder)
            if process is None or process.pid is None:  # it did not start
                return None
            at_end.callback(_kill, process)
            if seconds:
                with suppress(OSError):
                    _send(self._writer, b"")  # the request to end
            return _exit_code(process, seconds)

    def _ending(self, code: int | None) -> str:
        if code is None:
            return "closed its pipe and was killed"
        if code < 0:
            names = {each.value: each.name for each in signal.Signals}
            return f"died of {names.get(-code, -code)}"
        how = f"ended with exit code {code}"
        if self._doing == "to start" and self._method != INTERPRETER:
            how += " (it runs the main script again: a file, guarded by if __name__ == '__main__':)"
        return how


def run(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call a function in a child of its own; options and errors are those of `Child`."""
    with Child(**options) as child:
        return child.call(function, *args)


def _exit_code(process: Any, seconds: float) -> int | None:
    # Not by join(): it has no time-out where the child has closed its descriptors
    # (python/cpython#79838), and sees no end where a process that it has forked holds them.
    end = time.monotonic() + seconds
    while process.exitcode is None and time.monotonic() < end:
        time.sleep(_INTERVAL / 10)
    return process.exitcode  # type: ignore[no-any-return]


def _kill(process: Any) -> None:
    """Kill a child and what it has forked; to be called as soon as its exit code is known."""
    with suppress(AttributeError, OSError):  # where there are process groups
        os.killpg(process.pid, signal.SIGKILL)
    if process.exitcode is None:
        (process.kill if hasattr(signal, "SIGKILL") else process.terminate)()  # as on Windows
    if _exit_code(process, _GRACE) is not None:
        process.close()


def _send(writer: Connection, message: bytes) -> None:
    for start in range(0, len(message) + 1, _PIECE):
        writer.send_bytes(message[start : start + _PIECE])


def _receive(reader: Connection, wait: Callable[[], object] = lambda: None) -> bytearray:
    message = bytearray()
    while True:
        wait()
        message += (piece := reader.recv_bytes())
        if len(piece) < _PIECE:  # the last one is shorter, or empty
            return message


# In a child: its id, the pipe to its parent, the time-out, the pipe from its parent.
parent: tuple[int, Connection, float, Connection] | None = None
_legacy: Any = None


def progress(text: str) -> None:
    """In a child: tell the parent what is being done, whose time-out then begins anew."""
    if parent is not None and parent[0] == os.getpid():
        _set_alarm(parent[2])
        _send(parent[1], pickle.dumps((_PROGRESS, text), 5))


def _set_alarm(seconds: float) -> None:
    """Let the system end this process then, for a parent that was killed itself."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def legacy() -> Any:
    """In a forked child: the object that its parent has left to it."""
    return _legacy


def _serve(
    reader: Connection, writer: Connection, options: Any, legacy: Any = None, *ends: Any
) -> None:
    """In a child: call what the parent asks for, until it asks for the end or is gone."""
    global parent, _legacy
    _legacy = legacy
    timeout, quiet, folder = options
    for end in ends:
        end.close()
    with suppress(AttributeError, OSError):  # a process group, which the parent can kill
        os.setpgid(0, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # in place of a handler of the parent
        _interrupts.forget()  # of the group that it has left
    if quiet:
        with open(os.devnull, "wb") as null:
            os.dup2(null.fileno(), 1)
            os.dup2(null.fileno(), 2)
    if folder:
        _own_folder.enter(folder)
    parent = process, _, timeout, _ = os.getpid(), writer, timeout + _GRACE, reader
    with suppress(EOFError, OSError):  # the parent is gone, or a function has closed the pipes
        _send(writer, pickle.dumps((_READY, None), 5))
        while request := _receive(reader):
            _set_alarm(timeout)
            reply = _reply_to(request)
            if os.getpid() != process:  # a function has forked, and has returned in both processes
                os._exit(0)
            _set_alarm(0)
            _send(writer, reply)
        return
    _own_folder.remove(folder)  # which a parent that was killed does not


def _reply_to(request: bytearray) -> bytes:
    try:
        function, args = pickle.loads(request)
        return pickle.dumps((_RESULT, function(*args)), 5)
    except BaseException as error:  # also PyO3's PanicException, which is no Exception
        return pickle.dumps((_RAISED, located(error)), 5)


def located(error: BaseException) -> str:
    """An error in words, and where it was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{in_words(error)} (at {frame.filename}:{frame.lineno}, in {frame.name})"
