"""The wire form: what payloads name, what a spec holds, and what a reducer returns.

A payload names `adapters.rebuild` and calls it with a key and the state. What may refer back to the
object, its links and the Python part of one that was made empty, follows once the object exists:
`adapters.complete` gets it. Payloads live longer than modules, so they name public names of
`adapters` alone.
"""

from __future__ import annotations

import os
from sys import modules

from adapters._importable.importable import by_value_registry
from adapters._naming import shown
from adapters._wire.adapter import Adapter
from adapters._wire.attributes import attributes_of
from adapters._wire.buffers import SCALARS, OutOfBand, as_arrived, has_buffers, inspect
from adapters._wire.copying import is_copying
from adapters._wire.ctype import is_ctype
from adapters._wire.cycles import Progress, anew, in_progress, reaches
from adapters._wire.key import key_of, parse_key
from adapters._wire.provider import import_provider, load_by_value
from adapters._wire.registry import Registry
from adapters.errors import RebuildError, failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from adapters._wire.provider import Provider


def rebuild(key: Any, state: Any, *more: Any) -> Any:
    """Make a new native object from the parts of a spec, in the process in which it arrives.

    Payloads of native objects name this function. They call it with a key and the state and, where
    an adapter with `init` sent an object of a subclass, its class. With four arguments (older
    payloads do so) they are the name, the version, the provider and the state. An adapter known
    here is used; else the provider brings it, and this process can send such objects back.

    Raises:
        RebuildError: there is no adapter to be had, or its factory raised.
        VersionError: the state is newer than the adapter here, or too old for its upgrades; or the
            payload has a form that is newer than this version of adapters.
    """
    if len(more) == 2:
        name, version, (provider, state), more = key, state, more, ()
        adapter = adapter_for(name, provider)
    else:
        adapter, version = resolve(key)
    if type(state) is OutOfBand:  # from copy.copy, which passes on the arguments unpickled
        state = state.copied()
    return adapter.rebuild(version, state, *more)


def complete(obj: Any, rest: tuple[Any, Any, Any]) -> None:
    """Give an object that `rebuild` made what may refer back to it; payloads name this function.

    Args:
        obj: The object.
        rest: The key, the Python part of an object that was made empty (or None), and what `links`
            of the adapter returned (or None).

    Raises:
        RebuildError: `link`, or a setter of the object, raised; the error is its cause.
        VersionError: as `rebuild`.
    """
    key, attributes, links = rest
    adapter, version = resolve(key)
    adapter.complete(obj, version, attributes, links)


def resolve(key: Any) -> tuple[Adapter, int]:
    """The adapter that a key stands for, and the version of the state; raises as `rebuild`."""
    try:
        return _resolved[key]
    except (KeyError, TypeError):
        name, version, provider = parse_key(key)
        adapter = adapter_for(name, provider)
        registry.remember(key, adapter, version)
        return adapter, version


class Spec(tuple):  # type: ignore[type-arg]
    """The picklable form of one native object: a tuple (name, version, provider, state).

    Where the adapter has `init` or `links`, it has a fifth item: the class if it is a subclass of
    the adapter's type, the Python part and the links, each None where there is nothing.
    Payloads name this class, and call it with a key, the state and the fifth item.
    """

    __slots__ = ()

    def __new__(cls, *parts: Any) -> Spec:
        if len(parts) < 4:
            key, state, *more = parts
        else:
            *head, state = parts[:4]
            key, more = None, [*parts[4:]]
        fields = head if key is None else parse_key(key)
        state = state.copied() if type(state) is OutOfBand else state
        return super().__new__(cls, (*fields, state, *more))

    def __reduce__(self) -> Any:
        state = OutOfBand(self.state) if has_buffers(self.state) else self.state
        return Spec, (key_of(*self[:3]), state, *self[4:])

    def __repr__(self) -> str:
        provider = self.provider if isinstance(self.provider, str) else "by value"
        parts = f"version {self.version}, provider {provider}, state {type(self.state).__name__}"
        cls, attributes, links = self._more
        parts += "" if cls is None else f", class {cls.__name__}"
        parts += "" if attributes is None else f", attributes {type(attributes).__name__}"
        parts += "" if links is None else f", links {type(links).__name__}"
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

    @property
    def attributes(self) -> Any:
        """The Python part of an object that `init` is to fill, None if there is none."""
        return self._more[1]

    @property
    def links(self) -> Any:
        """What `links` of the adapter returned, None where it has none."""
        return self._more[2]

    def rebuild(self) -> Any:
        """Make a new native object from this spec; raises as `adapters.rebuild`.

        Buffers in the state are copied, unless they are views of bytes.
        """
        adapter = adapter_for(self.name, self.provider)
        cls, attributes, links = self._more
        obj = adapter.rebuild(self.version, as_arrived(self.state), cls)
        adapter.complete(obj, self.version, attributes, links)
        return obj

    @property
    def _more(self) -> Any:
        """The class, the attributes and the links, each None where there is nothing."""
        return self[4] if self[4:] else (None, None, None)


def to_spec(obj: object) -> Spec:
    """Return the spec of a native object, from the adapter of its type or C type.

    Raises:
        UnknownAdapterError: no adapter serves the type.
        SerializeError: the serializer raised.
    """
    adapter = registry.find(obj)
    parts = adapter.name, adapter.version, adapter.provider, adapter.state_of(obj)
    more = _second_phase(adapter, obj)
    return Spec(*parts, more) if any(part is not None for part in more) else Spec(*parts)


def reducer(adapter: Adapter) -> Callable[[Any], Any]:
    """The function that picklers call for each object that `adapter` serves."""
    serialize = adapter.serialize
    key = None if adapter.module is None else adapter.key  # by value: written at the first object
    registered = None  # the modules to go by value all the same, once cloudpickle is imported

    def reduce(obj: Any) -> Any:
        nonlocal registered
        if registered is None and "cloudpickle" in modules:
            registered = by_value_registry()
        try:
            state = serialize(obj)
        except failures() as error:
            raise adapter.raised("its serializer", error) from error
        # Most states are scalars, or a few of them in a tuple or a dict. That is found out here,
        # without a function call, since every object pays for it.
        kind = type(state)
        if kind is tuple:
            for part in state:
                if type(part) not in SCALARS:
                    return reduce_with_parts(adapter, obj, state)
        elif kind is dict:
            for name in state:
                if type(state[name]) not in SCALARS or type(name) is not str:
                    return reduce_with_parts(adapter, obj, state)
        elif kind not in SCALARS:
            return reduce_with_parts(adapter, obj, state)
        return rebuild, (key if key and not registered else adapter.key, state)

    def reduce_in_two_phases(obj: Any) -> Any:
        reduced = reduce(obj)
        cls, attributes, links = _second_phase(adapter, obj)
        function, arguments, _, mark = (*reduced, None, None)[:4]
        if cls is not None:
            arguments = (*arguments, cls)
        if attributes is None and links is None:
            return function, arguments, None, mark
        if is_copying(depth):  # the copy module takes no function for a state
            if links is not None:
                raise adapter.serialize_error(
                    "copy cannot copy what has links; use adapters.loads(adapters.dumps(obj))"
                )
            return function, arguments, attributes, mark
        return function, arguments, (adapter.key, attributes, links), mark, None, complete

    depth = 2 if is_ctype(adapter.target) else 1  # all C types have one reducer, which calls this
    return reduce if adapter.init is None and adapter.links is None else reduce_in_two_phases


def _second_phase(adapter: Adapter, obj: Any) -> tuple[Any, Any, Any]:
    """What goes beside the state: the class of a subclass, the Python part, and the links."""
    cls = attributes = links = None
    step = "the __getstate__ of its class"
    try:
        if adapter.init is not None:
            cls = None if type(obj) is adapter.target else type(obj)
            attributes = attributes_of(obj, adapter.target)
        step = "links"
        if adapter.links is not None:
            links = anew(adapter.links(obj))
    except failures() as error:
        raise adapter.raised(step, error) from error
    return cls, attributes, links


def reduce_with_parts(adapter: Adapter, obj: Any, state: Any) -> Any:
    """What picklers get for `obj` if its state may hold buffers, or `obj` itself."""
    buffers, flat = inspect(state)
    whole = OutOfBand(state, adapter.serialize_error) if buffers else state
    arguments = adapter.key, whole
    if flat:
        return rebuild, arguments
    if in_progress(obj) and reaches(state, obj):
        raise adapter.serialize_error(
            "its state contains the object itself, and the factory needs the whole state before"
            " there is an object; leave the back reference to links= and link= of the adapter"
        )
    return rebuild, arguments, None, Progress(obj)


registry = Registry(reducer)
_by_name, _resolved = registry.by_name, registry.resolved


def adapter_for(name: str, provider: Provider) -> Adapter:
    """The adapter that is known here under a name, or that the provider brings."""
    adapter = _by_name.get(name)
    if adapter is None or (type(provider) is tuple and not adapter.came_from(provider)):
        adapter = fetch(name, provider)
    return adapter


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
        adapter = registry.registered_by(provider, name)
        if adapter is not None:
            return adapter
        reason = f"its provider, module {shown(provider)}, was imported and did not register it"
    except LookupError as error:
        reason, cause = str(error), error
    raise RebuildError(
        f"cannot rebuild an object of adapter {shown(name)} in process {os.getpid()}: the adapter"
        f" is not known here, and {reason}. Known here: {', '.join(sorted(_by_name)) or 'none'}",
        name,
    ) from cause


def _load(provider: tuple[str, bytes | str]) -> Adapter:
    arguments, options = load_by_value(provider[1])
    return Adapter(*arguments, **options, provider=provider)
