"""A multiprocessing.Pool in which a worker that dies is an error at once, no wait for ever."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterable
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from typing import TypeVar

from demos import interrupts, workers
from demos.workers import PATIENCE, ChildError, describe_exit

Item = TypeVar("Item")
Result = TypeVar("Result")

_LOOK = 0.05  # seconds between two looks at the workers


class WatchedPool:
    """A Pool whose workers end with the `with` block, with Ctrl-C, and with the parent.

    Args:
        context: How to start the workers.
        processes: How many.
        functions: What is going to be mapped. All workers are there, and have imported these, once
            this is made: what it takes to start is not in the time of the first `map`.
    """

    def __init__(
        self, context: BaseContext, processes: int, *functions: Callable[..., object]
    ) -> None:
        self._others = set(multiprocessing.active_children())
        self._workers: list[BaseProcess] = []
        arrivals = context.Semaphore(0)
        try:
            with interrupts.held_back():
                self._pool = context.Pool(processes, _enter, (arrivals, functions))
            self._workers = self._running()
            for _ in range(processes):
                while not arrivals.acquire(timeout=_LOOK):
                    self._raise_if_dead()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> WatchedPool:
        return self

    def __exit__(self, *_: object) -> None:
        with interrupts.held_back():
            # A worker that was killed may have held the lock that terminate waits for.
            stop = threading.Thread(target=self._pool.terminate, daemon=True)
            stop.start()
            stop.join(1.0 if self._dead() else PATIENCE)
            for worker in self._running():
                worker.kill()
                worker.join(PATIENCE)

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """`Pool.map`, a task for each item.

        Raises:
            ChildError: a worker ended before its work was done, or that takes more than an hour.
        """
        deadline = time.monotonic() + workers.SILENCE
        result = self._pool.map_async(function, items, chunksize=1)
        while not result.ready():
            result.wait(_LOOK)
            if not result.ready():
                self._raise_if_dead()
                if time.monotonic() > deadline:
                    raise workers.silent("the workers of the pool")
        return result.get()

    def _raise_if_dead(self) -> None:
        for worker in self._dead():
            code = describe_exit(worker.exitcode)
            raise ChildError(f"a worker of the pool ended with {code} before its work was done")

    def _running(self) -> list[BaseProcess]:
        return [each for each in multiprocessing.active_children() if each not in self._others]

    def _dead(self) -> list[BaseProcess]:
        return [worker for worker in self._workers if worker.exitcode is not None]


def _enter(arrivals: Semaphore, _functions: tuple[Callable[..., object], ...]) -> None:
    interrupts.enter_child()
    arrivals.release()
