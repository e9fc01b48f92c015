"""Traced tasks: what a worker records of a task goes back beside its result item.

Such a result item is (TRACED, the result item, [events], what carried it).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent import futures
from typing import Any

from adapters import _events
from adapters._tracing.observer import observer
from adapters._wire.lookup import lock

TRACED = -1  # no kind of result items


def run_traced(engine: str, run: Callable[..., Any], *args: Any) -> tuple[Any, ...]:
    """Run a call item, in a worker, and record what travels meanwhile.

    Args:
        engine: What carries the call item.
        run: `run_call` or `run_chunk`.
        args: Its arguments.
    """
    events: list[tuple[Any, ...]] = []
    with observer.tells_of_thread(lambda event: events.append(tuple(event))):
        item = run(*args)
    return TRACED, item, [events], engine


def result_item(source: futures.Future[Any]) -> Any:
    """The result item of a task that has run; raises what the executor inside has raised.

    What the worker has recorded is told here, once.
    """
    item = source.result()
    if item[0] != TRACED:
        return item
    _, inside, untold, engine = item
    with lock:
        events = untold.pop() if untold else None
    if events is not None and _events.observer is not None:
        observer.result(source, events, engine, inside)
    return inside
