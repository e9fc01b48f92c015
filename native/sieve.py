"""Sieve: a window of the integers and which of them are prime, as a bitmap in C memory."""

import operator
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, SupportsIndex

from native._buffers import flat_bytes, uint64_bytes
from native._memory import Owner, check, lend
from native._native import ffi, lib
from native._window import LARGEST_LAST, check_window, describe_bitmap, strike

if TYPE_CHECKING:
    from typing_extensions import Self

    from native._native import CData

# Own base primes are made from windows of this many integers, primes are listed so many a C call
# (as none can be interrupted), and iteration holds so many.
_BASE_WINDOW = 1 << 24
_BATCH = 1 << 20
_CHUNK = 1 << 13


class Sieve(Owner):
    """The window [first, last) of the integers, and which of them have been struck as composite.

    A sieve starts with nothing struck. `cross_off` strikes the multiples of given primes, `finish`
    those of all that are left; then the sieve can be counted, listed, iterated and asked for a
    number. What is asked too early raises RuntimeError. A finished sieve never changes again.

    The bitmap has one bit for each odd number: a window of n integers takes n / 16 bytes. One
    thread at a time may change a sieve; a second one gets RuntimeError, and never waits. All long
    work releases the GIL, and Ctrl-C interrupts it within about 0.2 s: `progress` then still tells
    the truth, and the work can be taken up again.

    Equality compares the window, the progress and what has been struck. A sieve cannot be hashed,
    nor pickled by itself. `copy.copy` and `copy.deepcopy` make a second sieve with its own memory.
    As a context manager, a sieve closes itself.

    Args:
        first: the first integer of the window, at least 0.
        last: the integer behind its last, from `first` to 2**63.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: the bounds are negative, descend or exceed 2**63.
        MemoryError: the bitmap is larger than the memory of this machine, or malloc refused.

    >>> sieve = Sieve(10, 50)
    >>> sieve.finish().count(), list(sieve)[:4], 49 in sieve
    (11, [11, 13, 17, 19], False)
    """

    def __init__(self, first: SupportsIndex, last: SupportsIndex) -> None:
        first, last = check_window(first, last)
        out = ffi.new("sieve_t **")
        check(lib.sieve_new(first, last, out), describe_bitmap(first, last))
        self._adopt(out)

    def _adopt(self, out: "CData") -> None:
        self._own(out, lib.sieve_free, lib.sieve_size(out[0]))
        self._changer: dict[str, object] = {}

    @contextmanager
    def _changing(self) -> "Iterator[CData]":
        """The pointer, while nobody else may change what it points at.

        Never waits: what another thread held when this process was forked is never released here.
        A dict and no lock, since Ctrl-C may come between taking a lock and `try`; this is one step.
        """
        pointer = self._open()
        me = object()
        try:
            if self._changer.setdefault("is", me) is not me:
                raise RuntimeError(
                    f"{self}: another thread is changing it, or was when this process was forked"
                )
            yield pointer
        finally:
            if self._changer.get("is") is me:
                del self._changer["is"]

    @property
    def first(self) -> int:
        """The first integer of the window."""
        return lib.sieve_first(self._open())

    @property
    def last(self) -> int:
        """The integer behind the last of the window."""
        return lib.sieve_last(self._open())

    @property
    def progress(self) -> int:
        """The least n such that the multiples of all primes below n are known to be struck.

        It starts at 3, since even numbers are not stored, and ends at `needed` or at 3, whichever
        is larger.
        """
        return lib.sieve_progress(self._open())

    @property
    def needed(self) -> int:
        """What `progress` must reach: isqrt(last - 1) + 1, or 0 where there is no odd number."""
        return lib.sieve_needed(self._open())

    @property
    def finished(self) -> bool:
        """Whether all composites of the window have been struck."""
        pointer = self._open()
        return lib.sieve_progress(pointer) >= lib.sieve_needed(pointer)

    @property
    def bitmap(self) -> memoryview:
        """The C memory of the bitmap, read-only and without a copy; it outlives `close`.

        Bit i % 8 of byte i // 8 stands for the odd number (first | 1) + 2 * i, and is set where
        that has been struck; 1 always is. Bits behind the last odd number are 0.
        """
        pointer = self._open()
        return lend(pointer, lib.sieve_bitmap(pointer), lib.sieve_size(pointer))

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
                strike(pointer, numbers, known)

    def finish(self) -> "Self":
        """Strike the multiples of all base primes from `progress` to `needed`; return this sieve.

        Base primes are made a part at a time by smaller sieves, of which none takes more than
        about 10 MB. When interrupted, the sieve is as far as `progress` says, and the next call
        goes on from there.

        Raises:
            RuntimeError: another thread is changing this sieve.
        """
        if self.finished:
            return self
        with self._changing() as pointer:
            needed = lib.sieve_needed(pointer)
            while (begin := lib.sieve_progress(pointer)) < needed:
                end = min(begin + _BASE_WINDOW, needed)
                with Sieve(begin, end) as base:
                    primes = base.finish().primes()
                strike(pointer, memoryview(primes).cast("B"), end)
        return self

    def count(self) -> int:
        """The number of primes in the window; one pass over the bitmap.

        Raises:
            RuntimeError: the sieve is not finished.
        """
        out = ffi.new("uint64_t *")
        check(lib.sieve_count(self._open(), out), self)
        return int(out[0])

    def primes(self) -> "array[int]":
        """The primes of the window, ascending, as array('Q'): 8 bytes each, filled by C.

        Raises:
            RuntimeError: the sieve is not finished.
        """
        pointer = self._open()
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
        check(lib.sieve_list(pointer, begin, target, len(room), written), self)
        return int(written[0])

    def __iter__(self) -> Iterator[int]:
        """The primes of the window, ascending, a few thousand of them in memory at a time."""
        pointer = self._open()
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
        pointer = self._open()
        number = operator.index(number)
        first, last = self.first, self.last
        if not first <= number < last:
            raise ValueError(f"{number} is outside the window [{first}, {last}) of this sieve")
        out = ffi.new("int *")
        check(lib.sieve_contains(pointer, number, out), self)
        return bool(out[0])

    def __len__(self) -> int:
        """The number of primes, as `count`."""
        return self.count()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sieve):
            return NotImplemented
        return bool(lib.sieve_equal(self._open(), other._open()))

    def __repr__(self) -> str:
        if self.closed:
            return "<native.Sieve, closed>"
        how_far = "finished"
        if not self.finished:
            how_far = f"struck for primes below {self.progress} of {self.needed}"
        return f"<native.Sieve [{self.first}, {self.last}), {how_far}>"

    def _duplicate(self) -> "Self":
        return self.from_state(self.state())

    def state(self) -> tuple[int, int, int, memoryview]:
        """(first, last, progress, bitmap): all that `from_state` needs; the bitmap is not copied.

        The bitmap is a view of this sieve, alive for as long as somebody holds it. Should the sieve
        be struck further while the view is read, the state stays true: a state may have more
        struck than its progress says.

        Raises:
            RuntimeError: another thread is changing this sieve.
        """
        if self.finished:
            return self.first, self.last, self.progress, self.bitmap
        with self._changing():
            return self.first, self.last, self.progress, self.bitmap

    @classmethod
    def from_state(cls, state: Any) -> "Self":
        """A new sieve from what `state` returned; the bitmap, any bytes-like object, is copied.

        Raises:
            TypeError: a part of the state is of the wrong type.
            ValueError: a part is missing, out of range, or the bitmap's length is not the window's.
            MemoryError: as for a new sieve.
        """
        try:
            first, last, progress, source = state
        except ValueError:
            raise ValueError("the state of a native.Sieve has 4 parts") from None
        first, last = check_window(first, last)
        bitmap = flat_bytes(source, "the bitmap of a native.Sieve")
        size = lib.sieve_bitmap_size(first, last)
        if len(bitmap) != size:
            raise ValueError(
                f"the bitmap of the window [{first}, {last}) has {size} bytes, not {len(bitmap)}"
            )
        progress = operator.index(progress)
        if not 0 <= progress <= LARGEST_LAST:
            raise ValueError(f"the progress of a sieve cannot be {progress}")
        out = ffi.new("sieve_t **")
        memory = ffi.from_buffer("char[]", bitmap)
        status = lib.sieve_restore(first, last, progress, memory, size, out)
        if status == lib.NATIVE_BAD_VALUE:
            raise ValueError(f"the progress of a sieve of [{first}, {last}) cannot be {progress}")
        check(status, describe_bitmap(first, last))
        sieve = cls.__new__(cls)
        sieve._adopt(out)
        return sieve
