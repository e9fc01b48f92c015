"""Dry runs: pickle a part as `adapters.dumps` would, and keep the size or the error alone.

`dumps` uses two picklers: the plain one, and the one that sends functions and classes by value as
soon as it meets one that another process could not import. A dry run uses one of the two.
"""

from __future__ import annotations

import copyreg
import time
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from adapters._pickling import FUNCTION, NotImportableError, PlainPickler
from adapters._wire.rebuild import registry
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOT_IMPORTABLE = NotImportableError
_FEW = 64  # parts: of so many, groups are split down to single parts, of more down to 16
_WASTED = 0.25  # seconds that may go into groups that fail, beyond those saved by groups that pass


class _Counter:
    """A file that keeps the number of bytes and drops the bytes."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.size += size
        return size


class _HazardMet(Exception):  # noqa: N818 - a signal
    """A part pickles, but may be wrong all the same."""


class DryRun:
    """Pickles parts with one of the two picklers, for nothing.

    Args:
        protocol: The protocol of pickle.
        by_value: Whether with the pickler that sends functions and classes by value.
        hazard: Returns what may be wrong about a part although it pickles, None if nothing.
    """

    def __init__(self, protocol: int, by_value: bool, hazard: Callable[[Any], object]) -> None:
        base: Any = PlainPickler
        options: dict[str, Any] = {}
        self.dispatch_table: Any = copyreg.dispatch_table
        if by_value:
            from adapters._wire.by_value import Pickler

            base, options = Pickler, {"reduce": registry.reduce}
            self.dispatch_table = base.dispatch_table

        class Strict(base):  # type: ignore[misc]
            def reducer_override(self, obj: Any) -> Any:
                if hazard(obj):
                    raise _HazardMet
                return super().reducer_override(obj)

        self.protocol = protocol
        self._plain_override = base.__base__.reducer_override if by_value else None
        self._new = partial(base, protocol=protocol, **options)
        self._new_strict = partial(Strict, protocol=protocol, **options)
        self._fine: Any = None  # a pickler whose memo holds parts without any finding
        self._pickler = self._new(_Counter())
        self._saved = self._wasted = 0.0

    def size(self, obj: object) -> int:
        """The bytes that `obj` alone takes; raises what the pickler raises."""
        counter = _Counter()
        self._new(counter).dump(obj)
        return counter.size

    def sizes(self, parts: Sequence[object]) -> list[int]:
        """The bytes of each part behind those before it in one message."""
        counter, ends = _Counter(), [0]
        pickler = self._new(counter)
        for part in parts:
            pickler.dump(part)
            ends.append(counter.size)
        return [end - start for start, end in pairwise(ends)]

    def size_if_fine(self, obj: object) -> int | None:
        """The bytes of `obj` if it pickles and has no hazard in it, else None.

        Raises:
            NOT_IMPORTABLE: as `error`.
        """
        counter = _Counter()
        return counter.size if _passes(self._new_strict(counter), obj) else None

    def error(self, obj: object) -> BaseException | None:
        """What pickling `obj` alone raises, None if it pickles.

        Raises:
            NOT_IMPORTABLE: a function or a class in it has to go by value.
        """
        try:
            self.size(obj)
        except NotImportableError:
            raise
        except FAILURES as error:
            return error
        return None

    def reduce(self, obj: Any) -> Any:
        """What the pickler's reducer for `obj` returns; NotImplemented if it goes by its name.

        Raises:
            NOT_IMPORTABLE: as `error`; and whatever the reducer raises.
        """
        kind = type(obj)
        try:
            reduced = self._pickler.reducer_override(obj)
        except FAILURES:
            if self._plain_override is None or not issubclass(kind, type):
                raise
            # A class of the main script goes whole, as bytes; cloudpickle's reducer has its parts.
            reduced = self._plain_override(self._pickler, obj)
        if reduced is not NotImplemented or kind is FUNCTION:
            return reduced
        reduce = self.dispatch_table.get(kind)
        if reduce is not None:
            return reduce(obj)
        return NotImplemented if issubclass(kind, type) else obj.__reduce_ex__(self.protocol)

    def suspects(self, pairs: list[Any]) -> list[Any]:
        """The pairs (step, part) of `pairs` without those that have certainly no finding in them.

        The parts are of an object that fails: a few are pickled together, and fewer of those that
        fail. All share one memo, so that what several of them hold is pickled once. It ends when
        failures take too much time, as to walk through all parts is cheaper then.
        """
        kept: list[Any] = []
        groups = _split(pairs)
        while groups:
            group = groups.pop()
            if self._wasted > _WASTED + self._saved:
                kept += group
            elif not self._is_fine([part for _, part in group]):
                if len(group) <= (1 if len(pairs) <= _FEW else _FEW // 4):
                    kept += group
                else:
                    groups += _split(group)
        return kept

    def _is_fine(self, parts: list[Any]) -> bool:
        if self._fine is None:
            self._fine = self._new_strict(_Counter())
        start = time.perf_counter()
        fine = _passes(self._fine, parts)
        seconds = time.perf_counter() - start
        if fine:
            self._saved += seconds
        else:
            self._wasted += seconds
            self._fine = None  # its memo holds parts that were pickled half
        return fine


def _passes(pickler: Any, obj: object) -> bool:
    try:
        pickler.dump(obj)
    except NotImportableError:
        raise
    except (_HazardMet, *FAILURES):
        return False
    return True


def _split(pairs: list[Any]) -> list[list[Any]]:
    """`pairs` in 16 groups, or fewer, the last first."""
    size = -(-len(pairs) // 16)
    return [pairs[start : start + size] for start in range(0, len(pairs), size)][::-1]
