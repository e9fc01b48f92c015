"""What a machine makes the values of a payload with."""

from __future__ import annotations

from typing import Any


class Builder:
    """Makes the values that a machine moves around. `at` is the offset of the running opcode."""

    at = 0

    def scalar(self, value: object) -> Any:
        """None, a bool, an int, a float or a str."""
        raise NotImplementedError

    def data(self, data: bytes, kind: type) -> Any:
        """Bytes or a bytearray."""
        raise NotImplementedError

    def buffer(self) -> Any:
        """The next buffer that travelled out of band."""
        raise NotImplementedError

    def read_only(self, value: Any) -> Any:
        """The same buffer, which may not be written to."""
        raise NotImplementedError

    def container(self, kind: type) -> Any:
        """An empty list, dict or set."""
        raise NotImplementedError

    def tuple(self, items: list[Any], last: int) -> Any:
        """A tuple; `last` bytes of the payload make its last item."""
        raise NotImplementedError

    def frozenset(self, items: list[Any]) -> Any:
        """A frozenset."""
        raise NotImplementedError

    def extend(self, target: Any, items: list[Any], kind: type) -> None:
        """Put items into a list or a set; or keys and values by turns, where `kind` is dict."""
        raise NotImplementedError

    def named(self, module: str, name: str) -> Any:
        """A global."""
        raise NotImplementedError

    def computed(self) -> Any:
        """A global whose module and name are not both constants."""
        raise NotImplementedError

    def extension(self, code: int) -> Any:
        """A global by its number in copyreg."""
        raise NotImplementedError

    def persistent(self, key: Any) -> Any:
        """An object by its persistent id."""
        raise NotImplementedError

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        """The result of a call; `how` is the opcode's name. NEWOBJ_EX has keywords."""
        raise NotImplementedError

    def build(self, target: Any, state: Any) -> None:
        """Set the state of an object."""
        raise NotImplementedError
