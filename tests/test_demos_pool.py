"""A Pool whose workers die, or send nothing."""

from __future__ import annotations

import multiprocessing
import os
import time

import pytest

from demos._support.pool import WatchedPool
from demos._support.workers import WorkerError


@pytest.mark.slow
def test_a_killed_worker_of_the_pool_is_an_error_at_once(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    begun = time.monotonic()
    with WatchedPool(context, 2, time.sleep) as pool:
        multiprocessing.active_children()[0].kill()
        with pytest.raises(WorkerError, match="a worker of the pool ended with exit code"):
            pool.map(time.sleep, [20, 20])
    assert time.monotonic() - begun < 10
    assert not multiprocessing.active_children()


def test_a_silent_worker_is_an_error_after_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos._support.workers.REPLY_TIMEOUT", 0.2)
    with (
        pytest.raises(WorkerError, match=r"no message from the workers of the pool for 0\.2 s"),
        WatchedPool(multiprocessing.get_context("spawn"), 1) as pool,
    ):
        pool.map(time.sleep, [60.0])
    assert not multiprocessing.active_children()


def test_a_worker_that_ends_at_once_is_an_error() -> None:
    with pytest.raises(WorkerError, match="a worker of the pool ended with exit code 7"):
        WatchedPool(multiprocessing.get_context("spawn"), 2, _Ends())  # type: ignore[arg-type]
    assert not multiprocessing.active_children()


class _Ends:
    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (7,)
