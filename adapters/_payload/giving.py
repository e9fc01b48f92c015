"""What code of adapters is given: states, links and attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload import budget
from adapters._payload.symbols import CONTAINERS, TO_FACTORY, BytesLike, Container, Made

if TYPE_CHECKING:
    from adapters._payload.meter import Meter


def give(meter: Meter, value: Any, to: int) -> None:
    """Mark all containers in a value, which must not grow from now on, and count a copy of it.

    The code may copy what it is given; a part that is met more than once counts as often. Objects
    in what a factory is given count as given, too; those in what `link` is given do not, as they
    may wait for links of their own.
    """
    if _is_new(value, to):
        _mark(value, to)
    meter.charge(_copied(value))


def _mark(value: Container, to: int) -> None:
    todo: list[Any] = [value]
    open_: list[Container] = []
    while todo:
        container = todo[-1]
        if open_ and open_[-1] is container:
            open_.pop()
            todo.pop()
            if type(container) is not Made:
                container.copied = min(
                    budget.UNLIMITED,
                    budget.VALUE * (1 + len(container.items)) + sum(map(_copied, container.items)),
                )
        elif container.given >= to:
            todo.pop()
        else:
            container.given, container.copied = to, 0
            open_.append(container)
            parts = (
                container.items[1:2] if type(container) is Made else container.items
            )  # attributes
            todo += [part for part in parts if _is_new(part, to)]


def _is_new(part: Any, to: int) -> bool:
    kind = type(part)
    return kind in CONTAINERS and part.given < to and (kind is not Made or to == TO_FACTORY)


def _copied(value: Any) -> int:
    """Bytes that a copy of a value takes; nothing for an object, nor for what it is part of."""
    kind = type(value)
    if kind in CONTAINERS:
        return int(value.copied)
    if kind is BytesLike:
        return int(value.size)
    return value.__sizeof__() if kind is str or kind is int else 0
