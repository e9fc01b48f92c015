"""Sieve: cross off the composites of a window, then count, list and look up its primes."""

import operator
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, SupportsIndex

from native import _cross_off, _unkept
from native._bitmap import FIRST_PROGRESS, RESIDUES, BitmapHandle, restore
from native._buffers import uint64_bytes
from native._context import context
from native._native import ffi, lib
from native._status import check
from native._window import check_bounds, intervals

if TYPE_CHECKING:
    from typing_extensions import Self

    from native._native import CData

_FINISHED_INTERVAL = 1 << 30
# A C call cannot be interrupted: so many primes are listed in one. Iteration holds so many.
_LISTED_PER_CALL = 1 << 20
_ITERATION_BUFFER = 1 << 13


class Sieve(BitmapHandle):
    """The window [first, last) of the integers, and which of its composites are crossed off.

    A sieve starts with nothing crossed off. `cross_off` crosses off the multiples of given primes,
    `finish` all composites that are left; then the primes of the window can be counted, listed,
    iterated over and looked up; before that, RuntimeError. A finished sieve never changes again.
    A sieve in which nothing was crossed off can be counted and listed without `finish`, interval by
    interval, and without a bitmap.

    The bitmap is allocated when something is first written to it: n / 30 bytes for n integers.

    One thread at a time may change a sieve; a second one gets RuntimeError, and never waits. All
    long work releases the GIL, and Ctrl-C interrupts it within about half a second: `progress` is
    then still right, and the work can be continued.

    Equality compares the window, the progress and what is crossed off. A sieve cannot be hashed,
    nor pickled by itself. `copy.copy` and `copy.deepcopy` make a second sieve with its own memory.
    As a context manager, a sieve closes itself.

    Args:
        first: the first integer of the window, at least 0.
        last: the integer behind its last, from `first` to 2**63.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: the bounds are negative, descend or exceed 2**63.
        MemoryError: malloc returned NULL; later, when the bitmap is allocated: it is larger than
            the memory of this machine.

    >>> sieve = Sieve(10, 50)
    >>> sieve.finish().count(), list(sieve)[:4], 49 in sieve
    (11, [11, 13, 17, 19], False)
    """

    def __init__(self, first: SupportsIndex, last: SupportsIndex) -> None:
        out = ffi.new("sieve_t **")
        check(lib.sieve_new(*check_bounds(first, last), out), "native.Sieve")
        self._adopt(out)

    def cross_off(self, primes: Any, below: SupportsIndex | None = None) -> None:
        """Cross off the multiples of given primes, each from its square on.

        The order does not matter, nor do repetitions. The multiples of a composite number are
        crossed off, too, from its square on, which is harmless. A finished sieve stays as it is.

        Args:
            primes: a contiguous buffer of unsigned 64-bit integers in this machine's byte order:
                array('Q'), a numpy array of uint64, or bytes of a length divisible by 8.
            below: the caller's statement that with these, the multiples of all primes below it
                are crossed off; raises `progress` to it. Without it `progress` stays.

        Raises:
            TypeError: `primes` is another buffer, or none.
            ValueError: a number is below 2, or `below` is negative; nothing was crossed off.
            RuntimeError: another thread is changing this sieve.
        """
        numbers = uint64_bytes(primes, "primes")
        known = 0 if below is None else operator.index(below)
        if known < 0:
            raise ValueError(f"below must not be negative, not {known}")
        bad = lib.sieve_check_primes(ffi.from_buffer("char[]", numbers), len(numbers) // 8)
        if 8 * bad < len(numbers):
            value = numbers[8 * bad : 8 * bad + 8].cast("Q")[0]
            raise ValueError(f"primes must be 2 or more, but the one at index {bad} is {value}")
        with self._changing() as pointer:
            if not self.finished:
                self._make_bitmap(pointer)
                _cross_off.cross_off_multiples(pointer, numbers, known)

    def finish(self) -> "Self":
        """Cross off the multiples of the primes from `progress` to `needed`; return this sieve.

        Takes some 50 MB beside the bitmap at most. After an interrupt `progress` is right, and the
        next call continues.

        Raises:
            RuntimeError: another thread is changing this sieve.
            MemoryError: the bitmap is larger than the memory of this machine, or malloc returned
                NULL.
        """
        if self.finished:
            return self
        with self._changing() as pointer:
            self._make_bitmap(pointer)
            _cross_off.cross_off_all(pointer)
        return self

    def count(self) -> int:
        """The number of primes in the window: one pass over the bitmap, or sieved without one.

        Raises:
            RuntimeError: there is a bitmap, but the sieve is not finished.
        """
        pointer = self._open()
        if not self._has_bitmap(pointer):
            if self._found is None:
                self._found = count(self.first, self.last)
            return self._found
        out = ffi.new("uint64_t *")
        check(lib.sieve_count(context(), pointer, out), self)
        return int(out[0])

    def primes(self) -> "array[int]":
        """The primes of the window, ascending, as array('Q'): 8 bytes each, filled by C.

        Raises:
            RuntimeError: there is a bitmap, but the sieve is not finished.
        """
        pointer = self._open()
        if not self._has_bitmap(pointer):
            first, last, edge = self.first, self.last, _unkept.LARGEST
            numbers = _unkept.listed(first, min(last, edge))
            for sieve in finished_sieves(max(first, edge), last):
                numbers += sieve.primes()
            return numbers
        numbers = array("Q", [0]) * self.count()
        with memoryview(numbers) as view:
            begin, done = 0, 0
            while done < len(numbers):
                done += self._list(pointer, begin, view[done : done + _LISTED_PER_CALL])
                begin = numbers[done - 1] + 1
        return numbers

    def _list(self, pointer: "CData", begin: int, room: memoryview) -> int:
        """Fill `room` with the primes from `begin` on; return how many there were."""
        written = ffi.new("size_t *")
        target = ffi.from_buffer("uint64_t[]", room)
        check(lib.sieve_list(context(), pointer, begin, target, len(room), written), self)
        return int(written[0])

    def __iter__(self) -> Iterator[int]:
        """The primes of the window, ascending, a few thousand of them in memory at a time."""
        pointer = self._finished()
        numbers = array("Q", [0]) * _ITERATION_BUFFER
        room = memoryview(numbers)
        begin = 0
        while written := self._list(pointer, begin, room):
            begin = numbers[written - 1] + 1
            yield from numbers[:written]

    def __contains__(self, number: SupportsIndex) -> bool:
        """Whether an integer of the window is prime.

        Raises:
            TypeError: `number` is not an integer.
            ValueError: it is outside the window.
            RuntimeError: the sieve is not finished.
        """
        pointer = self._finished()
        number = operator.index(number)
        first, last = pointer.first, pointer.last
        if not first <= number < last:
            raise ValueError(f"{number} is outside the window [{first}, {last}) of this sieve")
        if pointer.progress < pointer.needed:
            check(lib.NATIVE_UNFINISHED, self)
        line = RESIDUES.find(number % 30)
        if line < 0:
            return number in (2, 3, 5)
        byte, bit = divmod(number // 30 - first // 30, 8)
        return not int(pointer.lines[line * pointer.stride + byte]) >> bit & 1

    def _finished(self) -> "CData":
        """The pointer, for a query; a finished sieve without a bitmap first gets one."""
        pointer = self._open()
        if not self._has_bitmap(pointer) and self.finished:
            with self._changing():
                self._make_bitmap(pointer)
        return pointer

    def __len__(self) -> int:
        """The number of primes, as `count`."""
        return self.count()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sieve):
            return NotImplemented
        same = lib.sieve_equal(self._open(), other._open())
        if same == -1:  # one has a bitmap, in which nothing may be crossed off
            same = self.bitmap == other.bitmap
        return bool(same)

    def __repr__(self) -> str:
        if self.closed:
            return "<native.Sieve, closed>"
        how_far = "finished"
        if not self.finished:
            how_far = f"crossed off for primes below {self.progress} of {self.needed}"
        return f"<native.Sieve [{self.first}, {self.last}), {how_far}>"

    def _duplicate(self) -> "Self":
        return self.from_state(self.state())

    def state(self) -> tuple[int, int, int, int | None, memoryview | None]:
        """(first, last, progress, found, bitmap): all that `from_state` needs, without a copy.

        A sieve without a bitmap has None in its place, and in `found` the number of its primes, if
        they have been counted. The bitmap is a view of this sieve's memory, which the view keeps
        alive. If more is crossed off while the view is read, the state stays valid: a state may
        have more crossed off than its progress says.

        Raises:
            RuntimeError: another thread is changing this sieve.
        """
        if not self.finished and self._changer:
            raise self._busy()
        has_bitmap = self._has_bitmap(self._open())
        found, bitmap = (None, self.bitmap) if has_bitmap else (self._found, None)
        return self.first, self.last, self.progress, found, bitmap

    @classmethod
    def from_state(cls, state: Any) -> "Self":
        """A new sieve from what `state` returned.

        The bitmap is any bytes-like object. If it is finished and in constant memory (bytes, a
        read-only mapping), the sieve reads it where it is, and keeps it alive; else it copies it.

        Raises:
            TypeError: a part of the state is of the wrong type.
            ValueError: a part is missing, out of range, or the bitmap's length is not the window's.
            MemoryError: as for a new sieve.
        """
        try:
            first, last, progress, found, source = state
        except ValueError:
            raise ValueError("the state of a native.Sieve has 5 parts") from None
        if source is not None:
            if found is not None:
                raise ValueError("the state of a native.Sieve has its primes counted, or a bitmap")
            return cls._owning(*restore(first, last, progress, source))
        first, last = check_bounds(first, last)
        if progress != FIRST_PROGRESS:
            raise ValueError(f"a sieve without a bitmap has no progress {progress!r}")
        if found is not None and not 0 <= operator.index(found) <= last - first:
            raise ValueError(f"there cannot be {found} primes in [{first}, {last})")
        out = ffi.new("sieve_t **")
        check(lib.sieve_new(first, last, out), "native.Sieve")
        sieve = cls._owning(out)
        sieve._found = found if found is None else operator.index(found)
        return sieve

    @classmethod
    def from_odd_state(cls, state: Any) -> "Self":
        """A new sieve from a state of layout 1: (first, last, progress, bitmap of odd numbers).

        Bit i % 8 of byte i // 8 of that bitmap stands for the odd number (first | 1) + 2 * i.
        Raises as `from_state` does.
        """
        try:
            first, last, progress, source = state
        except ValueError:
            raise ValueError("the state of a native.Sieve of layout 1 has 4 parts") from None
        return cls._owning(*restore(first, last, progress, source, odd=True))


def count(first: int, last: int) -> int:
    """The number of primes in a window, of which no bitmap is kept."""
    found = _unkept.count(first, min(last, _unkept.LARGEST))
    if last > _unkept.LARGEST:
        far = finished_sieves(max(first, _unkept.LARGEST), last)
        found += sum(sieve.count() for sieve in far)
    return found


def finished_sieves(first: int, last: int) -> Iterator[Sieve]:
    """Finished sieves of consecutive intervals of a window, one at a time."""
    for begin, end in intervals(first, last, _FINISHED_INTERVAL):
        with Sieve(begin, end) as sieve:
            yield sieve.finish()
