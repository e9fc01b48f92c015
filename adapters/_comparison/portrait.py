"""Portraits: what can be seen of an object from outside, as plain data.

A portrait is read once, pickles, and is compared with others by `differences`, in any process.

| of | is seen |
|---|---|
| scalars, bytes | all but what differs by nature: addresses, times of this hour, temporary files |
| lists, tuples, deques, dicts, sets, subclasses | their contents |
| classes, functions, modules | their names |
| arrays and buffers | layout, elements, whether they can be written to, whose memory they share |
| types of the standard library | attributes, and what their reducers return |
| native objects | all that types from elsewhere show, also what bases in the standard library do; |
| | inside others, their states |
| types from elsewhere | attributes, properties, getters, length, items; private attributes only |
| | of types without an `==` and an adapter, or where there is nothing else |

Where nothing of a type from elsewhere can be read, its reduction is taken, then its repr. An object
of which nothing is left (a lock, an open file, a pointer) is seen by its type alone.

To read runs code of the type, which may crash, hang or write files: it is done in a child process.
"""

from __future__ import annotations

import sys
import warnings
from collections import deque
from itertools import islice
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._addresses import is_ctypes_pointer
from adapters._comparison.arrays import Arrays
from adapters._comparison.flat import root_of, table_of
from adapters._comparison.nature import NOW, Nature, without_addresses
from adapters._comparison.place import Place
from adapters._comparison.reading import Reader, has_equality
from adapters._comparison.seen import NAMED, Natural, Raised, Seen, Unknown
from adapters._comparison.steps import BASES, PLAIN
from adapters._expressions import attributes, is_of_stdlib, literal
from adapters._naming import brief, qualified_name
from adapters._wire.buffers import is_buffer
from adapters._wire.ctype import ctype_of
from adapters._wire.served import adapter_for, type_name
from adapters.errors import suppress_failures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from adapters._wire.adapter import Adapter

_DEEPEST = 100  # levels of parts inside each other: deeper ones are not looked at
_MOST = 50_000  # parts of one portrait
_ITEMS = 10_000  # of a list or dict that a getter returned
_LOOSE = 1_000_000  # of all those together
_DERIVED = 2  # getters of what a getter returned, and of what those return: no more
_SCALARS: dict[Any, Any] = {
    str: lambda value: str.__getitem__(value, slice(None)),
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    int: lambda value: int.__add__(value, 0),
    float: lambda value: float.__add__(value, 0.0),
    complex: lambda value: complex.__add__(value, 0),
}


class Portrait(NamedTuple):
    """What was seen of an object.

    Attributes:
        root: The object itself: a scalar, a list, a dict or a `Seen`.
        readings: How many attributes, getters, lengths and contents were read.
        unread: {"module.Type.name": why it cannot be read}.
        slow: {"module.Type.name": how long it takes to read it}, where that is long.
    """

    root: Any
    readings: int
    unread: dict[str, str]
    slow: dict[str, str]

    def __reduce__(self) -> Any:
        return _portrait, (table_of(self.root), *self[1:])


def _portrait(rows: list[Any], *others: Any) -> Portrait:
    return Portrait(root_of(rows), *others)


def portrait(
    obj: Any,
    skip: Mapping[str, str],
    ignore: Collection[str] = (),
    *,
    root_state: bool = True,
    root_native: bool = False,
    passive: bool = False,
    live: dict[int, Any] | None = None,
) -> Portrait:
    """The portrait of an object.

    Args:
        obj: Any object.
        skip: {"module.Type.name": why it is not to be read}, as it ended a process.
        ignore: Names of attributes and getters that are left out.
        root_state: Whether the state of the object itself is read, if an adapter serves it.
        root_native: Whether the object itself is read as if an adapter served it, but for its
            state, so that it can be compared with one which is read where an adapter does.
        passive: Whether getters, lengths and items are left out, which run code of the types.
        live: Is filled with {id of a Seen, list or dict: the part that it shows}.
    """
    derived = _DERIVED + 1 if passive else 0
    place = Place(0, derived, False, root_state and not root_native, native=root_native)
    return _Portraying(skip, ignore, {} if live is None else live).portrait(obj, place)


class _Portraying:
    def __init__(
        self, skip: Mapping[str, str], ignore: Collection[str], live: dict[int, Any]
    ) -> None:
        self._live = live
        self._reader = Reader(skip, ignore)
        self._nature = Nature()
        self._arrays = Arrays(self._nature.in_memory)
        self._shows: dict[int, Any] = {}  # id of an object: what shows it
        self._kept: list[Any] = []  # alive, so that no id is used again
        self._count = 0
        self._left = _LOOSE
        self._todo: deque[tuple[Any, Any, Place]] = deque()

    def portrait(self, obj: Any, place: Place) -> Portrait:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            root = self._show(obj, place)
            while self._todo:  # nothing recurses
                self._reader.tell("to look at what was read")
                self._fill(*self._todo.popleft())
        return Portrait(root, self._count, self._reader.unread, self._reader.slow)

    def _show(self, value: Any, place: Place) -> Any:
        """What shows a part: itself, or what is filled later."""
        kind = type(value)
        if kind in PLAIN:
            return self._nature.plain(value)
        if place.in_state and is_buffer(value):
            return bytes(memoryview(value))
        if id(value) in self._shows:
            return self._shows[id(value)]
        if kind in (Natural, Raised, Unknown):
            return value
        late = place.derived and (self._reader.late or self._left <= 0)
        too_deep, too_many = place.level > _DEEPEST, len(self._shows) > _MOST
        if late or too_deep or too_many:
            if not late:
                what = f"beyond {_DEEPEST} levels" if too_deep else f"beyond {_MOST:,} parts"
                self._reader.unread[what] = "it is too much to be read"
            return Unknown()
        shown: Any = kind() if kind in (list, dict) else Seen(type_name(value))
        self._kept += value, shown
        self._shows[id(value)] = shown
        self._live[id(shown)] = value
        self._todo.append((value, shown, place))
        return shown

    def _fill(self, value: Any, shown: Any, place: Place) -> None:
        kind: Any = type(value)
        inner = place.inner()

        def show(part: Any) -> Any:
            return self._show(part, inner)

        def key(part: Any) -> Any:
            return part if type(part) in PLAIN or literal(part) else show(part)

        if kind is list:
            shown += map(show, self._first(value, len(value), place))
            if len(shown) < len(value):
                shown.append(f"{len(value):,} in all")
        elif kind is dict:
            pairs: Any = self._all(value.items(), len(value), place)
            if place.derived:  # names that begin so are private
                pairs = [pair for pair in pairs if not str(pair[0]).startswith("_")]
            shown.update((key(each), show(part)) for each, part in pairs)
        elif issubclass(kind, CodeType):
            shown.attributes["co_name"] = value.co_name
        elif issubclass(kind, NAMED):
            with suppress_failures():
                shown.attributes["__qualname__"] = qualified_name(value)
        elif issubclass(kind, getattr(sys.modules.get("enum"), "Enum", ())):
            name = value._name_
            shown.attributes["name"] = value._value_ if name is None else name
        elif self._nature.is_time_of_now(value):
            shown.text = repr(NOW)
        elif ctype_of(value) is not None or is_ctypes_pointer(kind):
            with suppress_failures():
                for way, part in self._reader.fields(value):
                    shown.getters[way] = show(part)
            self._state(_adapter_of(value), value, shown, place)
        else:
            base = next((base for base in BASES if issubclass(kind, base)), None)
            if base is dict:
                pairs = self._all(dict.items(value), dict.__len__(value), place)
                shown.items = {key(each): show(part) for each, part in pairs}
            elif base is not None:
                is_set = base in (set, frozenset)
                some = self._all if is_set else self._first
                items = some(base.__iter__(value), base.__len__(value), place)
                shown.items = {key(each) for each in items} if is_set else [*map(show, items)]
            if kind is not base or base is deque:
                with suppress_failures():  # of a metaclass, for one
                    self._read(value, shown, place)
        if type(shown) is Seen and not place.default:
            self._count += shown.readings

    def _first(self, items: Iterable[Any], count: int, place: Place) -> Iterable[Any]:
        """The items of a sequence; of one that a getter returned, the first ones."""
        if not place.derived:
            return items
        self._left -= count
        return islice(items, _ITEMS)

    def _all(self, items: Iterable[Any], count: int, place: Place) -> Iterable[Any]:
        """The items of a dict or set; of one that a getter returned, none if there are many.

        The order of two of them may differ, so that the first ones may be others.
        """
        some = self._first(items, count, place)
        return () if place.derived and count > _ITEMS else some

    def _read(self, value: Any, shown: Seen, place: Place) -> None:
        """Read an object that is neither a plain container nor C data."""
        kind, reader, inner = type(value), self._reader, place.inner()
        if reader.leaves_out(kind):
            return
        made = inner._replace(derived=inner.derived + 1)
        for scalar, plain in _SCALARS.items():
            if issubclass(kind, scalar) and kind is not scalar:
                shown.parts["", ""] = self._show(plain(value), inner)
        if shown.items is None and not shown.parts:
            with suppress_failures():
                owned = not (inner.derived or inner.private)
                shown.array = self._arrays.array(
                    value, lambda part: self._show(part, made), owned=owned
                )
        adapter = _adapter_of(value)
        native = adapter is not None or place.native
        made_here = place.derived > 0
        held = reader.attributes(value, native=native or made_here)
        for name, part in held.items():
            private = inner._replace(private=inner.private or str(name).startswith("_"))
            shown.attributes[name] = self._show(part, private)
        default = inner._replace(default=True)
        for name, part in reader.defaults(value).items():
            shown.defaults[name] = self._show(part, default)
        foreign = not is_of_stdlib(kind)
        if (foreign or native) and inner.derived <= _DERIVED:
            for getter, part in reader.getters(value, of_stdlib=native):
                if getter.name not in held:
                    shown.getters["", str(getter)] = self._show(part, made)
            for name, number in reader.pointers(value):
                if number == 0 or self._nature.is_address(number):
                    shown.getters["bool(", f".{name})"] = number != 0
            if shown.items is None and shown.array is None and not shown.parts:
                for way, part in reader.contents(value, made_here=made_here):
                    shown.parts[way] = self._show(part, made)
        self._state(adapter, value, shown, place)
        if native or shown.array is not None:
            return
        nothing = not (shown.readings or attributes(value))
        if not foreign and hasattr(kind, "__next__") and not hasattr(kind, "getvalue"):
            return  # an iterator
        if not foreign or (nothing and not place.derived):
            if not foreign and has_equality(kind) and shown.items is None and not held:
                shown.text = without_addresses(brief(value))
            contents = shown.items is not None
            for way, part in reader.reduction(value, contents=contents, held=bool(held)):
                shown.parts[way] = self._show(part, inner)
        if nothing and not shown.parts:
            for way, part in reader.text(value):
                shown.parts[way] = self._show(part, inner)

    def _state(self, adapter: Adapter | None, value: Any, shown: Seen, place: Place) -> None:
        """Show the state of a native object, if that is wanted."""
        if adapter is not None and place.with_state:
            with suppress_failures():
                inner = place.inner()._replace(in_state=True)
                state = self._show(adapter.state_of(value), inner)
                shown.parts["adapters.to_spec(", ").state"] = state


def _adapter_of(value: Any) -> Adapter | None:
    with suppress_failures():  # of a metaclass
        return adapter_for(value)
    return None
