"""Backlog: the tasks that wait for an executor, and the thread that submits them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent import futures
from threading import Condition, Thread

from adapters._execution.work_item import WorkItem


class Backlog:
    """A queue of work items, and a thread that submits each when it may run.

    The thread lives as long as there is a queue. It is a daemon: the interpreter does not wait for
    it, and its pools take no tasks once the interpreter shuts down.

    Args:
        changed: The lock of the queue; it is notified whenever a work item may run that could not.
        reserve: Called with the lock. Returns the executor for a work item if it may run now.
        submit: Called without the lock, in the thread of the queue. It raises nothing.
    """

    def __init__(
        self,
        changed: Condition,
        reserve: Callable[[WorkItem], futures.Executor | None],
        submit: Callable[[WorkItem, futures.Executor], None],
    ) -> None:
        self.items: deque[WorkItem] = deque()
        self.thread: Thread | None = None
        self._changed = changed
        self._reserve = reserve
        self._submit = submit

    def start(self) -> None:
        """Start the thread if there is a queue and no thread.

        Raises:
            RuntimeError: the interpreter is shutting down, or there are too many threads.
        """
        with self._changed:
            if self.items and self.thread is None:
                thread = Thread(target=self._run, name="adapters-backlog", daemon=True)
                thread.start()
                self.thread = thread

    def take_all(self) -> list[WorkItem]:
        """Empty the queue; the caller has the lock."""
        items = list(self.items)
        self.items.clear()
        self._changed.notify_all()
        return items

    def _run(self) -> None:
        while (step := self._next_step()) is not None:
            self._submit(*step)

    def _next_step(self) -> tuple[WorkItem, futures.Executor] | None:
        with self._changed:
            while self.items:
                if self.items[0].withdrawn:
                    self.items.popleft()
                elif (executor := self._reserve(self.items[0])) is not None:
                    return self.items.popleft(), executor
                else:
                    self._changed.wait()
            self.thread = None
            return None
