"""The calls that payloads make of `adapters`, in each wire form, as symbols.

Form 1 has `rebuild(name, version, provider, state)` and `Spec(name, version, provider, state)`.
Form 2 has a key in place of the first three, and what follows once the object exists:

- `rebuild(key, state)` or `rebuild(key, state, cls)`
- `complete(obj, (key, attributes, links))`
- `Spec(key, state)` or `Spec(key, state, (cls, attributes, links))`

What a payload says in another way than picklers do is not one of these calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._payload import budget
from adapters._payload.symbols import COMPLETE, REBUILD, SPEC, BytesLike, Closed, Global
from adapters._wire.key import parse_key
from adapters.errors import RebuildError, VersionError

if TYPE_CHECKING:
    from adapters._payload.symbols import AdapterKey

# The number of arguments of each function, by the form's number.
_COUNTS = {REBUILD: {4: 1, 2: 2, 3: 2}, SPEC: {4: 1, 2: 2, 3: 2}, COMPLETE: {2: 2}}
_STATE = {1: 3, 2: 1}  # which argument the state is, by the form's number
_VERSION = 10**18  # no adapter has a larger one
_LONGEST = 3 * budget.NAMED  # characters of a key


class AdapterCall(NamedTuple):
    """One call: for `path`, an adapter's key, and what the function is given.

    Attributes:
        path: The function: `adapters.rebuild`, `adapters.complete` or `adapters.Spec`.
        arguments: All that the object is made of; of `complete`, all that it is given.
        key: The adapter's name, the version of the state, and the provider.
        obj: Of `complete`, the object.
        state: Of the others, the state.
        size: The bytes of the payload that make the state.
        cls: The class, None if it is the adapter's target.
        attributes: The Python part of an object, None if there is none.
        links: What `link` of the adapter is given, None if there is nothing.
    """

    path: str
    arguments: Closed
    key: AdapterKey
    obj: Any
    state: Any
    size: int
    cls: Global | None
    attributes: Any
    links: Any


class CallReader:
    """Reads the calls of one payload. An adapter's key is read once, however often it is there."""

    def __init__(self) -> None:
        self._keys: dict[Any, AdapterKey | None] = {}
        self._bodies: dict[bytes | str, bytes | str] = {}
        self._by_id: dict[int, tuple[bytes | str, bytes | str]] = {}

    @property
    def keys(self) -> int:
        """How many different keys it has read."""
        return len(self._keys)

    def read(self, path: str, arguments: Any) -> AdapterCall | None:
        """The call, None if its arguments are not what picklers write.

        Raises:
            VersionError: it has a form that is newer than this version of adapters.
        """
        items = _tuple(arguments)
        form = _COUNTS[path].get(len(items), 0)
        if path == COMPLETE:
            rest = items[1] if form else None
            key, attributes, links = _tuple(rest, 3) or (None, None, None)
            found = self._key(key)
            if type(rest) is not Closed or found is None:
                return None
            return AdapterCall(path, rest, found, items[0], None, 0, None, attributes, links)
        if not form:
            return None
        more: Any = (None, None, None)
        if len(items) == 3:
            more = (items[2], None, None) if path == REBUILD else _tuple(items[2], 3)
        found = self._key(items[0]) if form == 2 else self._key_of_form_1(*items[:3])
        if found is None or not more or not (more[0] is None or type(more[0]) is Global):
            return None
        where, starts = _STATE[form], arguments.starts
        size = starts[where + 1] - starts[where] if starts else 0
        return AdapterCall(path, arguments, found, None, items[where], size, *more)

    def _key(self, symbol: Any) -> AdapterKey | None:
        text, *body = _tuple(symbol, 2) or [symbol]
        sent: list[Any] = [*map(self._body, body)]
        if type(text) is not str or None in sent:
            return None
        key = (text[:_LONGEST], *map(id, sent))
        if key not in self._keys:
            found = _parsed(text[:_LONGEST], sent)  # of a newer form, it may have any length
            self._keys[key] = found if len(text) < _LONGEST else None
        return self._keys[key]

    def _key_of_form_1(self, name: Any, version: Any, provider: Any) -> AdapterKey | None:
        module, *body = _tuple(provider, 2) or [provider]
        sent: list[Any] = [*map(self._body, body)]
        if type(name) is not str or type(version) is not int or type(module) is not str:
            return None
        if None in sent or max(len(name), len(module)) > budget.NAMED or abs(version) > _VERSION:
            return None
        key = (name, version, module, *map(id, sent))
        return self._keys.setdefault(key, (name, version, (module, *sent) if sent else module))

    def _body(self, symbol: Any) -> bytes | str | None:
        """An adapter by value, or why it could not be sent; None if it is neither of them.

        The same object for equal ones: two large ones are compared once, and not for each object.
        """
        is_bytes = type(symbol) is BytesLike and symbol.kind is bytes
        body = symbol.data if is_bytes else symbol if type(symbol) is str else None
        if body is None:
            return None
        if id(body) not in self._by_id:
            self._by_id[id(body)] = body, self._bodies.setdefault(body, body)
        return self._by_id[id(body)][1]


def _tuple(symbol: Any, count: int = -1) -> list[Any]:
    """The items of a tuple of so many items, [] if it is none."""
    found = type(symbol) is Closed and symbol.kind is tuple
    return symbol.items if found and count in (-1, len(symbol.items)) else []


def _parsed(text: str, sent: list[bytes | str]) -> AdapterKey | None:
    try:
        name, version, provider = parse_key((text, *sent) if sent else text)
    except VersionError:
        raise
    except RebuildError:  # it is no key
        return None
    fits = max(map(len, (name, provider[0] if sent else provider))) <= budget.NAMED
    return (name, version, provider) if fits else None
