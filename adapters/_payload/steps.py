"""Steps: what loading a payload asks for, in order, found by reading it with symbols.

A step is something that may fail: a call, a method of an object that the payload has made, or an
object that only the unpickler could find. The globals that a payload names are listed apart.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from adapters._payload import budget
from adapters._payload.machine import Machine
from adapters._payload.reader import UnreadableError
from adapters._payload.symbolic import SymbolicBuilder
from adapters._payload.symbols import Closed, Container, Global, Opaque, shown
from adapters.errors import VersionError

_STOP = b"."


class Step(NamedTuple):
    """What a payload asks for, and at which byte.

    Attributes:
        how: "call", "state", "items", "hash" or, for an object that only the unpickler could find,
            "find".
        what: The same in words.
        path: The global that is called, or the one that has made the object.
    """

    how: str
    what: str
    path: str
    offset: int


class Steps(SymbolicBuilder):
    """The steps of a payload, read when this is made.

    Attributes:
        steps, globals: In order; of a global its module, its name, and at which byte it is named.
        whole: Whether all are known. Unpicklers ignore what follows the STOP, so that is all.
        damage: Why it cannot be read further, None if it can.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(len(data), None, None)
        self.steps: list[Step] = []
        self.globals: list[tuple[str, str, int]] = []
        self.whole = False
        self.damage: UnreadableError | None = None
        self._opcodes = 0
        if len(data) > budget.DIAGNOSED_BYTES:
            return
        try:
            Machine(data, self).run()
            self.whole = True
        except (_TooLongError, VersionError):
            pass
        except UnreadableError as error:
            self.whole = bool(self.values) and data[error.offset : error.offset + 1] == _STOP
            self.damage = None if self.whole else error

    @property
    def at(self) -> int:
        """The offset of the opcode that is running."""
        return self._at

    @at.setter
    def at(self, offset: int) -> None:
        self._at = offset
        self._opcodes += 1
        if self._opcodes > budget.DIAGNOSED_OPCODES:
            raise _TooLongError

    def charge(self, cost: int) -> None:
        """Nothing: symbols take memory in proportion to the payload, unlike copies."""

    def takes_too_long(self, what: str) -> Exception:
        return _TooLongError()

    def find_global(self, module: str, name: str) -> Any:
        self.globals.append((module, name, self.at))
        return super().find_global(module, name)

    def unresolved(self, what: str) -> Opaque:
        self._add("find", f"it {what}", "")
        return Opaque("")

    def refuse(self, what: str, advice: str = "") -> None:
        """Nothing: unpicklers refuse nothing of it."""

    def run(self, how: str, function: Any, arguments: Any) -> Opaque:
        kind = type(function)
        path = function.path if kind is Global else function.what if kind is Opaque else ""
        if arguments is None:
            if how == "BUILD":
                self._add("state", f"setting the state of {_made_by(path)}", path)
            else:
                self._add("items", f"adding items to {_made_by(path)}", path)
            return Opaque(path)
        items = arguments.items if type(arguments) is Closed else []
        # These are given the class to make an object of.
        given = path.startswith("copyreg.") and items and type(items[0]) is Global
        of = items[0].path if given else ""
        what = shown(path) or "an object"
        self._add("call", f"calling {what} for {shown(of)}" if of else f"calling {what}", path)
        return Opaque(of or path)

    def _add_keys(self, target: Container, keys: list[Any]) -> None:
        for key in keys:
            if type(key) is Opaque:
                self._add("hash", f"hashing {_made_by(key.what)}", key.what)
        super()._add_keys(target, keys)

    def _add(self, how: str, what: str, path: str) -> None:
        self.steps.append(Step(how, what, path, self.at))


class _TooLongError(Exception):
    """The payload has more opcodes than are read again."""


def _made_by(path: str) -> str:
    return f"what {shown(path)} made" if path else "an object"
