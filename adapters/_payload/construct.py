"""Second pass of trusted loading: build the values of a payload that the first pass accepted.

There is no unpickler, no import and no lookup of a name: a global remains a symbol, which stands
for a function of a fixed table. Each step checks again what the first pass has checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload import budget
from adapters._payload.reader import UnreadableError
from adapters._payload.symbols import COMPLETE, PLAIN, REBUILD, SPEC, Global
from adapters._wire.key import parse_key
from adapters._wire.rebuild import Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters._wire.adapter import Adapter
    from adapters._wire.provider import Provider

_OWN_HASH = 1 << 60  # integers below it are their own hashes in CPython, so no two collide


class ValueBuilder:
    """A builder of the values themselves, with an adapter for each name and provider."""

    at = 0

    def __init__(self, buffers: list[Any], adapters: dict[tuple[str, Provider], Adapter]) -> None:
        self._buffers, self._adapters = iter(buffers), adapters
        # Keys by container and hash; the containers stay alive, so that their ids stay theirs.
        self._hashes: dict[tuple[int, int], int] = {}
        self._containers: dict[int, Any] = {}

    def _unexpected(self, what: str) -> UnreadableError:
        return UnreadableError(f"the first pass has accepted {what}", self.at)

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

    def closed(self, kind: type, items: list[Any], starts: Sequence[int] = ()) -> Any:
        if kind is frozenset:
            self._check_hashes(items, items)
        return kind(items)

    def extend(self, target: Any, items: list[Any], kind: Any) -> None:
        if type(target) is not kind:
            raise self._unexpected("an item of something that is no container")
        if kind is list:
            target.extend(items)
            return
        self._check_hashes(target, items if kind is set else items[::2])
        target.update(items if kind is set else zip(items[::2], items[1::2], strict=True))

    def _check_hashes(self, container: Any, keys: list[Any]) -> None:
        """Refuse keys that were chosen to collide: each one is compared with all before it."""
        for key in keys:
            kind = type(key)
            if kind is str or kind is bytes or (kind is int and -_OWN_HASH < key < _OWN_HASH):
                continue
            where = id(container), hash(key)
            self._containers[id(container)] = container
            self._hashes[where] = count = self._hashes.get(where, 0) + 1
            if count > budget.EQUAL_HASHES:
                what = f"more than {budget.EQUAL_HASHES} keys have one hash"
                raise UnreadableError(what, self.at)

    def find_global(self, module: str, name: str) -> Any:
        return Global(f"{module}.{name}")

    def unresolved(self, what: str) -> Any:
        raise self._unexpected(f"a payload that {what}")

    def run(self, how: str, target: Any, arguments: Any) -> Any:
        raise self._unexpected(f"a {how}")

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        if how != "REDUCE" or type(function) is not Global or type(arguments) is not tuple:
            raise self._unexpected("a call")
        if function.path in (REBUILD, COMPLETE, SPEC):
            return self._of_adapter(function.path, *arguments)
        kind = PLAIN[function.path]
        if kind in (set, frozenset):
            self._check_hashes(arguments, *arguments)
        if kind in (bytes, bytearray) and len(arguments) == 2:  # text, and the name of Latin-1
            return kind(arguments[0].encode("latin-1"))  # not by that name, which imports a codec
        return kind(*arguments)

    def _of_adapter(self, path: str, *arguments: Any) -> Any:
        adapter: Any
        if path == COMPLETE:
            obj, (key, attributes, links) = arguments
            adapter, version = self._resolve(key)
            adapter.complete(obj, version, attributes, links)
            return None
        if len(arguments) == 4:
            name, version, provider, state = arguments
            adapter, more = self._adapters[name, provider], []
        else:
            key, state, *more = arguments
            adapter, version = self._resolve(key)
        if path == REBUILD:  # the class is None: that of the adapter
            return adapter.rebuild(version, state)
        # With the provider of the adapter that is known here: a spec imports its provider when it
        # is rebuilt after the adapter was unregistered.
        return Spec(adapter.name, version, adapter.provider, state, *more)

    def _resolve(self, key: Any) -> tuple[Any, int]:
        name, version, provider = parse_key(key)
        return self._adapters[name, provider], version
