"""A multiprocessing.Pool that raises when a worker dies, where Pool.map waits for ever.

python/cpython#66587: Pool replaces a dead worker, but not the task that the worker had.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterable
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from typing import TypeVar

from demos._support import interrupts, workers
from demos._support.workers import JOIN_TIMEOUT, WorkerError, describe_exit

Item = TypeVar("Item")
Result = TypeVar("Result")

_POLL_INTERVAL = 0.05  # seconds between two checks of the workers


class WatchedPool:
    """A Pool whose workers end with the `with` block, on Ctrl-C, and with the parent.

    The constructor returns when all workers run and have imported `functions`, so that the time of
    the first `map` does not include their start.

    Args:
        context: The multiprocessing context that starts the workers.
        processes: The number of workers.
        functions: The functions that will be mapped.
    """

    def __init__(
        self, context: BaseContext, processes: int, *functions: Callable[..., object]
    ) -> None:
        self._others = set(multiprocessing.active_children())
        self._workers: list[BaseProcess] = []
        started = context.Semaphore(0)
        with interrupts.deferred():
            self._pool = context.Pool(processes, _initialize, (started, functions))
        try:
            self._workers = self._running()
            for _ in range(processes):
                while not started.acquire(timeout=_POLL_INTERVAL):
                    self._raise_if_dead()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> WatchedPool:
        return self

    def __exit__(self, *_: object) -> None:
        with interrupts.deferred():
            # A killed worker may have held the lock that terminate() waits for: hence the thread.
            stop = threading.Thread(target=self._pool.terminate, daemon=True)
            stop.start()
            stop.join(1.0 if self._dead() else JOIN_TIMEOUT)
            for worker in self._running():
                worker.kill()
                worker.join(JOIN_TIMEOUT)

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """`Pool.map`, with one task for each item.

        Raises:
            WorkerError: a worker ended, or the results took longer than `workers.REPLY_TIMEOUT`.
        """
        deadline = time.monotonic() + workers.REPLY_TIMEOUT
        result = self._pool.map_async(function, items, chunksize=1)
        while not result.ready():
            result.wait(_POLL_INTERVAL)
            if not result.ready():
                self._raise_if_dead()
                if time.monotonic() > deadline:
                    raise workers.timeout_error("the workers of the pool")
        return result.get()

    def _raise_if_dead(self) -> None:
        for worker in self._dead():
            code = describe_exit(worker.exitcode)
            raise WorkerError(f"a worker of the pool ended with {code} before its work was done")

    def _running(self) -> list[BaseProcess]:
        return [each for each in multiprocessing.active_children() if each not in self._others]

    def _dead(self) -> list[BaseProcess]:
        return [worker for worker in self._workers if worker.exitcode is not None]


def _initialize(started: Semaphore, _functions: tuple[Callable[..., object], ...]) -> None:
    interrupts.initialize_child()
    started.release()
