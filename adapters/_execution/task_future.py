"""TaskFuture: the future of a task, and what happens to the task until it is done."""

from __future__ import annotations

import logging
from concurrent import futures
from functools import partial
from threading import current_thread, get_ident, main_thread
from typing import TYPE_CHECKING, Any, TypeVar

from adapters._execution.chained_future import ChainedFuture
from adapters._execution.messages import LACKS, PLAIN, ResultItem
from adapters.errors import is_failure

if TYPE_CHECKING:
    from adapters._execution.dispatcher import Dispatcher
    from adapters._execution.work import Call, Chunk

T = TypeVar("T")
_LOGGER = logging.getLogger("concurrent.futures")


class TaskFuture(ChainedFuture[T]):
    """A future that is done when its result is there, as an object of this process.

    Plain data is opened where it arrives, everything else in a thread of the dispatcher's openers.

    Args:
        dispatcher: What submits the task.
        work: What the task is.
    """

    def __init__(self, dispatcher: Dispatcher, work: Call | Chunk) -> None:
        super().__init__()
        self._dispatcher: Any = dispatcher  # None when it is done: it holds the pool
        self._work: Any = work  # None when it is done: it holds the arguments
        self._answered = False  # whether an answer waits for an opener

    def start(self) -> None:
        """Submit the task; raises what the inner executor raises."""
        self._dispatcher.add(self)
        try:
            self._submit()
        except BaseException:
            self._dispatcher.discard(self)
            raise

    def _submit(self, answer: ResultItem | None = None) -> None:
        try:
            sent = self._work.pack(self._dispatcher, answer)
        except BaseException as error:
            if not is_failure(error):
                raise
            self._finish(*self._work.lost(error))
        else:
            source = self._dispatcher.submit(*sent, once=self._work.once)
            self._answered = False
            self.chain(source)

    def _copy_state(self, source: futures.Future[Any]) -> None:
        """Callback of the inner executor's future, mostly in a thread of that executor."""
        try:
            error = source.exception()
        except futures.CancelledError:
            self._finish(None, None, cancelled=source)
            return
        if error is not None:
            self._finish(*self._work.lost(error))
        elif (answer := source.result())[0] == PLAIN:
            self._finish(*self._work.open(answer))
        else:
            self.take(answer)

    def take(self, answer: ResultItem) -> None:
        """Let an opener open an answer."""
        self._dispatcher.keep(self)
        self._answered = True
        self.source = None
        self._dispatcher.openers.run(partial(self._open, answer))

    def _open(self, answer: ResultItem) -> None:
        """Open an answer, in a thread of the openers; or submit again what its worker lacked."""
        try:
            if answer[0] != LACKS:
                self._finish(*self._work.open(answer))
            elif not self.done():
                self._submit(answer)
        except BaseException as error:  # such as a pool that is broken
            self._finish(*self._work.lost(error))

    def _finish(
        self,
        value: Any,
        error: BaseException | None,
        cancelled: futures.Future[Any] | None = None,
    ) -> None:
        """Complete this future, and run its callbacks."""
        dispatcher, this = self._dispatcher, get_ident()
        self.source = None
        dispatcher.settling.add(this)
        try:
            if cancelled is not None:
                super()._copy_state(cancelled)
            elif error is not None:
                self.set_exception(error)
            else:
                self.set_result(value)
        except BaseException as raised:  # by a callback: it must not end a thread of an executor
            if not is_failure(raised) and current_thread() is main_thread():
                raise
            _LOGGER.exception("exception calling a callback of %r", self)
        finally:
            dispatcher.settling.discard(this)
            self._work = self._dispatcher = None
            dispatcher.discard(self)

    def cancel(self) -> bool:
        return False if self._answered else super().cancel()

    def running(self) -> bool:
        return (self._answered and not self.done()) or super().running()
