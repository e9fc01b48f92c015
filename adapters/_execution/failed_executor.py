"""FailedExecutor: stands in for an executor that could not be made."""

from __future__ import annotations

from collections.abc import Callable
from concurrent import futures
from typing import Any, NoReturn


class FailedExecutor(futures.Executor):
    """An executor whose `submit` raises the reason why there is no better one."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> NoReturn:
        raise self._error
