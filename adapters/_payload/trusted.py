"""Trusted loading: `adapters.loads(..., trusted=...)`, for payloads of unknown senders.

Two passes run the same machine on the same bytes. The first one works on symbols: it imports, makes
and calls nothing, and ends at whatever is not allowed, not understood or too large. Then the
adapters are looked up, by names that the caller gave. The second pass makes the values.

Why that is safe: no unpickler sees other opcodes than the validator did. No name of the payload
reaches an import or a getattr: it is compared with a fixed table, `symbols.PLAIN`, and what it then
stands for is in that table. No method of an object is called: BUILD is refused, and items are added
to lists, dicts and sets of the payload's own alone. Factories of trusted adapters run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._naming import in_words
from adapters._payload import budget
from adapters._payload.construct import ValueBuilder
from adapters._payload.machine import Machine
from adapters._payload.reader import UnreadableError
from adapters._payload.symbolic import SymbolicBuilder
from adapters._payload.symbols import KNOWN, SPEC, BytesLike, Container, Global, Opaque, shown
from adapters._wire.provider import import_provider
from adapters._wire.rebuild import Spec, fetch, registry
from adapters.errors import AdapterError, RebuildError, UntrustedError, failures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from adapters._wire.adapter import Adapter
    from adapters._wire.provider import Provider

_DAMAGED = "it is damaged, or was not written by a pickler"
_ADVICE = "only plain data and trusted adapters are loaded; adapters.audit lists what it asks for"


def trusted_loads(
    data: Any,
    *,
    buffers: Iterable[Any] | None = None,
    trusted: Iterable[str] | Mapping[str, str],
    by_value: bool = False,
    max_bytes: int | None = None,
) -> Any:
    """Load plain data and objects of the trusted adapters, and refuse all else before it runs.

    `adapters.loads` documents the arguments and the errors. Plain data is None, bool, int, float,
    complex, str, bytes, bytearray, memoryview, tuple, list, dict, set and frozenset, exactly. Specs
    stay specs, of trusted adapters only. An adapter by value is replaced by the registered one of
    the same name and fingerprint. A module that the caller names is imported after the first pass,
    where the adapter is not registered.

    A state cannot grow after a factory was given it: what the factory checked is what there is.
    Hence a list that holds an object whose state holds the list is refused. Buffers are not copied:
    whoever can write to them can change the objects later. The memory that the values take is
    estimated upwards, each state counted once more for a factory that copies it.

    >>> import pickle
    >>> trusted_loads(pickle.dumps({"plain": [1, 2.5]}), trusted=[])
    {'plain': [1, 2.5]}
    """
    if isinstance(trusted, (str, bytes)):
        raise TypeError("trusted must be a collection of adapters' names, not one string")
    named: Any = trusted
    modules = dict(named) if hasattr(named, "keys") else dict.fromkeys(named)
    try:
        payload = bytes(memoryview(data))  # a copy, unless it is bytes, so that it cannot change
        views = [] if buffers is None else [*buffers]
        sizes = [memoryview(view).nbytes for view in views]
    except (TypeError, ValueError, BufferError) as error:
        raise RebuildError(f"cannot load a payload: {error}", "payload") from error
    if max_bytes is None:
        max_bytes = budget.memory_to_load(len(payload), sum(sizes))
    try:
        validator = _Validator(max_bytes, sizes, modules, by_value)
        result = Machine(payload, validator).run()
        if type(result) is Global:
            validator.global_as_item(result.path)
        adapters = validator.adapters()
        del validator, result  # and with them the symbols
        return Machine(payload, ValueBuilder(views, adapters)).run()
    except (AdapterError, MemoryError):
        raise
    except UnreadableError as error:
        what = f"at byte {error.offset}, {error.message}; {_DAMAGED}"
        raise RebuildError(f"cannot load a payload: {what}", "payload") from None
    except failures() as error:
        raise RebuildError(f"cannot load a payload: {in_words(error)}", "payload") from error


class _Validator(SymbolicBuilder):
    """Ends the first pass at the first thing that is not trusted."""

    def __init__(
        self, memory: int, sizes: list[int], modules: dict[str, str | None], by_value: bool
    ) -> None:
        super().__init__(memory, budget.VALUE_DEPTH, sizes)
        self._modules, self._by_value = modules, by_value
        self._needs: dict[tuple[str, Provider], int] = {}  # the offset where each is first needed

    def refused(self, what: str, advice: str = _ADVICE, subject: str = "payload") -> UntrustedError:
        message = f"refused to load a payload: at byte {self.at}, {what}; {advice}"
        return UntrustedError(message, subject)

    def over_limit(self, what: str) -> UntrustedError:
        return self.refused(what, "if it is meant to be, load it with a larger max_bytes")

    def found_global(self, path: str) -> None:
        if path not in KNOWN:
            raise self.refused(f"it names {shown(path)}")

    def global_as_item(self, path: str) -> None:
        raise self.refused(f"it holds {path} itself, as data")

    def unresolved(self, what: str) -> Any:
        raise self.refused(f"it {what}")

    def run(self, how: str, function: Any, arguments: Any) -> Any:
        path = function.path if type(function) is Global else "an object"
        raise self.refused(f"it uses {path} in a {how} as neither plain data nor adapters do")

    def extend(self, target: Any, items: list[Any], kind: type) -> None:
        if type(target) is Container and target.given:  # what a factory has checked cannot grow
            raise self.refused(f"it adds to a {kind.__name__} that a factory has been given before")
        super().extend(target, items, kind)

    def keys(self, items: list[Any]) -> None:
        for key in items:
            kind = type(key)
            if (kind is Container or kind is BytesLike) and not key.hashable:
                what = "a key is or holds a list, dict, set or bytearray, which has no hash"
                raise UnreadableError(what, self.at)
            if kind is Container:
                if key.depth > budget.KEY_DEPTH:
                    raise self.over_limit(f"a key is nested deeper than {budget.KEY_DEPTH} levels")
                self.charge(budget.VALUE * key.total)  # stands for time: a hash visits all values

    def _give(self, state: Any) -> None:
        """Count a state once more, as its factory may copy it, and mark its containers."""
        todo: list[Any] = [state]
        seen: set[int] = set()
        for value in todo:
            kind = type(value)
            if kind is Container or kind is BytesLike:
                if id(value) in seen:
                    continue
                seen.add(id(value))
            if kind is Container:
                value.given = True
                self.charge(budget.VALUE + budget.VALUE * len(value.items))
                todo += value.items
            elif kind is BytesLike:
                self.charge(value.size)
            elif kind is str or kind is int:
                self.charge(value.__sizeof__())

    def adapter(self, path: str, parts: tuple[str, int, Any], arguments: Container) -> Any:
        name, _version, provider = parts
        if name not in self._modules:
            known = ", ".join(sorted(self._modules)) or "nothing"
            what = f"it needs adapter {shown(name)!r}; trusted is {known}"
            advice = "name it in trusted= if its factory may run on anything"
            raise self.refused(what, advice, shown(name))
        if type(provider) is Container:
            fingerprint, body = provider.items
            provider = fingerprint, body if type(body) is str else body.data
        if (name, provider) not in self._needs:
            self._needs[name, provider] = self.at
            if self._modules[name] is None and not (self._by_value and type(provider) is tuple):
                self._find(name, provider)  # refused now, as nothing can bring it later
        if path == SPEC:
            spec = Container(Spec, arguments.items)
            self.close(spec)
            return spec
        self._give(arguments.items[3])
        return Opaque("an object", arguments.depth)

    def adapters(self) -> dict[tuple[str, Provider], Adapter]:
        """The adapters that the payload needs; imports the modules that the caller named."""
        found: dict[tuple[str, Provider], Adapter] = {}
        for (name, provider), offset in self._needs.items():
            self.at, module = offset, self._modules[name]
            if module is not None and _registered(name) is None:
                try:
                    import_provider(module)
                except LookupError as error:
                    raise RebuildError(f"cannot rebuild {name!r}: {error}", name) from error
            found[name, provider] = self._find(name, provider)
        return found

    def _find(self, name: str, provider: Provider) -> Adapter:
        """The registered adapter, or the one of the provider where it may come by value."""
        known = _registered(name)
        if known is not None and (type(provider) is not tuple or known.came_from(provider)):
            return known
        if type(provider) is tuple and self._by_value:
            adapter = fetch(name, provider)
            if adapter.name == name:
                return adapter
            what = f"it has adapter {shown(adapter.name)!r} by value, under the name {name!r}"
            raise self.refused(what, "do not load it", name)
        if known is not None:
            raise self.refused(
                f"it has adapter {name!r} by value, and it is not the one that is registered here",
                "load it with by_value=True if the sender may run any code here",
                name,
            )
        said = "by value" if type(provider) is tuple else f"from {shown(str(provider))!r}"
        raise self.refused(
            f"it needs adapter {name!r}, which is trusted, but not registered here",
            f"import what registers it, or name its module, trusted={{{name!r}: module}} (the"
            f" payload says it is {said}, which is not looked at)",
            name,
        )


def _registered(name: str) -> Adapter | None:
    """The adapter that this process has registered itself; others came with a payload."""
    adapter = registry.by_name.get(name)
    return None if adapter is None or adapter.arrived else adapter
