"""The wire form: what payloads name, what a spec holds, and what a reducer returns.

A payload names `adapters.rebuild` and holds the adapter's name, its version, its provider and the
state. Payloads live longer than modules, so they name public names of `adapters` alone.
"""

from __future__ import annotations

import os

from adapters._wire.adapter import Adapter
from adapters._wire.buffers import SCALARS, OutOfBand, has_buffers, inspect
from adapters._wire.cycles import Progress, in_progress, reaches
from adapters._wire.provider import import_provider, load_by_value
from adapters._wire.registry import Registry
from adapters.errors import RebuildError, failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from adapters._wire.provider import Provider


def rebuild(name: str, version: int, provider: Provider, state: Any) -> Any:
    """Make a new native object from the parts of a spec, in the process in which it arrives.

    Payloads of native objects name this function. An adapter known here under `name` is used; else
    the provider brings it, and this process can send such objects back from then on.

    Raises:
        RebuildError: there is no adapter to be had, or its factory raised.
        VersionError: the state is newer than the adapter here, or too old for its upgrades.
    """
    try:
        adapter = _by_name[name]
    except KeyError:
        adapter = fetch(name, provider)
    if type(provider) is tuple and not adapter.came_from(provider):
        adapter = fetch(name, provider)
    if type(state) is OutOfBand:  # from copy.copy, which passes on the arguments unpickled
        state = state.copied()
    return adapter.rebuild(version, state)


class Spec(tuple):  # type: ignore[type-arg]
    """The picklable form of one native object: a tuple (name, version, provider, state)."""

    __slots__ = ()

    def __new__(cls, name: str, version: int, provider: Provider, state: Any) -> Spec:
        state = state.copied() if type(state) is OutOfBand else state
        return super().__new__(cls, (name, version, provider, state))

    def __reduce__(self) -> Any:
        return Spec, (*self[:3], OutOfBand(self.state) if has_buffers(self.state) else self.state)

    def __repr__(self) -> str:
        provider = self.provider if isinstance(self.provider, str) else "by value"
        parts = f"version {self.version}, provider {provider}, state {type(self.state).__name__}"
        return f"Spec({self.name!r}, {parts})"

    @property
    def name(self) -> str:
        """The adapter's name."""
        return str(self[0])

    @property
    def version(self) -> int:
        """The version of the adapter that wrote the state."""
        return int(self[1])

    @property
    def provider(self) -> Provider:
        """The module that registers the adapter or (fingerprint, adapter by value)."""
        return self[2]  # type: ignore[no-any-return]

    @property
    def state(self) -> Any:
        """What the serializer returned."""
        return self[3]

    def rebuild(self) -> Any:
        """Make a new native object from this spec; raises as `adapters.rebuild` does."""
        return rebuild(*self)


def to_spec(obj: object) -> Spec:
    """Return the spec of a native object, from the adapter of its type or C type.

    Raises:
        UnknownAdapterError: no adapter serves the type.
        SerializeError: the serializer raised.
    """
    adapter = registry.find(obj)
    return Spec(adapter.name, adapter.version, adapter.provider, adapter.state_of(obj))


def reducer(adapter: Adapter) -> Callable[[Any], Any]:
    """The function that picklers call for each object that `adapter` serves."""
    serialize, name, version = adapter.serialize, adapter.name, adapter.version
    provider = adapter.module  # None where the adapter goes by value, written at the first object

    def reduce(obj: Any) -> Any:
        try:
            state = serialize(obj)
        except failures() as error:
            raise adapter.serializer_raised(error) from error
        # Most states are scalars, or a few of them in a tuple or a dict. That is found out here,
        # without a function call, since every object pays for it.
        kind = type(state)
        if kind is tuple:
            for part in state:
                if type(part) not in SCALARS:
                    return reduce_with_parts(adapter, obj, state)
        elif kind is dict:
            for key in state:
                if type(state[key]) not in SCALARS or type(key) is not str:
                    return reduce_with_parts(adapter, obj, state)
        elif kind not in SCALARS:
            return reduce_with_parts(adapter, obj, state)
        return rebuild, (name, version, provider or adapter.provider, state)

    return reduce


def reduce_with_parts(adapter: Adapter, obj: Any, state: Any) -> Any:
    """What picklers get for `obj` if its state may hold buffers, or `obj` itself."""
    buffers, flat = inspect(state)
    whole = OutOfBand(state) if buffers else state
    arguments = adapter.name, adapter.version, adapter.provider, whole
    if flat:
        return rebuild, arguments
    if in_progress(obj) and reaches(state, obj):
        raise adapter.serialize_error(
            "its state contains the object itself, and the factory needs the whole state before"
            " there is an object; leave the back reference out of the state, and set it after"
        )
    return rebuild, arguments, None, Progress(obj)


registry = Registry(reducer)
_by_name = registry.by_name


def fetch(name: str, provider: Provider) -> Adapter:
    """The adapter that a provider brings to this process.

    Raises:
        RebuildError: it cannot be had; the message says why.
    """
    cause: LookupError | None = None
    try:
        if isinstance(provider, tuple):
            return registry.adopt(provider, lambda: _load(provider))
        import_provider(provider)
        if name in _by_name:
            return _by_name[name]
        reason = f"its provider, module {provider!r}, was imported and did not register it"
    except LookupError as error:
        reason, cause = str(error), error
    raise RebuildError(
        f"cannot rebuild an object of adapter {name!r} in process {os.getpid()}: the adapter is not"
        f" known here, and {reason}. Known here: {', '.join(sorted(_by_name)) or 'none'}",
        name,
    ) from cause


def _load(provider: tuple[str, bytes | str]) -> Adapter:
    arguments, options = load_by_value(provider[1])
    return Adapter(*arguments, **options, provider=provider)
