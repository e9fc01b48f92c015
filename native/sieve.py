"""Sieve: strike the composites of a window, then count, list and ask for its primes."""

import operator
from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, SupportsIndex

from native import _primes
from native._bitmap import FIRST_PROGRESS, KeptWindow
from native._buffers import uint64_bytes
from native._context import kernel
from native._handle import check
from native._native import ffi, lib
from native._window import check_bounds, fill, restore, strike

if TYPE_CHECKING:
    from typing_extensions import Self

    from native._native import CData

# Where base primes are too many to be held, they come from windows of this many integers; primes
# are listed so many a C call (as none can be interrupted), and iteration holds so many.
_LARGEST_BASE = 1 << 26
_BASE_WINDOW = 1 << 24
_BATCH = 1 << 20
_CHUNK = 1 << 13


class Sieve(KeptWindow):
    """The window [first, last) of the integers, and which of them have been struck as composite.

    A sieve starts with nothing struck. `cross_off` strikes the multiples of given primes, `finish`
    those of all that are left; then the sieve can be counted, listed, iterated and asked for a
    number. What is asked too early raises RuntimeError. A finished sieve never changes again.

    The bitmap is made when something is to be written into it; a window of n integers takes n / 30
    bytes then. A sieve that was never struck can be counted and listed without one, a stretch at a
    time.

    One thread at a time may change a sieve; a second one gets RuntimeError, and never waits. All
    long work releases the GIL, and Ctrl-C interrupts it within about half a second: `progress` then
    still tells the truth, and the work can be taken up again.

    Equality compares the window, the progress and what has been struck. A sieve cannot be hashed,
    nor pickled by itself. `copy.copy` and `copy.deepcopy` make a second sieve with its own memory.
    As a context manager, a sieve closes itself.

    Args:
        first: the first integer of the window, at least 0.
        last: the integer behind its last, from `first` to 2**63.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: the bounds are negative, descend or exceed 2**63.
        MemoryError: the C heap refused; later, where the bitmap is made: it is larger than the
            memory of this machine.

    >>> sieve = Sieve(10, 50)
    >>> sieve.finish().count(), list(sieve)[:4], 49 in sieve
    (11, [11, 13, 17, 19], False)
    """

    def __init__(self, first: SupportsIndex, last: SupportsIndex) -> None:
        out = ffi.new("sieve_t **")
        check(lib.sieve_new(*check_bounds(first, last), out), "native.Sieve")
        self._adopt(out)

    def cross_off(self, primes: Any, below: SupportsIndex | None = None) -> None:
        """Strike the multiples of given primes, each from its square on.

        The order does not matter, nor do repetitions. A composite number strikes its multiples
        like a prime, from its square on, which is harmless. On a finished sieve nothing happens.

        Args:
            primes: a contiguous buffer of unsigned 64-bit integers in this machine's byte order:
                array('Q'), a numpy array of uint64, or bytes of a length divisible by 8.
            below: the caller's statement that with these, the multiples of all primes below it
                have been struck; moves `progress` up to it. Without it `progress` stays.

        Raises:
            TypeError: `primes` is another buffer, or none.
            ValueError: a number is below 2, or `below` is negative; nothing has been struck.
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
                self._keep(pointer)
                strike(pointer, numbers, known)

    def finish(self) -> "Self":
        """Strike the multiples of all base primes from `progress` to `needed`; return this sieve.

        Each part of the bitmap is written once. Where `needed` exceeds 2**26, base primes are made
        a part at a time by smaller sieves, of which none takes more than about 10 MB: when
        interrupted there, the sieve is as far as `progress` says, and the next call goes on.

        Raises:
            RuntimeError: another thread is changing this sieve.
            MemoryError: the bitmap is larger than the memory of this machine, or malloc refused.
        """
        if self.finished:
            return self
        with self._changing() as pointer:
            self._keep(pointer)
            needed = lib.sieve_needed(pointer)
            if needed <= _LARGEST_BASE:
                fill(pointer)
            while (begin := lib.sieve_progress(pointer)) < needed:
                end = min(begin + _BASE_WINDOW, needed)
                primes = _primes.primes(begin, end)
                strike(pointer, memoryview(primes).cast("B"), end)
        return self

    def count(self) -> int:
        """The number of primes in the window: one pass over the bitmap, or sieved without one.

        Raises:
            RuntimeError: the sieve has been struck, but is not finished.
        """
        pointer = self._open()
        if not self._kept(pointer):
            if self._found is None:
                self._found = _primes.count_primes(self.first, self.last)
            return self._found
        out = ffi.new("uint64_t *")
        check(lib.sieve_count(kernel(), pointer, out), self)
        return int(out[0])

    def primes(self) -> "array[int]":
        """The primes of the window, ascending, as array('Q'): 8 bytes each, filled by C.

        Raises:
            RuntimeError: the sieve has been struck, but is not finished.
        """
        pointer = self._open()
        if not self._kept(pointer):
            fresh: array[int] = _primes.primes(self.first, self.last)
            return fresh
        numbers = array("Q", [0]) * self.count()
        with memoryview(numbers) as view:
            begin, done = 0, 0
            while done < len(numbers):
                done += self._list(pointer, begin, view[done : done + _BATCH])
                begin = numbers[done - 1] + 1
        return numbers

    def _list(self, pointer: "CData", begin: int, room: memoryview) -> int:
        """Fill `room` with the primes from `begin` on; return how many there were."""
        written = ffi.new("size_t *")
        target = ffi.from_buffer("uint64_t[]", room)
        check(lib.sieve_list(kernel(), pointer, begin, target, len(room), written), self)
        return int(written[0])

    def __iter__(self) -> Iterator[int]:
        """The primes of the window, ascending, a few thousand of them in memory at a time."""
        pointer = self._finished()
        numbers = array("Q", [0]) * _CHUNK
        room = memoryview(numbers)
        begin = 0
        while written := self._list(pointer, begin, room):
            begin = numbers[written - 1] + 1
            yield from numbers[:written]

    def __contains__(self, number: SupportsIndex) -> bool:
        """Whether an integer of the window is prime.

        Raises:
            TypeError: `number` is not an integer.
            ValueError: it is outside the window, of which alone this sieve knows.
            RuntimeError: the sieve is not finished.
        """
        pointer = self._finished()
        number = operator.index(number)
        first, last = self.first, self.last
        if not first <= number < last:
            raise ValueError(f"{number} is outside the window [{first}, {last}) of this sieve")
        out = ffi.new("int *")
        check(lib.sieve_contains(pointer, number, out), self)
        return bool(out[0])

    def _finished(self) -> "CData":
        """The pointer, and a bitmap even where the window is too small to need striking."""
        pointer = self._open()
        if self.finished and not self._kept(pointer):
            with self._changing():
                self._keep(pointer)
        return pointer

    def __len__(self) -> int:
        """The number of primes, as `count`."""
        return self.count()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sieve):
            return NotImplemented
        same = lib.sieve_equal(self._open(), other._open())
        if same == -1:  # one has a bitmap, in which nothing may have been struck
            same = self.bitmap == other.bitmap
        return bool(same)

    def __repr__(self) -> str:
        if self.closed:
            return "<native.Sieve, closed>"
        how_far = "finished"
        if not self.finished:
            how_far = f"struck for primes below {self.progress} of {self.needed}"
        return f"<native.Sieve [{self.first}, {self.last}), {how_far}>"

    def _duplicate(self) -> "Self":
        return self.from_state(self.state())

    def state(self) -> tuple[int, int, int, int | None, memoryview | None]:
        """(first, last, progress, found, bitmap): all that `from_state` needs, without a copy.

        A sieve without a bitmap has None in its place, and in `found` the number of its primes, if
        they have been counted. The bitmap is a view of this sieve, alive for as long as somebody
        holds it. Should the sieve be struck further while the view is read, the state stays true: a
        state may have more struck than its progress says.

        Raises:
            RuntimeError: another thread is changing this sieve.
        """
        if not self.finished and self._changer:
            raise self._busy()
        return self._parts()

    def _parts(self) -> tuple[int, int, int, int | None, memoryview | None]:
        kept = self._kept(self._open())
        found, bitmap = (None, self.bitmap) if kept else (self._found, None)
        return self.first, self.last, self.progress, found, bitmap

    @classmethod
    def from_state(cls, state: Any) -> "Self":
        """A new sieve from what `state` returned.

        The bitmap is any bytes-like object. If it is finished, and memory that nobody can write to
        (bytes, a read-only mapping), the sieve reads it where it is, and keeps it; else it copies.

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
            return cls._own_of(*restore(first, last, progress, source))
        first, last = check_bounds(first, last)
        if progress != FIRST_PROGRESS:
            raise ValueError(f"a sieve without a bitmap has no progress {progress!r}")
        if found is not None and not 0 <= operator.index(found) <= last - first:
            raise ValueError(f"there cannot be {found} primes in [{first}, {last})")
        out = ffi.new("sieve_t **")
        check(lib.sieve_new(first, last, out), "native.Sieve")
        sieve = cls._own_of(out)
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
        return cls._own_of(*restore(first, last, progress, source, odd=True))

    @classmethod
    def _own_of(cls, out: "CData", borrowed: "Iterable[CData]" = ()) -> "Self":
        sieve = cls.__new__(cls)
        sieve._adopt(out, borrowed)
        return sieve
