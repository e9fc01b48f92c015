"""Openers: threads that open what arrived for an executor, and submit again what a worker lacked.

It may run a factory, which may take long, or wait for another task of the same executor. So neither
the caller's thread does that, which may run an event loop, nor the pool's, for which all tasks
wait. One thread at a time opens; another one begins where it makes no progress.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread, get_ident

_PATIENCE = 0.02  # seconds without progress after which another thread opens, too
_LINGER = 0.1  # seconds for which a thread waits for more; the interpreter's exit waits for it


class Openers:
    """Runs functions in threads of its own, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()
        self._threads = 0
        self._running: set[int] = set()  # threads that run a function now
        self._taken = 0  # functions that threads have taken so far
        self._changed = Condition()

    def run(self, function: Callable[[], object]) -> None:
        """Run a function, which must not raise, in a thread of this; here, if none can start."""
        with self._changed:
            self._waiting.append(function)
            has_thread = self._call_thread()
        if not has_thread:
            with self._changed:
                self._threads += 1
            self._work()

    def _call_thread(self) -> bool:
        """Wake a thread that waits, or start one; returns whether there is one."""
        if self._threads > len(self._running):
            self._changed.notify_all()  # the threads that wait, and those that join
            return True
        try:
            Thread(target=self._work, name="adapters-opener").start()
        except RuntimeError:  # the interpreter is shutting down and starts no threads
            return False
        self._threads += 1
        return True

    def _work(self) -> None:
        while (function := self._next()) is not None:
            try:
                function()
            finally:
                del function  # with all that it holds
                with self._changed:
                    self._running.discard(get_ident())
                    self._changed.notify_all()

    def _next(self) -> Callable[[], object] | None:
        """Wait for a function to run; None ends this thread."""
        with self._changed:
            while True:
                if not self._waiting:
                    self._changed.wait(_LINGER)
                    if not self._waiting:
                        self._threads -= 1
                        return None
                if self._running:  # does that thread make progress?
                    taken = self._taken
                    self._changed.wait_for(lambda: not self._running, _PATIENCE)
                    if not self._waiting or (self._running and self._taken != taken):
                        continue
                self._taken += 1
                self._running.add(get_ident())
                function = self._waiting.popleft()
                if self._waiting:
                    self._call_thread()  # in case this function makes no progress
                return function

    @property
    def runs_here(self) -> bool:
        """Whether the calling thread is one of these."""
        return get_ident() in self._running

    def join(self) -> None:
        """Wait until all functions have run, but for one that runs in the calling thread."""
        with self._changed:
            this = {get_ident()}
            self._changed.wait_for(lambda: not self._waiting and self._running <= this)
