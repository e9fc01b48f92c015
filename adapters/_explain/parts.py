"""The parts of one object, as a pickler meets them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pickle import PickleBuffer, PicklingError
from typing import Any

from adapters._explain.dry_run import DryRun
from adapters._wire.buffers import BYTES_LIKE, MAPPINGS, SCALARS, OutOfBand, buffers_in
from adapters._wire.rebuild import complete, rebuild

# ("reduced", index, ...) into the reduction; else (kind, index, key or attribute name, where the
# dict is in the reduction), as far as needed. "member": an item of a set, or a key of a dict.
Step = tuple[Any, ...]
Part = tuple[Step, Any]

_STEPS: dict[Any, str] = {list: "item", tuple: "item", set: "member", frozenset: "member"}
# The pickler writes them itself, and they have no parts.
LEAVES = (SCALARS - {complex}) | {bytes, bytearray}


class Parts:
    """Takes objects apart."""

    def __init__(self, dry_run: DryRun) -> None:
        self.dry_run = dry_run
        self.skip = LEAVES  # types of parts that are left out
        self._buffers: dict[int, Any] = {}  # parts of states that leave out of band
        self._kept: list[Any] = []  # alive, so that no other part gets the same id

    def parts_of(self, obj: Any) -> list[Part]:
        """The parts of one object, as (step, part); raises if a pickler would."""
        kind = type(obj)
        if kind in self.skip or kind is PickleBuffer or id(obj) in self._buffers:
            return []
        if kind in _STEPS:
            return self._among(obj, lambda at: (_STEPS[kind], at))
        if kind in MAPPINGS:
            return self._keyed(list(obj), obj.values(), ["member", "value"])
        return list(self._reduced(obj))

    def _among(self, parts: Collection[Any], step: Callable[[int], Step]) -> list[Part]:
        if self.skip.issuperset(map(type, parts)):
            return []
        return [(step(at), part) for at, part in enumerate(parts) if type(part) not in self.skip]

    def _keyed(self, keys: list[Any], values: Any, kinds: list[str], *where: Any) -> list[Part]:
        """The keys of a dict and its values, whose steps are of two `kinds`."""
        inside = self._among(keys, lambda at: (kinds[0], at, None, *where))
        return inside + self._among(values, lambda at: (kinds[1], at, keys[at], *where))

    def _reduced(self, obj: Any) -> Iterator[Part]:
        """The parts in what the reducer of `obj` returns."""
        reduced = self.dry_run.reduce(obj)
        named = isinstance(reduced, str) and self.dry_run.failure(obj) is None
        if named or reduced is NotImplemented:  # a global, by its name
            return
        if type(reduced) is not tuple or not 2 <= len(reduced) <= 6:
            raise PicklingError
        function, arguments, state, items, pairs, setter = (*reduced, *[None] * 4)[:6]
        if not callable(function) or not isinstance(arguments, tuple):
            raise PicklingError
        if function is rebuild:
            yield from self._state_of(arguments[1])
            attributes = state
            if setter is complete:
                _key, attributes, links = state
                yield from self._among([links], lambda _: ("links", 0))
            yield from self._attributes(attributes, (2, 1))
            return
        self._kept.append(reduced)
        if getattr(function, "__name__", "") not in ("__newobj__", "__newobj_ex__"):
            yield ("reduced", 0), function
        elif not arguments or arguments[0] is not obj.__class__:
            raise PicklingError
        yield from self._among(arguments, lambda at: ("reduced", 1, at))
        yield from self._attributes(state, (2,))
        if items is not None:
            self._kept.append(items := list(items))
            yield from self._among(items, lambda at: ("appended", at))
        if pairs is not None:
            self._kept.append(pairs := list(pairs))
            keys, values = [key for key, _ in pairs], [value for _, value in pairs]
            yield from self._keyed(keys, values, ["set key", "set value"])
        if setter is not None:
            yield ("reduced", 5), setter

    def _attributes(self, state: Any, where: tuple[int, ...]) -> Iterator[Part]:
        """The attributes in a state of the form that `object` gives it; any other is one part.

        `where` is the place of the state in the reduction.
        """
        pair = type(state) is tuple and len(state) == 2  # of the `__dict__` and the slots
        dicts = state if pair else [state]
        if not {*map(type, dicts)} <= {dict, type(None)}:
            yield from self._among([state], lambda _: ("reduced", *where))
            return
        for at, attributes in enumerate(dicts):
            if attributes:
                place, kinds = (*where, at) if pair else where, ["attribute name", "attribute"]
                yield from self._keyed(list(attributes), attributes.values(), kinds, place)

    def _state_of(self, state: Any) -> Iterator[Part]:
        """The state of a native object, as one part."""
        state = state.state if type(state) is OutOfBand else state
        if type(state) not in self.skip:
            self._buffers.update((id(part), part) for part in buffers_in(state))
            self._kept.append(state)
            if type(state) not in BYTES_LIKE:
                yield ("state", 0), state
