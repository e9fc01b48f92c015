"""RayExecutor: Ray's tasks as a concurrent.futures executor, which Ray itself does not have."""

from __future__ import annotations

from collections.abc import Callable
from concurrent import futures
from typing import Any, TypeVar

import ray

T = TypeVar("T")


class RayExecutor(futures.ThreadPoolExecutor):
    """Runs each task as a Ray task, for which one thread of this process waits.

    Pass it to `adapters.Executor`, which carries native objects and errors through it. A worker
    that dies fails its own task, with Ray's WorkerCrashedError.

    Args:
        max_workers: Tasks that run at once; None means the CPUs of the cluster. The others wait
            in this process, and can be cancelled.
        options: For `ray.remote`, such as `num_cpus` or `max_retries` (0, unless given).
    """

    by_value = True  # how Ray sends what is in the main script

    def __init__(self, max_workers: int | None = None, **options: Any) -> None:
        if max_workers is None:
            max_workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
        super().__init__(max_workers, thread_name_prefix="ray-executor")
        self._call = ray.remote(**{"max_retries": 0, **options})(_call)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> futures.Future[T]:
        """As `concurrent.futures.Executor.submit`."""
        return super().submit(lambda: ray.get(self._call.remote(fn, args, kwargs)))


def _call(fn: Callable[..., T], args: Any, kwargs: Any) -> T:
    return fn(*args, **kwargs)
