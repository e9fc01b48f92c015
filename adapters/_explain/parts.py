"""What is inside one object, as a pickler sees it, for `explain`."""

from __future__ import annotations

from pickle import PickleBuffer
from typing import TYPE_CHECKING, Any

from adapters._explain.dry_run import Trials
from adapters._wire.buffers import BYTES_LIKE, SCALARS, OutOfBand, buffers_in
from adapters._wire.rebuild import rebuild

if TYPE_CHECKING:
    from collections.abc import Iterator

    Step = tuple[Any, ...]
    Part = tuple[Step, Any]

# Pickled by the pickler itself, with nothing inside.
LEAVES = (SCALARS - {complex}) | {bytes, bytearray}


class Malformed(Exception):  # noqa: N818 - the pickler's own error is what people see
    """A reducer returned what no pickler takes."""


class Inside:
    """Takes objects apart.

    Attributes:
        trials: How they are pickled.
        skip: The types of parts that are not worth a look.
    """

    def __init__(self, trials: Trials) -> None:
        self.trials = trials
        self.skip = LEAVES
        self._buffers: dict[int, Any] = {}  # parts of states that leave out of band
        self._kept: list[Any] = []  # alive, so that no other part gets the same id

    def inside(self, obj: Any) -> list[Part]:
        """The parts of one object that are not scalars, as (step, part)."""
        kind = type(obj)
        if kind in self.skip:
            return []
        if kind is list or kind is tuple:
            if self.skip.issuperset(map(type, obj)):
                return []
            return [
                (("item", place), part)
                for place, part in enumerate(obj)
                if type(part) not in self.skip
            ]
        if kind is dict:
            return self._pairs(obj)
        if kind is set or kind is frozenset:
            if self.skip.issuperset(map(type, obj)):
                return []
            members = enumerate(obj)
            return [(("member", at), part) for at, part in members if type(part) not in self.skip]
        if kind is PickleBuffer or id(obj) in self._buffers:
            return []
        return list(self._reduced(obj))

    def _pairs(self, obj: dict[Any, Any]) -> list[Part]:
        inside: list[Part] = []
        if not self.skip.issuperset(map(type, obj)):
            keys = enumerate(obj)
            inside += [(("key", at), key) for at, key in keys if type(key) not in self.skip]
        if not self.skip.issuperset(map(type, obj.values())):
            inside += [
                (("value", at, key), value)
                for at, (key, value) in enumerate(obj.items())
                if type(value) not in self.skip
            ]
        return inside

    def _reduced(self, obj: Any) -> Iterator[Part]:
        """The parts in what the reducer of `obj` returns."""
        reduced = self.trials.reduce(obj)
        if reduced is NotImplemented:  # a function or a class, by its name
            return
        if isinstance(reduced, str):
            self._try(obj)
            return
        if type(reduced) is not tuple or not 2 <= len(reduced) <= 6:
            raise Malformed
        function, arguments, state, items, pairs, setter = (*reduced, *[None] * 4)[:6]
        if not callable(function) or not isinstance(arguments, tuple):
            raise Malformed
        name = getattr(function, "__name__", "")
        if function is rebuild and len(arguments) == 4:
            yield from self._state_of(obj, arguments[3])
            return
        self._kept.append(reduced)
        if name in ("__newobj__", "__newobj_ex__"):
            if not arguments or arguments[0] is not obj.__class__:
                raise Malformed
        else:
            yield ("reduced", 0), function
        for place, part in enumerate(arguments):
            if type(part) not in self.skip:
                yield ("reduced", 1, place), part
        if state is not None:
            yield from self._attributes(state)
        yield from self._items(items, pairs)
        if setter is not None:
            yield ("reduced", 5), setter

    def _items(self, items: Any, pairs: Any) -> Iterator[Part]:
        if items is not None:
            for place, part in enumerate(items):
                if type(part) not in self.skip:
                    self._kept.append(part)
                    yield ("appended", place), part
        if pairs is not None:
            for place, (key, value) in enumerate(pairs):
                self._kept.append((key, value))
                if type(key) not in self.skip:
                    yield ("set key", place), key
                if type(value) not in self.skip:
                    yield ("set value", place, key), value

    def _attributes(self, state: Any) -> Iterator[Part]:
        """A state in the form that `object` gives it is its attributes, any other one part."""
        kind = type(state)
        if kind is dict:
            dicts: list[tuple[tuple[int, ...], Any]] = [((2,), state)]
        elif (
            kind is tuple
            and len(state) == 2
            and {type(each) for each in state}
            <= {
                dict,
                type(None),
            }
        ):
            dicts = [((2, at), each) for at, each in enumerate(state) if each is not None]
        else:
            if kind not in self.skip:
                yield ("reduced", 2), state
            return
        for where, attributes in dicts:
            for place, (name, value) in enumerate(attributes.items()):
                if type(value) not in self.skip:
                    yield ("attribute", name, where, place), value
                if type(name) not in self.skip:
                    yield ("attribute name", place, where), name

    def _state_of(self, obj: Any, state: Any) -> Iterator[Part]:
        state = state.state if type(state) is OutOfBand else state
        kind = type(state)
        if kind in self.skip:
            return
        for part in buffers_in(state):
            self._buffers[id(part)] = part
        self._kept.append(state)
        if kind is bytes or kind in BYTES_LIKE:
            return
        yield ("state",), state

    def _try(self, obj: Any) -> None:
        error = self.trials.error(obj)
        if error is not None:
            raise error
