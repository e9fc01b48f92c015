"""Places: where in an object a part is, which says how it is read."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where a part is.

    Attributes:
        level: In how many other parts it is.
        derived: How many of those a getter returned.
        in_state: Whether it is in the state of a native object.
        with_state: Whether its own state is read, if it is a native object.
        private: Whether it is in an attribute whose name begins with "_".
        default: Whether it is in a class, and compared only where an object holds its own.
        native: Whether it is read as native objects are, though no adapter may serve it.
    """

    level: int
    derived: int
    in_state: bool
    with_state: bool
    private: bool = False
    default: bool = False
    native: bool = False

    def inner(self) -> Place:
        return self._replace(level=self.level + 1, with_state=True, native=False)
