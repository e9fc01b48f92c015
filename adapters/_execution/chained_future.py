"""ChainedFuture: a future that takes its result, cancellation and running state from another."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent import futures
from functools import partial
from threading import current_thread, main_thread
from typing import Any, TypeVar

from adapters.errors import failures, is_failure

T = TypeVar("T")
_LOGGER = logging.getLogger("concurrent.futures")  # which also logs what a callback raises


class ChainedFuture(futures.Future[T]):
    """A future that is chained to a source, as asyncio chains its futures to those of a pool."""

    source: futures.Future[Any] | None = None

    def chain(self, source: futures.Future[Any]) -> None:
        """Copy the outcome of `source` once it is done; until then, delegate to it."""
        self.source = source
        source.add_done_callback(self._copy_state)

    def add_done_callback(self, fn: Callable[[futures.Future[T]], object]) -> None:
        """As in `Future`, but a callback that raises no Exception does not skip those after it."""
        super().add_done_callback(partial(_call_back, fn))

    def _copy_state(self, source: futures.Future[Any]) -> None:
        if source.cancelled():
            self._settle(None, None, cancelled=True)
        else:
            error = source.exception()
            self._settle(source.result() if error is None else None, error)

    def _settle(self, value: Any, error: BaseException | None, cancelled: bool = False) -> None:
        """Complete this future, and run its callbacks."""
        try:
            if cancelled:
                super().cancel()
                self.set_running_or_notify_cancel()
            elif error is not None:
                self.set_exception(error)
            else:
                self.set_result(value)
        except BaseException as raised:  # by a callback: it must not end a thread of an executor
            if not is_failure(raised) and current_thread() is main_thread():
                raise
            _LOGGER.exception("exception calling a callback of %r", self)
        finally:
            self.source = None  # breaks a reference cycle

    def __repr__(self) -> str:
        shown = super().__repr__()
        return shown.replace("state=pending", "state=running") if self.running() else shown

    def cancel(self) -> bool:
        source = self.source
        return super().cancel() if source is None else source.cancel()

    def running(self) -> bool:
        source = self.source
        return super().running() if source is None else source.running()


def _call_back(fn: Callable[[futures.Future[T]], object], future: futures.Future[T]) -> None:
    try:
        fn(future)
    except failures():
        _LOGGER.exception("exception calling callback for %r", future)
