"""Load payloads from senders that may be anybody: plain data, and objects of named adapters.

A payload is read, judged and only then constructed, by one machine that is run twice. The first run
works on symbols: nothing of the payload is imported, made or called. Whatever is not allowed, not
understood or too large ends it there. Then the adapters are looked up, by names that the caller
gave. The second run makes the values.

Why that is safe: there is no unpickler that could see other opcodes than the judge did, since both
runs are the same code on the same bytes. No name of the payload reaches an import or a getattr: it
is compared with a fixed table, and what it then stands for is in the table of `_construct`. No
method of an object is called, as there is no BUILD, and items go into lists, dicts and sets of the
payload's own. What remains is what the caller trusts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload.construct import Construction
from adapters._payload.machine import Machine
from adapters._payload.reader import UnreadableError
from adapters._payload.symbolic import Symbolic
from adapters._payload.symbols import (
    PLAIN,
    REBUILD,
    SPEC,
    VALUE,
    Bytes,
    Global,
    Made,
    Many,
    adapter_parts,
    shown,
)
from adapters._wire.provider import import_provider
from adapters._wire.rebuild import Spec, fetch, registry
from adapters.errors import FAILURES, AdapterError, RebuildError, UntrustedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import NoReturn

    from adapters._wire.adapter import Adapter
    from adapters._wire.provider import Provider

# The most wasteful plain data are empty sets, 2 bytes each, which become 250: but nobody sends
# megabytes of these. What is usual takes 3 to 50 times its payload. An adapter gets a buffer, and
# may copy it.
_FLOOR, _PER_BYTE, _PER_BUFFER_BYTE = 64 << 20, 100, 4
_DEEPEST = 10_000  # levels: pickle itself stops there at the latest
_KEY_DEEPEST = 200  # levels of tuples in a key: their hash is computed by recursion in C
_ADVICE = "only plain data and trusted adapters are loaded; adapters.audit lists what it asks for"
_ALLOWED = PLAIN | {REBUILD, SPEC}


def trusted_loads(
    data: Any,
    *,
    buffers: Iterable[Any] | None = None,
    trusted: Iterable[str] | Mapping[str, str],
    by_value: bool = False,
    max_bytes: int | None = None,
) -> Any:
    """Load plain data and objects of the trusted adapters, and refuse all else before it runs.

    Plain data is None, bool, int, float, complex, str, bytes, bytearray, memoryview, tuple, list,
    dict, set and frozenset, exactly. Specs stay specs, of trusted adapters only.

    An adapter is looked up by its name among those registered in this process; the provider that
    the payload names is never imported. One that may not be registered yet has its module in
    `trusted`, as a mapping: that module is imported once the payload was found harmless. An adapter
    that is by value in the payload is used without its code if this process has registered the
    same: with the same name and fingerprint.

    What a factory has been given cannot grow afterwards: what it checked is what there is. Hence a
    list that holds an object whose state holds the list is refused.

    What this does not promise: a trusted factory, or upgrade, is code that runs, on a state that
    the sender chose. It must be able to take any. The limit is on what the payload makes, and not
    on what factories do with it. Nor is it authentication. There is no limit on time, but that it
    grows with the payload: expect 10 to 30 times that of `loads`.

    Args:
        data: Any bytes-like object.
        buffers: What `buffer_callback` was given, in that order. They are not copied: who can
            write to them can change the objects later.
        trusted: Names of adapters, or {name: module that registers it}.
        by_value: Whether trusted adapters may also come by value. Whoever can write the payload
            then runs any code here, under a trusted name.
        max_bytes: How much memory the values may take, state by state as if each factory copied
            its own; estimated upwards. None means 64 MiB, 100 times the payload and 4 times the
            buffers, together.

    Raises:
        UntrustedError: the payload asks for something else, or for too much memory.
        RebuildError: it is damaged, or an adapter failed; VersionError, as in `adapters.rebuild`.

    >>> import pickle
    >>> trusted_loads(pickle.dumps({"plain": [1, 2.5]}), trusted=[])
    {'plain': [1, 2.5]}
    """
    if isinstance(trusted, (str, bytes)):
        raise TypeError("trusted must be a collection of adapters' names, not one string")
    named: Any = trusted
    modules = dict(named) if hasattr(named, "keys") else dict.fromkeys(named)
    try:
        payload = bytes(memoryview(data))  # a copy, unless it is bytes: nobody may change it now
        views = [] if buffers is None else [*buffers]
        sizes = [memoryview(view).nbytes for view in views]
    except (TypeError, ValueError, BufferError) as error:
        raise RebuildError(f"cannot load a payload: {error}", "payload") from error
    if max_bytes is None:
        max_bytes = _FLOOR + _PER_BYTE * len(payload) + _PER_BUFFER_BYTE * sum(sizes)
    try:
        judge = _Judge(max_bytes, sizes, modules, by_value)
        judge.result(Machine(payload, judge).run())
        adapters = judge.adapters()
        del judge  # and with it the symbols
        return Machine(payload, Construction(views, adapters)).run()
    except (AdapterError, MemoryError):
        raise
    except UnreadableError as error:
        raise RebuildError(
            f"cannot load a payload: at byte {error.offset}, {error.message}; it is damaged, or"
            " was not written by a pickler",
            "payload",
        ) from None
    except FAILURES as error:
        raise RebuildError(
            f"cannot load a payload: {type(error).__name__}: {error}", "payload"
        ) from error


class _Judge(Symbolic):
    """Ends the first run at the first thing that was not trusted."""

    def __init__(
        self, limit: int, sizes: list[int], modules: dict[str, str | None], by_value: bool
    ) -> None:
        super().__init__(limit, _DEEPEST, sizes)
        self._modules, self._by_value = modules, by_value
        self._needs: dict[tuple[str, Provider], int] = {}
        self._bodies: dict[int, tuple[Many, Provider]] = {}

    def refuse(self, what: str, advice: str = _ADVICE, subject: str = "payload") -> NoReturn:
        raise UntrustedError(
            f"refused to load a payload: at byte {self.at}, {what}; {advice}", subject
        )

    def too_much(self, what: str) -> NoReturn:
        self.refuse(what, "if it is meant to be, load it with a larger max_bytes")

    def result(self, value: Any) -> None:
        """The payload is followed to its end, and stands for this."""
        if type(value) is Global:
            self.as_data(value)

    def found(self, found: Global) -> None:
        if found.path not in _ALLOWED:
            self.refuse(f"it names {shown(found.path)}")

    def as_data(self, found: Global) -> None:
        self.refuse(f"it holds {found.path} itself, as data")

    def unknown(self, what: str) -> NoReturn:
        self.refuse(f"it {what}")

    def run(self, how: str, function: Any, arguments: Any) -> Any:
        path = function.path if type(function) is Global else "an object"
        parts = adapter_parts(arguments) if how == "REDUCE" and path in (REBUILD, SPEC) else None
        if parts is None:
            self.refuse(f"it has {path} in a {how} in which no pickler has it")
        self._need(*parts)
        if path == SPEC:
            spec = Many(Spec, arguments.items)
            self.close(spec)
            return spec
        self._charge_for(arguments.items[3])
        return Made("an object", arguments.depth)

    def extend(self, target: Any, items: list[Any], kind: type) -> None:
        if type(target) is Many and target.seen:  # else a factory could be shown what it will take
            self.refuse(f"it adds to a {kind.__name__} that a factory has been given before")
        super().extend(target, items, kind)

    def keys(self, items: list[Any]) -> None:
        for key in items:
            kind = type(key)
            if kind is Many:
                if not key.hashable:
                    raise UnreadableError("a key holds something that has no hash", self.at)
                if key.depth > _KEY_DEEPEST:
                    self.too_much(f"a key is nested deeper than {_KEY_DEEPEST} levels")
                self.charge(VALUE * key.tree)  # no memory, but time: a hash looks at all of it
            elif kind is Bytes and key.kind is bytearray:
                raise UnreadableError("a key is a bytearray, which has no hash", self.at)

    def _charge_for(self, state: Any) -> None:
        """Count the state of an object again, which the factory may copy, and close it."""
        todo: list[Any] = [state]
        seen: set[int] = set()
        for value in todo:
            kind = type(value)
            if kind is Many or kind is Bytes:
                if id(value) in seen:
                    continue
                seen.add(id(value))
            if kind is Many:
                value.seen = True
                self.charge(VALUE + VALUE * len(value.items))
                todo += value.items
            elif kind is Bytes:
                self.charge(value.size)
            elif kind is str or kind is int:
                self.charge(value.__sizeof__())

    def _need(self, name: str, version: int, provider: Any) -> None:
        """Refuse an adapter that is not trusted, or that is not to be had without running code."""
        if name not in self._modules:
            known = ", ".join(sorted(self._modules)) or "nothing"
            self.refuse(
                f"it needs adapter {shown(name)!r}; trusted is {known}",
                "name it in trusted= if its factory may run on anything",
                shown(name),
            )
        key = provider
        if type(provider) is Many:
            if id(provider) not in self._bodies:
                fingerprint, body = provider.items
                whole = fingerprint, body if type(body) is str else body.data
                self._bodies[id(provider)] = provider, whole
            key = self._bodies[id(provider)][1]
        if (name, key) not in self._needs:
            self._needs[name, key] = self.at
            if self._modules[name] is None and not (self._by_value and type(key) is tuple):
                self._registered(name, key)

    def adapters(self) -> dict[tuple[str, Provider], Adapter]:
        """What the payload needs, imported where the caller said so, by name and provider."""
        found: dict[tuple[str, Provider], Adapter] = {}
        for (name, provider), offset in self._needs.items():
            self.at = offset
            module = self._modules[name]
            if module is not None and not _is_registered(name):
                try:
                    import_provider(module)
                except LookupError as error:
                    raise RebuildError(f"cannot rebuild {name!r}: {error}", name) from error
            if self._by_value and type(provider) is tuple:
                found[name, provider] = self._arriving(name, provider)
            else:
                found[name, provider] = self._registered(name, provider)
        return found

    def _registered(self, name: str, provider: Provider) -> Adapter:
        if not _is_registered(name):
            said = "by value" if type(provider) is tuple else f"from {shown(str(provider))!r}"
            self.refuse(
                f"it needs adapter {name!r}, which is trusted, but not registered here",
                f"import what registers it, or name its module, trusted={{{name!r}: module}} (the"
                f" payload says it is {said}, which is not looked at)",
                name,
            )
        adapter = registry[name]
        if type(provider) is tuple and not adapter.came_from(provider):
            self.refuse(
                f"it has adapter {name!r} by value, and it is not the one that is registered here",
                "load it with by_value=True if the sender may run any code here",
                name,
            )
        return adapter

    def _arriving(self, name: str, provider: tuple[str, bytes | str]) -> Adapter:
        if _is_registered(name) and registry[name].came_from(provider):
            return registry[name]
        adapter = fetch(name, provider)
        if adapter.name != name:
            self.refuse(
                f"it has adapter {shown(adapter.name)!r} by value, under the name {name!r}",
                "do not load it",
                name,
            )
        return adapter


def _is_registered(name: str) -> bool:
    """Whether this process has registered it, and did not merely meet it in a payload."""
    return name in registry and not registry[name].arrived
