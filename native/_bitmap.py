"""A window that is kept: its bitmap in C memory, how far it is, and who may change it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from native._handle import Owner, check, lend
from native._native import ffi, lib
from native._window import check_memory, describe_bitmap

if TYPE_CHECKING:
    from native._native import CData

FIRST_PROGRESS = 7


class KeptWindow(Owner):
    """What a Sieve is, apart from what it does: a window, and a bitmap once it is needed."""

    def _adopt(self, out: "CData", borrowed: "Iterable[CData]" = ()) -> None:
        self._own(out, lib.sieve_free, 0, borrowed)
        self._changer: dict[str, object] = {}
        self._found: int | None = None  # primes in the window, once they have been counted

    def _kept(self, pointer: "CData") -> bool:
        return lib.sieve_bitmap(pointer) != ffi.NULL

    def _keep(self, pointer: "CData") -> None:
        """Make the bitmap, where there is none."""
        if not self._kept(pointer):
            first, last = self.first, self.last
            check_memory(first, last)
            check(lib.sieve_keep(pointer), describe_bitmap(first, last))

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
                raise self._busy()
            yield pointer
        finally:
            if self._changer.get("is") is me:
                del self._changer["is"]

    def _busy(self) -> RuntimeError:
        return RuntimeError(
            f"{self}: another thread is changing it, or was when this process was forked"
        )

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

        It starts at 7, since multiples of 2, 3 and 5 are not stored, and ends at `needed` or at 7,
        whichever is larger.
        """
        return lib.sieve_progress(self._open())

    @property
    def needed(self) -> int:
        """What `progress` must reach: isqrt(last - 1) + 1, or 0 for the empty window."""
        return lib.sieve_needed(self._open())

    @property
    def finished(self) -> bool:
        """Whether all composites of the window have been struck."""
        pointer = self._open()
        return lib.sieve_progress(pointer) >= lib.sieve_needed(pointer)

    @property
    def bitmap(self) -> memoryview:
        """The C memory of the bitmap, read-only and without a copy; it outlives `close`.

        It has eight parts of one length, one for each residue r = 1, 7, 11, 13, 17, 19, 23, 29. Bit
        i % 8 of byte i // 8 of such a part stands for the number 30 * (first // 30 + i) + r, and is
        set where that has been struck; 1, and what is outside of the window, always is.

        Raises:
            MemoryError: it is made only now, and is larger than memory.
            RuntimeError: it is made only now, and another thread is changing this sieve.
        """
        pointer = self._open()
        if not self._kept(pointer):
            with self._changing():
                self._keep(pointer)
        return lend(pointer, lib.sieve_bitmap(pointer), lib.sieve_size(pointer))
