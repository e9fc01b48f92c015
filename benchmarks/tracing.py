"""What a trace costs: while none is open, and while one is.

`adapters.dumps` and `loads` of one small object have the least to do of all that asks whether
somebody traces. Their peer is the same without the question. Plain pickle has no question to ask.
"""

from __future__ import annotations

import pickle
import platform
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import adapters
from adapters._pickling import write
from adapters.errors import AdapterError
from benchmarks._measure import Gap, Row, cpu_time
from benchmarks._small_types import Adapted

ROUNDS = 61
_CALLS = 2000
_TRACED = 200


def rows() -> Iterator[Row | Gap]:
    """A row for each of the two functions, and one of plain pickle in a trace."""
    obj = Adapted(1_000_003)
    dumps, loads = adapters.dumps, adapters.loads
    payload = dumps(obj)
    yield Row(
        "trace, none is open: adapters.dumps",
        cpu_time(lambda: [dumps(obj) for _ in range(_CALLS)]),
        cpu_time(lambda: [_dumps(obj) for _ in range(_CALLS)]),
        "dumps without the question",
        1.02,
        ROUNDS,
    )
    yield Row(
        "trace, none is open: adapters.loads",
        cpu_time(lambda: [loads(payload) for _ in range(_CALLS)]),
        cpu_time(lambda: [_loads(payload) for _ in range(_CALLS)]),
        "loads without the question",
        1.02,
        ROUNDS,
    )
    yield Row(
        "trace, one is open: a round trip",
        cpu_time(lambda: _traced(obj)),
        cpu_time(lambda: [pickle.loads(pickle.dumps(obj)) for _ in range(_TRACED)]),
        f"pickle of Python {platform.python_version()}, none",
        20.0,
        ROUNDS,
    )


def _traced(obj: Adapted) -> None:
    with adapters.trace():
        for _ in range(_TRACED):
            pickle.loads(pickle.dumps(obj))


def _dumps(
    obj: object, protocol: int | None = None, *, buffer_callback: Callable[[Any], Any] | None = None
) -> bytes:
    return b"".join(write(obj, protocol, buffer_callback))


def _loads(
    data: Any,
    *,
    buffers: Iterable[Any] | None = None,
    trusted: Iterable[str] | None = None,
    by_value: bool = False,
    max_bytes: int | None = None,
) -> Any:
    if trusted is not None:
        return adapters.loads(data, trusted=trusted, by_value=by_value, max_bytes=max_bytes)
    try:
        return pickle.loads(data, buffers=buffers)
    except (AdapterError, MemoryError):
        raise
