"""An executor on local processes: its workers end with the block, whatever happens in it."""

from __future__ import annotations

import multiprocessing
import os
import time

import pytest

from demos._support import clusters
from demos._support.workers import WorkerError


def test_an_error_in_the_block_does_not_wait_for_tasks(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    begun = time.monotonic()
    with (  # noqa: PT012  the task runs when the error comes
        pytest.raises(LookupError, match="nothing there"),
        clusters.executor("processes", 1, context) as executor,
    ):
        executor.submit(time.sleep, 60)
        raise LookupError("nothing there")
    assert time.monotonic() - begun < 30
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("initializer", [(int, ()), (os._exit, (3,))], ids=["task", "start"])
def test_the_end_of_a_worker_is_one_error(initializer: tuple[object, tuple[int, ...]]) -> None:
    context = multiprocessing.get_context("spawn")
    with (
        pytest.raises(WorkerError, match="a worker of the Executor ended: "),
        clusters.executor("processes", 2, context, initializer) as executor,  # type: ignore[arg-type]
    ):
        executor.submit(os._exit, 3).result(60)
    assert not multiprocessing.active_children()
