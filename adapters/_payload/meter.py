"""The meter of one pass: the memory that values take, and the time that a few opcodes can ask for.

Most opcodes take as much time as they have bytes. Others work on what is there already: they hash,
compare or copy it, again and again. Their time is counted in steps of some 10 nanoseconds.
"""

from __future__ import annotations

from adapters._payload import budget
from adapters._payload.reader import UnreadableError


class Meter:
    """Counts memory, in bytes, and time, in steps, up to a limit of each."""

    at = 0  # the offset of the opcode that is running; the machine sets it

    def __init__(self, memory: int, steps: int) -> None:
        self._memory, self._steps = memory, steps
        self._spent = self._taken = 0

    def refuse(self, what: str, advice: str = "") -> None:
        """The payload does what trusted loading refuses."""
        raise NotImplementedError

    def charge(self, cost: int) -> None:
        """Count bytes of memory."""
        self._spent += cost
        if self._spent > self._memory:
            what = f"its values take more than {self._memory} bytes of memory"
            self._memory = budget.UNLIMITED  # it is said once
            self.refuse(what, budget.MORE)

    def expect(self, cost: int) -> None:
        """Count bytes of memory that are needed for a moment."""
        self.charge(cost)
        self.release(cost)

    def release(self, cost: int) -> None:
        """Take back what was charged for something that is gone."""
        self._spent -= cost

    def take(self, steps: int) -> None:
        """Count time."""
        self._taken += steps
        if self._taken > self._steps:
            raise self.takes_too_long(
                f"it takes more than {self._steps} steps to hash, compare and copy its values"
            )

    def takes_too_long(self, what: str) -> Exception:
        """The error to raise at the limit of time."""
        return UnreadableError(what, self.at)
