"""Trials for `explain`: pickle a part as `adapters.dumps` would, and keep nothing but the outcome.

Two picklers do the work of `dumps`: the plain one, and from the first function or class that no
other process could import the one that sends such things by value. A trial uses one of the two.
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
_ATOMS = 64  # parts that a trial does not take apart further: walking them is cheaper
_PATIENCE = 0.25  # seconds that trials may lose before walking everything is the better way


class Count:
    """A file that keeps the number of bytes and forgets them."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: Any) -> int:
        """Count the bytes of `data`."""
        size = memoryview(data).nbytes
        self.size += size
        return size


class _Doubtful(Exception):  # noqa: N818 - a signal
    """What is pickled holds a part that pickles and may be wrong all the same."""


class Trials:
    """Trials with one of the two picklers.

    Args:
        protocol: The protocol of pickle.
        by_value: Whether with the pickler that sends functions and classes by value.
        doubtful: Whether a part that is not a built-in has to be looked at although it pickles.
    """

    def __init__(self, protocol: int, by_value: bool, doubtful: Callable[[Any], bool]) -> None:
        base: Any = PlainPickler
        options: dict[str, Any] = {}
        self.dispatch_table: Any = copyreg.dispatch_table
        if by_value:
            from adapters._wire.by_value import Pickler

            base, options = Pickler, {"reduce": registry.reduce}
            self.dispatch_table = base.dispatch_table

        class Survey(base):  # type: ignore[misc]
            def reducer_override(self, obj: Any) -> Any:
                if doubtful(obj):
                    raise _Doubtful
                return super().reducer_override(obj)

        self.protocol = protocol
        self.by_value = by_value
        self._above = base.__base__
        self._base = partial(base, protocol=protocol, **options)
        self._survey = partial(Survey, protocol=protocol, **options)
        self._pickler: Any = None  # holds in its memo all that is known to be fine
        self._pickling = self._base(Count())
        self._override = self._pickling.reducer_override
        self._won = self._lost = 0.0

    def size(self, obj: object) -> int:
        """The bytes that `obj` alone takes; raises what the pickler raises."""
        count = Count()
        self._base(count).dump(obj)
        return count.size

    def sizes(self, parts: Sequence[object]) -> list[int]:
        """The bytes of each part behind those before it in one message."""
        count, found = Count(), [0]
        pickler = self._base(count)
        for part in parts:
            pickler.dump(part)
            found.append(count.size)
        return [after - before for before, after in pairwise(found)]

    def survey(self, obj: object) -> int | None:
        """The bytes of `obj` if it pickles and nothing in it is doubtful, else None.

        Raises:
            NOT_IMPORTABLE: as `error`.
        """
        count = Count()
        try:
            self._survey(count).dump(obj)
        except NotImportableError:
            raise
        except (_Doubtful, *FAILURES):
            return None
        return count.size

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
        """What the pickler's reducer for `obj` returns, NotImplemented if it has none of its own.

        Raises:
            NOT_IMPORTABLE: as `error`; and whatever the reducer raises.
        """
        kind = type(obj)
        try:
            reduced = self._override(obj)
        except FAILURES:
            if not self.by_value or not issubclass(kind, type):
                raise
            # A class of the main script travels whole, as bytes: look into it all the same.
            reduced = self._above.reducer_override(self._pickling, obj)
        if reduced is not NotImplemented:
            return reduced
        if kind is FUNCTION:
            return NotImplemented
        reduce = self.dispatch_table.get(kind)
        if reduce is not None:
            return reduce(obj)
        if issubclass(kind, type):
            return NotImplemented
        return obj.__reduce_ex__(self.protocol)

    def without_fine(self, parts: list[Any]) -> list[Any]:
        """The pairs (step, part) of `parts` except those in which surely nothing is to be found.

        The parts are of something that fails, so not all of them are tried at once, but a few
        together, and of those that fail fewer. They share one memo, so that what several of them
        hold is pickled once. Trials stop when they lose too much time.
        """
        kept: list[Any] = []
        todo = _split(parts)
        while todo:
            some = todo.pop()
            if self._lost > _PATIENCE + self._won:
                kept += some
            elif not self._is_fine([part for _, part in some]):
                if len(some) <= (1 if len(parts) <= _ATOMS else _ATOMS // 4):
                    kept += some
                else:
                    todo += _split(some)
        return kept

    def _is_fine(self, parts: list[Any]) -> bool:
        if self._pickler is None:
            self._pickler = self._survey(Count())
        start = time.perf_counter()
        try:
            self._pickler.dump(parts)
        except NotImportableError:
            raise
        except (_Doubtful, *FAILURES):
            self._pickler = None  # its memo knows parts of which only the beginning was pickled
            self._lost += time.perf_counter() - start
            return False
        self._won += time.perf_counter() - start
        return True


def _split(parts: list[Any]) -> list[list[Any]]:
    """`parts` in 16 pieces, or fewer, the last first."""
    size = -(-len(parts) // 16)
    return [parts[start : start + size] for start in range(0, len(parts), size)][::-1]
