"""A machine for audits, which tell where things are in a payload."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from adapters._payload.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters._payload.symbolic import SymbolicBuilder

_ARGUMENTS = range(2, 5)  # how many there are in calls whose states are measured


class PlacesMachine(Machine):
    """A machine that knows where in the payload each value begins."""

    def __init__(self, data: bytes, builder: SymbolicBuilder) -> None:
        super().__init__(data, builder)
        self._starts = array("Q")  # for each value of the stack, where its first opcode is
        self._popped = array("Q")  # the same, for the values that were popped last
        self._popped_at = -1  # the offset of the opcode that did so

    def _push(self, value: Any) -> None:
        popped = self._popped_at == self.offset and self._popped
        self._starts.append(popped[0] if popped else self.offset)
        super()._push(value)

    def _pop(self, count: int | None = None) -> list[Any]:
        items = super()._pop(count)
        where = len(self._stack)
        self._popped, self._popped_at = self._starts[where:], self.offset
        del self._starts[where:]
        return items

    def _places(self) -> Sequence[int]:
        return (*self._popped, self.offset) if len(self._popped) in _ARGUMENTS else ()
