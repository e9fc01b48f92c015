"""Dry runs: pickle a part as `adapters.dumps` would, and keep the size or the error alone.

One message is kept: that of a part which another process is to rebuild.

`dumps` uses two picklers: the plain one, and the one that sends functions and classes by value as
soon as it meets one that another process could not import. A dry run uses one of the two; the plain
one raises a NotImportableError at what has to go by value.
"""

from __future__ import annotations

import copyreg
import io
import time
from collections.abc import Callable, Container, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from adapters._importable.functions import FUNCTION
from adapters._naming import in_words
from adapters._nesting import too_deep
from adapters._pickling import is_final
from adapters._plain_pickler import NotImportableError, PlainPickler
from adapters._wire.rebuild import registry
from adapters.errors import failures

_FEW = 64  # up to so many parts, groups are split down to single parts; beyond, down to 16 parts
_WASTED = 0.25  # seconds that failing groups may take, beyond what passing groups have saved


class _Counter:
    """A file that keeps the number of bytes and drops the bytes."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Any) -> None:
        self.size += memoryview(data).nbytes


class _HazardMet(Exception):  # noqa: N818 - a signal
    """A part pickles, but may be wrong all the same."""


class Failure(NamedTuple):
    """Why a part does not pickle: the error in words, and whether it is nested too deep.

    `final` says that the other pickler fails, too.

    The error itself has a traceback, which would keep picklers and parts alive in a cycle.
    """

    error: str
    deep: bool
    final: bool


class DryRun:
    """Pickles parts and drops the bytes; `by_value` with the pickler that sends functions by value.

    `hazard` returns what may be wrong about a part although it pickles, None if nothing.
    """

    def __init__(self, protocol: int, by_value: bool, hazard: Callable[[Any], object]) -> None:
        base: Any = PlainPickler
        options: dict[str, Any] = {"protocol": protocol}
        if by_value:
            from adapters._wire.by_value import Pickler

            base = Pickler
            options |= {"reduce": registry.reduce, "whole": True}  # whole: with all their parts

        class Strict(base):  # type: ignore[misc]
            def reducer_override(self, obj: Any) -> Any:
                if hazard(obj):
                    raise _HazardMet
                return super().reducer_override(obj)

        class Partial(base):  # type: ignore[misc]
            left_out: Container[int] = ()
            has_gaps = False

            def persistent_id(self, obj: object) -> str | None:
                if id(obj) not in self.left_out:
                    return None
                self.has_gaps = True
                return ""

        self.protocol = protocol
        self._partial = partial(Partial, **{**options, "whole": False} if by_value else options)
        self._plain_override = base.__base__.reducer_override if by_value else None
        self._new = partial(base, **options)
        self._new_strict = partial(Strict, **options)
        self._pickler = self._new(_Counter())  # for its reducers alone
        self._dispatch_table = getattr(self._pickler, "dispatch_table", copyreg.dispatch_table)
        self._strict = self._new_strict(_Counter())  # its memo holds parts without any finding
        self._lost = 0.0  # seconds spent on groups that failed, less those on groups that passed

    def sizes(self, parts: Sequence[object]) -> list[int]:
        """The bytes that each part adds to one message of all parts; raises what pickling does."""
        counter, ends = _Counter(), [0]
        pickler = self._new(counter)
        for part in parts:
            pickler.dump(part)
            ends.append(counter.size)
        return [end - start for start, end in pairwise(ends)]

    def message(self, part: object, left_out: Container[int]) -> tuple[bytes, bool]:
        """The message of a part without the objects whose ids are in `left_out`; if one was there.

        In their place is an empty persistent id, which an unpickler has to know. Raises what
        pickling does.
        """
        file = io.BytesIO()
        pickler = self._partial(file)
        pickler.left_out = left_out
        pickler.dump(part)
        return file.getvalue(), pickler.has_gaps

    def size_if_fine(self, obj: object) -> int | None:
        """The bytes of `obj` if it pickles and has no hazard in it, else None."""
        counter = _Counter()
        return counter.size if _failure(self._new_strict(counter), obj) is None else None

    def failure(self, obj: object) -> Failure | None:
        """Why `obj` alone does not pickle, None if it does."""
        return _failure(self._new(_Counter()), obj)

    def reduce(self, obj: Any) -> Any:
        """What the pickler's reducer for `obj` returns; NotImplemented if it goes by its name."""
        kind = type(obj)
        try:
            reduced = self._pickler.reducer_override(obj)
        except failures():
            if self._plain_override is None or not issubclass(kind, type):
                raise
            # A class of the main script goes whole, as bytes; cloudpickle's reducer has its parts.
            reduced = self._plain_override(self._pickler, obj)
        if reduced is not NotImplemented or kind is FUNCTION:
            return reduced
        reduce = self._dispatch_table.get(kind)
        if reduce is not None:
            return reduce(obj)
        return NotImplemented if issubclass(kind, type) else obj.__reduce_ex__(self.protocol)

    def suspects(self, pairs: list[Any]) -> list[Any]:
        """The pairs (step, part) of `pairs` that may have a finding in them.

        Group testing: the parts are pickled in groups, and a group that fails is split into smaller
        ones. All groups share one memo, so that what several parts hold is pickled once. It stops
        when failures take too much time, as to walk through all parts is then cheaper.
        """
        kept: list[Any] = []
        groups = _split(pairs)
        while groups:
            group = groups.pop()
            if self._lost > _WASTED:
                kept += group
            elif not self._is_fine([part for _, part in group]):
                if len(group) <= (1 if len(pairs) <= _FEW else _FEW // 4):
                    kept += group
                else:
                    groups += _split(group)
        return kept

    def _is_fine(self, parts: list[Any]) -> bool:
        start = time.perf_counter()
        fine = _failure(self._strict, parts) is None
        self._lost += (time.perf_counter() - start) * (-1 if fine else 1)
        if not fine:  # the memo holds parts that were pickled half
            self._strict = self._new_strict(_Counter())
        return fine


def _failure(pickler: Any, obj: object) -> Failure | None:
    """Why `obj` does not pickle, None if it does; a NotImportableError is raised."""
    try:
        pickler.dump(obj)
    except NotImportableError:
        raise
    except failures() as error:
        return Failure(in_words(error, places=False), too_deep(error), is_final(error))
    return None


def _split(pairs: list[Any]) -> list[list[Any]]:
    """`pairs` in 16 groups, or fewer, the last first."""
    size = -(-len(pairs) // 16) or 1
    return [pairs[start : start + size] for start in range(0, len(pairs), size)][::-1]
