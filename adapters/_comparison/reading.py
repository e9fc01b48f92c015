"""Reading: the attributes, getters, length and items of one object, which run code of its type."""

from __future__ import annotations

import re
import time
from functools import partial
from itertools import islice
from math import prod
from typing import TYPE_CHECKING, Any

from adapters._child import progress
from adapters._comparison.getters import getters_of, is_read, pointers_of
from adapters._comparison.names import CONVERTS, KEEP_ALIVE
from adapters._comparison.seen import Raised, Unknown
from adapters._expressions import attributes, is_of_stdlib, reduce, reduction_way
from adapters._naming import in_words, qualified_name
from adapters._wire.ctype import ctype_of, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from adapters._comparison.getters import Getter
    from adapters._expressions import Way

READING = "to read "  # what a child is doing; the name follows
_ITEMS = 10_000  # of a container of a type from elsewhere
_READINGS = 2_000  # of one portrait
_LARGE = 100_000  # items of an object that is not converted
_SLOW = 0.1  # seconds
_INTERVAL = 0.5  # seconds
_ENOUGH = 10.0  # seconds of one portrait: after it nothing more is read
# An iterable without a length, or an iterator, that has one of these may be a file or a connection.
_FILE = frozenset(("__exit__", "close", "read", "readline", "recv"))
_PLAIN = (object, list, tuple, dict, set, frozenset, str, bytes, int, float)
# Owners of pointers that SWIG makes; nothing in them tells of the object.
_HANDLES = frozenset(("SwigPyObject", "PyCapsule"))


class Reader:
    """Reads objects, and notes what cannot be read.

    Args:
        skip: {"module.Type.name": why it is not to be read}, as it ended a process; a type by its
            own name, too.
        ignore: Names of attributes and getters that are left out.

    Attributes:
        unread: {"module.Type.name": why it cannot be read}.
        slow: {"module.Type.name": how long it takes}, of what was read.
    """

    def __init__(self, skip: Mapping[str, str], ignore: Collection[str]) -> None:
        self._skip, self._ignore = skip, frozenset(ignore)
        self._left, self._told = _READINGS, 0.0
        self._end = time.perf_counter() + _ENOUGH
        self.unread: dict[str, str] = {}
        self.slow: dict[str, str] = {}
        # By the id of a type, which its objects keep alive: what is read of them.
        self._getters: dict[tuple[int, bool], list[Getter]] = {}
        self._defaults: dict[int, dict[str, Any]] = {}

    def attributes(self, obj: Any, *, native: bool) -> dict[str, Any]:
        """The attributes that an object holds itself, in its `__dict__` and slots.

        Where its type has an `==` of its own, or it is `native` (an adapter serves it, or a getter
        made it), and there is something else to compare, private ones are left out, other than the
        fields of dataclasses: they are caches and handles, mostly.
        """
        kind, held = type(obj), attributes(obj)
        if native or has_equality(kind):
            fields = getattr(kind, "__dataclass_fields__", ())
            public = {name for name in held if not str(name).startswith("_") or name in fields}
            if public or is_of_stdlib(kind) or self._getters_of(kind, False):
                held = {name: held[name] for name in held if name in public}
        # What a property shows is read by it.
        hidden = {name for name in held if is_read(getattr(kind, str(name), None))}
        left_out = hidden | self._ignore | KEEP_ALIVE
        return {name: held[name] for name in held if name not in left_out}

    def defaults(self, obj: Any) -> dict[str, Any]:
        """The plain data in an object's class, which stand for attributes that it does not hold."""
        kind = type(obj)
        found = self._defaults.get(id(kind))
        if found is None:
            found = self._defaults[id(kind)] = {}
            for base in type.__getattribute__(kind, "__mro__"):
                for name, value in () if is_of_stdlib(base) else list(vars(base).items()):
                    known = name in found or name in self._ignore or str(name).startswith("__")
                    if not known and not hasattr(type(value), "__get__") and not callable(value):
                        found[name] = value
        return found

    def leaves_out(self, kind: type) -> bool:
        """Whether nothing of the objects of a type is read, as `skip` has its name."""
        name = qualified_name(kind) if self._skip else ""
        if name in self._skip:
            self.unread[name] = self._skip[name]
        return name in self._skip

    def tell(self, doing: str) -> None:
        """Say what is done, once in a while, as a child that says nothing seems to hang."""
        if (now := time.perf_counter()) > self._told + _INTERVAL:
            self._told = now
            progress(doing)

    @property
    def late(self) -> bool:
        """Whether so much time is over that nothing more is read."""
        return time.perf_counter() > self._end

    def getters(self, obj: Any, *, of_stdlib: bool) -> Iterator[tuple[Getter, Any]]:
        """The properties and getters of an object, and their values."""
        kind = type(obj)
        if kind.__name__ in _HANDLES:
            return
        for getter in self._getters_of(kind, of_stdlib):
            name = getter.name
            if name not in self._ignore and not (name in CONVERTS and self._is_large(obj)):
                read = partial(getter.read, obj)
                yield getter, self._read(f"{qualified_name(kind)}.{name}", read)

    def _is_large(self, obj: Any) -> bool:
        kind: Any = type(obj)
        by_shape = hasattr(kind, "shape")
        name = f"{qualified_name(kind)}.{'shape' if by_shape else '__len__'}"
        size = self._read(name, partial(_size_of if by_shape else len, obj), note=False)
        return type(size) is int and size > _LARGE

    def _getters_of(self, kind: type, of_stdlib: bool) -> list[Getter]:
        key = id(kind), of_stdlib
        if key not in self._getters:
            self._getters[key] = list(getters_of(kind, of_stdlib=of_stdlib))
        return self._getters[key]

    def pointers(self, obj: Any) -> Iterator[tuple[str, int]]:
        """The private numbers in the C struct of an object, of which some may be pointers."""
        for name in pointers_of(type(obj)):
            value = self._read(f"{qualified_name(type(obj))}.{name}", partial(getattr, obj, name))
            if type(value) is int:
                yield name, value

    def fields(self, obj: Any) -> Iterator[tuple[Way, Any]]:
        """The numbers in a C struct of cffi, or in the one that a pointer points at."""
        ctype = ctype_of(obj)
        struct = getattr(ctype, "item", ctype) if ctype and ctype.kind == "pointer" else ctype
        if getattr(struct, "kind", "") == "struct":
            for name, field in fields_of(struct) or ():
                length = getattr(field.type, "length", 0)
                kind = field.type.item.kind if field.type.kind == "array" else field.type.kind
                if kind in ("primitive", "enum") and name not in self._ignore:
                    if length is None or length > _ITEMS:
                        continue
                    read = partial(_field_of, obj, name, field.type.kind == "array")
                    yield ("", f".{name}"), self._read(f"{struct.cname}.{name}", read)

    def contents(self, obj: Any, *, made_here: bool) -> Iterator[tuple[Way, Any]]:
        """The length and the items of an object.

        Not those of an iterator, which are used up, but for one that was `made_here` by a getter
        and is no file: those may be parts of others, which would be at their ends.
        """
        kind: Any = type(obj)
        if hasattr(kind, "__next__") and (not made_here or _is_file(kind)):
            return
        if hasattr(kind, "__len__"):
            length = self._read(f"{qualified_name(kind)}.__len__", lambda: len(obj))
            yield ("len(", ")"), length
            if type(length) is not int:
                return
        elif _is_file(kind):
            return
        if hasattr(kind, "keys") and hasattr(kind, "__getitem__"):
            read: Any = partial(_pairs_of, obj)
            yield ("dict(", ")"), self._read(f"{qualified_name(kind)}.__getitem__", read)
        elif hasattr(kind, "__iter__"):
            read = partial(_items_of, obj)
            yield ("list(", ")"), self._read(f"{qualified_name(kind)}.__iter__", read)

    def reduction(self, obj: Any, *, contents: bool, held: bool) -> Iterator[tuple[Way, Any]]:
        """What the reducer of an object returns, if it does.

        Args:
            obj: Any object.
            contents: Whether its items were seen, which are left out then.
            held: Whether its attributes were seen.
        """
        name = f"{qualified_name(type(obj))}.__reduce_ex__"
        reduced = self._read(name, lambda: reduce(obj), note=False)
        before, behind = reduction_way(obj)
        if type(reduced) is not tuple:  # the name of a global, or it raised
            if type(reduced) is str:
                yield (before, behind), reduced
            return
        for at, part in enumerate(reduced):
            if part is None or (at in (3, 4) and contents):
                continue
            if at == 1 and contents and isinstance(obj, (set, frozenset)):
                continue
            if at == 2 and held and _is_of_attributes(part):
                continue
            way = before, f"{behind}[{at}]"
            if at in (3, 4):
                way, part = (f"list({before}", f"{behind}[{at}])"), list(part)
            yield way, part

    def text(self, obj: Any) -> Iterator[tuple[Way, Any]]:
        """The repr of an object whose type has its own; "" where that holds an address."""
        kind: Any = type(obj)
        if kind.__repr__ is not object.__repr__ and not is_of_stdlib(kind):
            text = self._read(f"{qualified_name(kind)}.__repr__", lambda: repr(obj))
            if type(text) is str and not re.search("0x[0-9a-fA-F]{5,}", text):
                yield ("repr(", ")"), text

    def _read(self, name: str, read: Callable[[], Any], *, note: bool = True) -> Any:
        if name in self._skip:
            self.unread[name] = self._skip[name]
            return Unknown()
        if self._left <= 0:
            self.unread[f"beyond {_READINGS:,} getters"] = "it is too much to be read"
        if self._left <= 0 or self.late:
            return Unknown()
        self._left -= 1
        progress(f"{READING}{name}")
        start = time.perf_counter()
        try:
            return read()
        except BaseException as error:  # also a KeyboardInterrupt, which nobody sends a child
            if note:
                self.unread.setdefault(name, in_words(error))
            return Raised(type(error).__name__)
        finally:
            if (seconds := time.perf_counter() - start) > _SLOW:
                self.slow[name] = f"takes {seconds:.1f} s"


def has_equality(kind: type) -> bool:
    """Whether a type has an `==` of its own."""
    own: Any = kind.__eq__
    return not any(own is base.__eq__ for base in _PLAIN)


def _size_of(obj: Any) -> int:
    return prod(map(int, obj.shape))


def _is_file(kind: type) -> bool:
    """Whether a type is one of files or connections; generators have `close`, too."""
    is_generator = hasattr(kind, "__next__") and hasattr(kind, "throw")
    return not (is_generator or _FILE.isdisjoint(dir(kind)))


def _field_of(obj: Any, name: str, is_array: bool) -> Any:
    value = getattr(obj, name)
    return list(value) if is_array else value


def _pairs_of(obj: Any) -> dict[Any, Any]:
    return {key: obj[key] for key in islice(obj.keys(), _ITEMS)}


def _items_of(obj: Any) -> list[Any]:
    return list(islice(obj, _ITEMS))


def _is_of_attributes(state: Any) -> bool:
    """Whether the state in a reduction has the form that `object` gives it."""
    pair = type(state) is tuple and len(state) == 2
    return {*map(type, state if pair else [state])} <= {dict, type(None)}
