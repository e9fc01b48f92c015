"""Specs: what the reducer of an adapter says of one object, as a value to look at and to keep."""

from __future__ import annotations

from adapters._wire.buffers import OutOfBand, as_arrived, has_buffers
from adapters._wire.key import key_of, parse_key
from adapters._wire.rebuild import adapter_for, registry, remake
from adapters._wire.reducer import second_phase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from adapters._wire.provider import Provider


class Spec(tuple["Any", ...]):
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
        obj = remake(adapter, self.version, as_arrived(self.state), cls)
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
    more = second_phase(adapter, obj)
    return Spec(*parts, more) if any(part is not None for part in more) else Spec(*parts)


for _public in (Spec, to_spec):
    _public.__module__ = "adapters"
