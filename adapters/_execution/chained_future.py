"""Following: a future that is done when another one is."""

from __future__ import annotations

import logging
from concurrent import futures
from typing import Any, TypeVar

T = TypeVar("T")
_LOGGER = logging.getLogger("concurrent.futures")  # where other exceptions of callbacks go


class Following(futures.Future[T]):
    """A future that is done when another one is, which it also asks in all else."""

    _task: futures.Future[Any] | None = None

    def follow(self, task: futures.Future[Any]) -> None:
        """Be done when `task` is."""
        self._task = task
        task.add_done_callback(self._follow)

    def _follow(self, task: futures.Future[Any]) -> None:
        try:
            if task.cancelled():
                super().cancel()
                self.set_running_or_notify_cancel()
            elif (error := task.exception()) is not None:
                self.set_exception(error)
            else:
                self._succeed(task.result())
        except BaseException:  # sys.exit() in a callback: this thread has other tasks to serve
            _LOGGER.exception("exception calling a callback of %r", self)
        finally:
            self._task = None  # no cycle

    def _succeed(self, result: Any) -> None:
        self.set_result(result)

    def cancel(self) -> bool:
        """Cancel the task, unless it has been started."""
        task = self._task
        return super().cancel() if task is None else task.cancel()

    def running(self) -> bool:
        """Whether the task has been started and is not done."""
        task = self._task
        return super().running() if task is None else task.running()
