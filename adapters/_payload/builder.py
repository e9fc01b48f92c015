"""The interface through which a machine makes values; `symbolic` and `construct` have it."""

from __future__ import annotations

from typing import Any, Protocol


class Builder(Protocol):
    """Makes the values that a machine moves between its stack and its memo.

    Attributes:
        at: The offset of the opcode that is running; the machine sets it.
    """

    at: int

    def scalar(self, value: object) -> Any:
        """None, a bool, an int, a float or a str."""

    def data(self, data: bytes, kind: type) -> Any:
        """Bytes or a bytearray."""

    def buffer(self) -> Any:
        """The next buffer that travelled out of band."""

    def read_only(self, value: Any) -> Any:
        """The same buffer, read-only."""

    def container(self, kind: type) -> Any:
        """An empty list, dict or set."""

    def closed(self, kind: type, items: list[Any], last: int = 0) -> Any:
        """A tuple or frozenset; `last` bytes of the payload make the last item of a tuple."""

    def extend(self, target: Any, items: list[Any], kind: type) -> None:
        """Add items to a list or a set; or keys and values by turns, where `kind` is dict."""

    def find_global(self, module: str, name: str) -> Any:
        """What stands for a global."""

    def unresolved(self, what: str) -> Any:
        """An object that the bytes of the payload alone do not determine; `what` says why."""

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        """The result of a call; `how` is the opcode's name. NEWOBJ_EX has keywords."""

    def build(self, target: Any, state: Any) -> None:
        """Set the state of an object (BUILD)."""
