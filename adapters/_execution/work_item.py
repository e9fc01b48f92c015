"""WorkItem: a task that can be submitted to one executor after another, and its future."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from adapters._execution.chained_future import ChainedFuture

Call: TypeAlias = "tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]"


class WorkItem(ChainedFuture[Any]):
    """A task that can be submitted more than once, and its future.

    Args:
        call: The function of the task, its arguments and its keyword arguments.
        withdraw: Cancels this work item and returns True, if no executor has it.
        once: Whether no second executor may run what a first one has accepted.
    """

    def __init__(
        self, call: Call, withdraw: Callable[[WorkItem], bool], once: bool = False
    ) -> None:
        super().__init__()
        self.call: Call | None = call  # None when it is done
        self.once = once
        self.withdrawn = False  # whether it was cancelled while no executor had it
        self._withdraw = withdraw

    def release(self) -> None:
        """Let the arguments and the executor go: the task is done."""
        self.call = None
        self._withdraw = _too_late

    def cancel(self) -> bool:
        """Withdraw the task if it is pending; if an executor has it, cancel it there."""
        if not self.done() and self._withdraw(self):
            return True
        source = self.source
        return self.cancelled() if self.withdrawn or source is None else source.cancel()


def _too_late(_: WorkItem) -> bool:
    return False
