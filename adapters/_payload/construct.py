"""The values of a payload that was found harmless, made by the machine that found it so.

No unpickler is used, nothing is imported and no name looked up: a global stands for one of the
functions in a fixed table, by the name under which the payload has it. Each step checks for itself
what the first pass has checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from adapters._payload.builder import Builder
from adapters._payload.reader import UnreadableError
from adapters._payload.symbols import REBUILD, SPEC
from adapters._wire.rebuild import Spec

if TYPE_CHECKING:
    from adapters._wire.adapter import Adapter
    from adapters._wire.provider import Provider

_COLLISIONS = 100  # keys of one hash in one container
_NUMBER = 1 << 60  # integers below are their own hashes: no two of them collide


class Function:
    """Stands for a function of the table; it is never in what the payload makes."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


_PLAIN: dict[str, Any] = {
    # By method and not by name: that would import a codec.
    "_codecs.encode": lambda text, _encoding: text.encode("latin-1"),
    "builtins.bytearray": lambda value=b"", encoding=None: bytearray(
        value if encoding is None else value.encode("latin-1")
    ),
    "builtins.bytes": bytes,
    "builtins.complex": complex,
    "builtins.dict": dict,
    "builtins.frozenset": frozenset,
    "builtins.list": list,
    "builtins.memoryview": memoryview,
    "builtins.set": set,
    "builtins.tuple": tuple,
}


class Construction(Builder):
    """Makes the values themselves.

    Args:
        buffers: What travelled out of band.
        adapters: The adapter for each name and provider in the payload.
    """

    def __init__(self, buffers: list[Any], adapters: dict[tuple[str, Provider], Adapter]) -> None:
        self._buffers, self._adapters = iter(buffers), adapters
        # Counts keys by container and hash; the containers stay alive, so their ids stay theirs.
        self._hashes: dict[tuple[int, int], int] = {}
        self._containers: dict[int, Any] = {}

    def _never(self, what: str) -> NoReturn:
        raise UnreadableError(f"{what} has come past the first pass", self.at)

    def scalar(self, value: object) -> Any:
        return value

    def data(self, data: bytes, kind: type) -> Any:
        return kind(data)

    def buffer(self) -> Any:
        return next(self._buffers)

    def read_only(self, value: Any) -> Any:
        view = memoryview(value)
        return value if view.readonly else view.toreadonly()

    def container(self, kind: type) -> Any:
        return kind()

    def tuple(self, items: list[Any], last: int) -> Any:
        return tuple(items)

    def frozenset(self, items: list[Any]) -> Any:
        self._watch(items, items)
        return frozenset(items)

    def extend(self, target: Any, items: list[Any], kind: Any) -> None:
        if type(target) is not kind:
            self._never("an item of something that is no container")
        if kind is list:
            target.extend(items)
        elif kind is set:
            self._watch(target, items)
            target.update(items)
        else:
            self._watch(target, items[::2])
            target.update(zip(items[::2], items[1::2], strict=True))

    def _watch(self, target: Any, keys: list[Any]) -> None:
        """Refuse keys that were chosen to collide: each one is compared with all before it."""
        for key in keys:
            kind = type(key)
            if kind is str or kind is bytes or (kind is int and -_NUMBER < key < _NUMBER):
                continue
            where = id(target), hash(key)
            self._containers[id(target)] = target
            self._hashes[where] = count = self._hashes.get(where, 0) + 1
            if count > _COLLISIONS:
                raise UnreadableError(f"more than {_COLLISIONS} keys have one hash", self.at)

    def named(self, module: str, name: str) -> Any:
        return Function(f"{module}.{name}")

    def computed(self) -> Any:
        self._never("a computed global")

    def extension(self, code: int) -> Any:
        self._never("an extension code")

    def persistent(self, key: Any) -> Any:
        self._never("a persistent id")

    def build(self, target: Any, state: Any) -> None:
        self._never("a BUILD")

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        if how != "REDUCE" or type(function) is not Function or type(arguments) is not tuple:
            self._never("a call")
        if function.path == REBUILD:
            return self._rebuild(*arguments)
        if function.path == SPEC:
            name, version, provider, state = arguments
            # The provider of the adapter that is known here: to rebuild a spec imports its
            # provider where the adapter has been forgotten since.
            return Spec(name, version, self._adapters[name, provider].provider, state)
        if function.path.endswith("set"):
            self._watch(arguments, *arguments)
        return _PLAIN[function.path](*arguments)

    def _rebuild(self, name: str, version: int, provider: Provider, state: Any) -> Any:
        return self._adapters[name, provider].rebuild(version, state)
