"""TaskFuture: the future of a task, and what happens to the task until it is done."""

from __future__ import annotations

from concurrent import futures
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, TypeVar

from adapters._execution.chained_future import ChainedFuture
from adapters._execution.messages import LACKS, PLAIN, ResultItem
from adapters._execution.traced import result_item
from adapters.errors import failures

if TYPE_CHECKING:
    from adapters._execution.dispatcher import Dispatcher
    from adapters._execution.work import Call, Chunk

T = TypeVar("T")


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
        self._opening = False  # whether the task has run, and its result is being opened

    def start(self) -> None:
        """Submit the task; raises what the inner executor raises."""
        dispatcher = self._dispatcher
        try:
            dispatcher.add(self)
            self._submit(self._work)
        except BaseException:
            dispatcher.discard(self)
            raise

    def _submit(self, work: Call | Chunk, answer: ResultItem | None = None) -> None:
        dispatcher = self._dispatcher
        try:
            sent = work.pack(dispatcher, answer)
        except failures() as error:
            self._settle(*work.lost(error))
            return
        if not self.done():
            self.chain(dispatcher.submit(*sent, once=work.once))
            if self.cancelled() and (source := self.source) is not None:
                source.cancel()  # it was cancelled meanwhile

    def _copy_state(self, source: futures.Future[Any]) -> None:
        """Callback of the inner executor's future, mostly in a thread of that executor."""
        work = self._work
        if work is None or source.cancelled():
            self._settle(None, None, cancelled=True)
        elif (error := source.exception()) is not None:
            if (dispatcher := self._dispatcher) is not None:  # it was not cancelled meanwhile
                dispatcher.broke(error)
            self._settle(*work.lost(error))
        elif (answer := result_item(source))[0] == PLAIN:
            self._settle(*work.open(answer))
        else:
            self.take(answer)

    def take(self, answer: ResultItem) -> None:
        """Let an opener open an answer."""
        self._dispatcher.keep(self)
        self._opening = answer[0] != LACKS
        self.source = None
        self._dispatcher.openers.run(partial(self._open, answer))

    def _open(self, answer: ResultItem) -> None:
        """Open an answer, in a thread of the openers; or submit again what its worker lacked."""
        work = self._work
        if work is None:  # it was cancelled
            return
        try:
            if answer[0] == LACKS:
                self._submit(work, answer)
            else:
                self._settle(*work.open(answer))
        except BaseException as error:  # such as a pool that is broken
            self._settle(*work.lost(error))

    def _settle(self, value: Any, error: BaseException | None, cancelled: bool = False) -> None:
        dispatcher, this = self._dispatcher, get_ident()
        if dispatcher is None:  # it was cancelled while it was on its way
            self.source = None
            return
        is_inside = this in dispatcher.settling
        dispatcher.settling.add(this)
        try:
            super()._settle(value, error, cancelled)
        finally:
            if not is_inside:
                dispatcher.settling.discard(this)
            self._work = self._dispatcher = None
            dispatcher.discard(self)

    def cancel(self) -> bool:
        source = self.source
        if source is not None:
            return source.cancel()
        if not (self._opening or self.done()):  # it is not submitted yet, or not again
            self._settle(None, None, cancelled=True)
            if (source := self.source) is not None:
                source.cancel()  # it was submitted meanwhile
        return self.cancelled()

    def running(self) -> bool:
        return (self._opening and not self.done()) or super().running()
