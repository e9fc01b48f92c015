"""Dispatcher: what the futures of one executor share, from the submission of a task to its end."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable
from concurrent import futures
from typing import Any, Protocol

from adapters import _events
from adapters._execution import registrations
from adapters._execution.engine import Engine
from adapters._execution.messages import Head
from adapters._execution.openers import Openers
from adapters._execution.packing import BY_NAME, BY_VALUE, Form, Packed
from adapters._execution.traced import run_traced
from adapters._execution.watchdog import shut_down, start_watchdog
from adapters._importable import main_script
from adapters._segments.home import Home

_live: weakref.WeakSet[Dispatcher] = weakref.WeakSet()
_at_exit: set[str] = set()  # modules of inner executors before whose own end ours comes
if hasattr(os, "register_at_fork"):  # a child does not wait for the tasks of its parent
    os.register_at_fork(after_in_child=_live.clear)


class Pending(Protocol):
    """What the pending tasks of an executor have in common."""

    def cancel(self) -> object:
        """Cancel the task if it has not been started."""


class Dispatcher:
    """Packs tasks for an inner executor, submits them, and knows which are not done.

    Args:
        inner: The executor that runs them.
        engine: What it does with them.

    Attributes:
        folder: Where the segments are, in which large parts travel; "" for none.
        openers: The threads that open their results.
        settling: The ids of threads that complete a future and run its callbacks.
        lock: Held while the future of a chunk is made.
    """

    def __init__(self, inner: futures.Executor, engine: Engine) -> None:
        self.inner = inner
        self.engine = engine
        self.openers = Openers()
        self.settling: set[int] = set()
        self.lock = threading.Lock()
        # Workers of these libraries are on this host, and so share memory.
        home = Home() if engine.library else None
        self.folder = "" if home is None else home.folder
        self._close_home = None if home is None else weakref.finalize(self, home.close)
        more = engine.library, engine.result_reducers or None, self.folder
        self._forms: dict[bool, Form] = {False: (BY_NAME, *more), True: (BY_VALUE, *more)}
        # Definitions that a worker did not have, by id.
        self._lacking: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._pending: set[Pending] = set()
        self._closed = False
        self._has_warned = hasattr(inner, "submit_once")  # a RestartingExecutor does so itself
        self._idle = threading.Event()  # set once it is closed and all tasks are done
        if engine.waits_at_exit:
            _live.add(self)
        module = type(inner).__module__
        if module not in _at_exit:
            _at_exit.add(module)
            # As the executors of the standard library do, which end before `atexit` is asked.
            getattr(threading, "_register_atexit", atexit.register)(_finish_all)

    def must_copy(self, function: Any) -> bool:
        """Whether a function has to go by value, with all else that is in the main script."""
        return self.engine.by_value or id(function) in self._lacking

    def pack(self, obj: object, copy: bool, reduced: dict[int, Any]) -> Packed:
        """Pack an object by name or, if `copy` is true, by value."""
        return Packed(
            obj,
            self._forms[copy],
            self.engine.job_reducers,
            lacking=self._lacking,
            check=not self.engine.runs_script,
            reduced=reduced,
            is_kept=True,
        )

    def head(self, copy: bool, names: dict[str, str | None], again: bool) -> Head:
        """The head of a message, with the registrations of this process where it is sent again."""
        digest = registrations.digest()
        keys = registrations.keys() if again and digest else None
        return digest, names, self._forms[copy], keys

    def lack(self, names: list[str]) -> None:
        """Learn which definitions of the main script a worker does not have."""
        for name in names:
            if (definition := main_script.find(name)) is not None:
                self._lacking[id(definition)] = definition

    def submit(
        self, function: Callable[..., Any], *args: Any, once: bool = False
    ) -> futures.Future[Any]:
        """Submit what runs in a worker; `once` says that it must not run a second time."""
        inner = self.inner
        observer = _events.observer
        if observer is not None:
            observer.message("task", self.engine.name, args[1:])
            function, args = run_traced, (self.engine.name, function, *args)
        submit = getattr(inner, "submit_once", inner.submit) if once else inner.submit
        future = submit(function, *args)
        if observer is not None:
            observer.sent(future)
        start_watchdog(inner)
        return future

    def broke(self, error: BaseException) -> None:
        """Log once that the inner executor has lost its tasks, unless it makes another."""
        if isinstance(error, futures.BrokenExecutor) and not self._has_warned:
            self._has_warned = True
            _events.warning("a %s is broken, and its tasks are lost: %s", self.engine.name, error)

    def add(self, task: Pending) -> None:
        """Count a task that is to be submitted.

        Raises:
            RuntimeError: the executor was shut down.
        """
        self._pending.add(task)
        if self._closed:
            self.discard(task)
            raise RuntimeError("cannot schedule new futures after shutdown")

    def keep(self, task: Pending) -> None:
        """Count a task that was submitted before, and is not done."""
        self._pending.add(task)

    def discard(self, task: Pending) -> None:
        """Count a task as done."""
        self._pending.discard(task)
        if self._closed and not self._pending:
            self._idle.set()

    def close(self) -> None:
        """Take no more tasks."""
        self._closed = True
        if not self._pending:
            self._idle.set()

    def cancel(self) -> None:
        """Cancel the tasks that have not been started."""
        for task in list(self._pending):
            task.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether it was closed and all tasks are done."""
        return self._idle.is_set()

    def wait(self) -> None:
        """Wait until it was closed and all tasks are done."""
        self._idle.wait()

    def shut_down(self, wait: bool) -> None:
        """Shut the inner executor down once all tasks are done.

        Until then, a task may be submitted again. A callback of a task cannot wait for its own end.
        """
        self.wait()
        shut_down(self.inner, wait)
        if wait:
            self.openers.join()
        if self._close_home is not None:
            self._close_home()

    @property
    def is_settling(self) -> bool:
        """Whether this thread runs the callbacks of a task, or rebuilds its result."""
        return threading.get_ident() in self.settling or self.openers.runs_here


def _finish_all() -> None:
    """When the interpreter exits, wait for all tasks: some may have to be submitted again."""
    executors = list(_live)
    for each in executors:
        each.close()
    for each in executors:
        each.wait()
