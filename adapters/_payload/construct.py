"""Second pass of trusted loading: build the values of a payload that the first pass accepted.

There is no unpickler, no import and no lookup of a name: a global remains a symbol, which stands
for a function of a fixed table. Each step checks again what the first pass has checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload import budget
from adapters._payload.meter import Meter
from adapters._payload.reader import UnreadableError
from adapters._payload.symbols import COMPLETE, PLAIN, REBUILD, SPEC, Global, is_usual
from adapters._payload.tables import DictTable, SetTable
from adapters._wire.buffers import MAPPINGS
from adapters._wire.key import parse_key
from adapters._wire.rebuild import remake
from adapters._wire.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from adapters._wire.adapter import Adapter
    from adapters._wire.provider import Provider


class ValueBuilder(Meter):
    """A builder of the values themselves, with an adapter for each name and provider.

    `keys` are the offsets of opcodes whose keys are or hold objects of adapters: their hashes were
    not known before. Adding them may take so many `steps`; memory was counted by the first pass.
    """

    def __init__(
        self,
        buffers: list[Any],
        adapters: dict[tuple[str, Provider], Adapter],
        keys: Collection[int] = (),
        steps: int = budget.UNLIMITED,
    ) -> None:
        super().__init__(budget.UNLIMITED, steps)
        self._buffers, self._adapters, self._keys = iter(buffers), adapters, keys
        # The places of keys by the id of a dict or set, which is kept alive.
        self._tables: dict[int, tuple[Any, DictTable]] = {}
        # By name, and by module or fingerprint and id of what goes by value, which is kept.
        self._found: dict[tuple[Any, ...], tuple[Adapter, Any]] = {}

    def _unexpected(self, what: str) -> UnreadableError:
        return UnreadableError(f"the first pass has accepted {what}", self.at)

    def charge(self, cost: int) -> None:
        pass

    def expect(self, cost: int) -> None:
        pass

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

    def closed(self, kind: type, items: Any, starts: Sequence[int] = ()) -> Any:
        if kind is not tuple and self.at in self._keys:
            table = DictTable if kind in MAPPINGS else SetTable
            self._add_keys(table(self.take), items)
        return kind(items)

    def extend(self, target: Any, items: list[Any], kind: Any) -> None:
        if type(target) is not kind:
            raise self._unexpected("an item of something that is no container")
        if kind is list:
            target.extend(items)
            return
        if self.at in self._keys and id(target) not in self._tables:
            table = (DictTable if kind is dict else SetTable)(self.take)
            self._add_keys(table, target)
            self._tables[id(target)] = target, table
        keys = items[::2] if kind is dict else items
        if id(target) in self._tables:
            self._add_keys(self._tables[id(target)][1], keys)
        target.update(zip(keys, items[1::2], strict=True) if kind is dict else keys)

    def _add_keys(self, table: DictTable, keys: Iterable[Any]) -> None:
        """Count the looks for objects as keys, each of which may compare two objects."""
        for key in keys:
            table.add(hash(key))
            self.take(budget.LOOK * table.looks)

    def find_global(self, module: str, name: str) -> Any:
        return Global(f"{module}.{name}")

    def unresolved(self, what: str) -> Any:
        raise self._unexpected(f"a payload that {what}")

    def run(self, how: str, target: Any, arguments: Any) -> Any:
        raise self._unexpected(f"a {how}")

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        if type(function) is not Global or type(arguments) is not tuple:
            raise self._unexpected("a call")
        if not is_usual(function.path, how):
            raise self._unexpected("a call")
        if function.path in (REBUILD, COMPLETE, SPEC):
            return self._of_adapter(function.path, *arguments)
        kind = PLAIN[function.path]
        if arguments and (kind is frozenset or kind in MAPPINGS):
            return self.closed(kind, *arguments)
        if arguments and kind is set:
            made: set[Any] = set()
            self.extend(made, arguments[0], set)
            return made
        if kind in (bytes, bytearray) and len(arguments) == 2:  # text, and the name of Latin-1
            return kind(arguments[0].encode("latin-1"))  # not by that name, which imports a codec
        return kind(*arguments)

    def _of_adapter(self, path: str, first: Any, *rest: Any) -> Any:
        if path == COMPLETE:
            ((key, attributes, links),) = rest
            adapter, version = self._resolve(key)
            adapter.complete(first, version, attributes, links)
            return None
        if len(rest) == 3:
            version, provider, state = rest
            adapter, more = self._find(first, *_parts(provider)), []
        else:
            state, *more = rest
            adapter, version = self._resolve(first)
        if path == REBUILD:  # the class is None: that of the adapter
            return remake(adapter, version, state)
        # With the provider of the adapter that is known here: a spec imports its provider when it
        # is rebuilt after the adapter was unregistered.
        return Spec(adapter.name, version, adapter.provider, state, *more)

    def _resolve(self, key: Any) -> tuple[Adapter, int]:
        text, *body = _parts(key)
        name, version, provider = parse_key((text, "") if body else text)
        return self._find(name, *_parts(provider)[:1], *body), version

    def _find(self, name: str, module: str, *body: Any) -> Adapter:
        """The adapter; `module` is a fingerprint where there is a body, which is compared once."""
        key = (name, module, *map(id, body))
        if key not in self._found:
            provider: Any = (module, *body) if body else module
            self._found[key] = self._adapters[name, provider], body
        return self._found[key][0]

    def finish(self, result: Any, memo: list[Any]) -> None:
        """The payload has ended; there is nothing left to do."""


def _parts(key: Any) -> Any:
    return key if type(key) is tuple else (key,)
