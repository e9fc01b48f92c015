"""The check for leaks: what a process holds before and after many rebuilds."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import pickle
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from adapters import _events
from adapters._child import progress
from adapters._conformance.report import Broken, NotHere

if TYPE_CHECKING:
    from adapters._conformance.case import Case

# Quick adapters are rebuilt more often, so that a few bytes lost at each become visible, and slow
# ones as often as fits.
_SECONDS = 0.05  # of a round, at the least
_LONGEST = 6.0  # seconds for all examples, where the author does not say how many rebuilds
_USUAL, _MOST = 1000, 10_000  # rebuilds in a round
_FEWEST = 10
_WARM_UP = 100
_ROUNDS = 3
_INTERVAL = 0.5  # seconds between two signs of life
# Growth that is no leak: caches, and pages that the heap keeps for later. A leak grows by more in
# each round.
_PAGES = 512 * 1024
_CACHES = {"heap": 16 * 1024, "blocks": 100}
_SPARE = 8
_HEAP, _RESIDENT = "the C heap in bytes", "the resident memory in bytes"
_BLOCKS = "the blocks of Python's allocator"
_ADVICE = (
    "free what the factory allocates when the object ends (ffi.gc, __del__, tp_dealloc), and close"
    " what it opens"
)


def nothing_leaks(case: Case, example: Any) -> str:
    """Memory, descriptors and live objects stay the same over rounds of 1,000 rebuilds and more.

    Measured are the resident memory, the C heap (of glibc), the blocks of Python's allocator, the
    open descriptors and what `live()` returns, after a round trip has been made often enough to
    warm caches up. What grows in each of three rounds leaks. What is rebuilt slowly is rebuilt as
    often as fits into a few seconds, unless `rebuilds` says how often.
    """
    return require_no_leak(case, pickle.dumps(example, 5))


def require_no_leak(case: Case, payload: bytes) -> str:
    """Require that nothing leaks over rebuilds of a payload; how many were made, in words."""
    if _events.observer is not None:
        raise NotHere("an adapters.trace() is open in this process, and keeps what it records")
    descriptors = _descriptors()
    _round_trips(payload, 1)  # it imports
    start = time.monotonic()
    _round_trips(payload, 2)
    cost = (time.monotonic() - start) / 2
    fits = int(_LONGEST / len(case.labels) / cost / (_ROUNDS + 1 / _ROUNDS))
    count = case.rebuilds or max(1, min(_USUAL, fits))
    warm_up = min(_WARM_UP, max(_FEWEST, count // _ROUNDS)) if count >= _FEWEST else count
    _round_trips(payload, warm_up)
    gc.collect()  # objects in cycles close theirs then
    if _descriptors() - descriptors > max(warm_up // 2, _SPARE):  # soon there would be none left
        raise Broken(f"each rebuild leaves a descriptor open: {_ADVICE}")
    growing: dict[str, str] = {}
    total = 0
    for number in range(_ROUNDS):
        before = _measure(case)
        done = _round_trips(payload, count, _SECONDS)
        total += done
        after = _measure(case)
        allowed = {
            _HEAP: max(8 * done, _CACHES["heap"]),
            _BLOCKS: max(done // 4, _CACHES["blocks"]),
            _RESIDENT: _PAGES + 2 * len(payload),
        }
        growing = {
            name: f"{name} by {after[name] - before[name]} over {done}"
            for name in (growing if number else before)
            if after[name] - before[name] > allowed.get(name, _SPARE)
        }
        if not growing:
            break
    if growing:
        grown = "; ".join(growing.values())
        advice = f"{_ADVICE}; if it is a cache that fills up, more rebuilds= show its end"
        raise Broken(f"what a process holds grows with each rebuild, {grown} rebuilds: {advice}")
    if count < _FEWEST:
        label = case.labels[case.index]
        often = "once" if total == 1 else f"{total} times"
        told = (
            f"example {label} was rebuilt {often}, as that takes {cost:.2g} s, too seldom to tell"
        )
        raise NotHere(f"{told}: rebuilds=100 rebuilds it that often, however long it takes")
    return f"{total:,} rebuilds"


def _round_trips(payload: bytes, least: int, seconds: float = 0) -> int:
    start = told = time.monotonic()
    done = 0
    while done < least or (done < _MOST and time.monotonic() < start + seconds):
        pickle.dumps(pickle.loads(payload))
        done += 1
        if time.monotonic() > told + _INTERVAL:
            told = time.monotonic()
            progress(f"rebuild {done} of {least} in the search for leaks")
    return done


def _measure(case: Case) -> dict[str, int]:
    gc.collect()
    measured = {
        "the number of open descriptors": _descriptors(),
        _BLOCKS: sys.getallocatedblocks() if hasattr(sys, "getallocatedblocks") else None,
        _HEAP: _c_heap(),
        _RESIDENT: _resident(),
        "what live() counts": None if case.live is None else int(case.live()),
    }
    return {name: number for name, number in measured.items() if number is not None}


def _resident() -> int | None:
    with suppress(OSError), open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE
    with suppress(ImportError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return None


class _Mallinfo(ctypes.Structure):
    """The result of glibc's mallinfo2: ten numbers, two of them bytes that are in use."""

    _fields_ = [("numbers", ctypes.c_size_t * 10)]


def _c_heap() -> int | None:
    """The bytes allocated by malloc and not yet freed; None without glibc."""
    with suppress(AttributeError, OSError, TypeError):
        mallinfo2 = ctypes.CDLL(None).mallinfo2
        mallinfo2.restype = _Mallinfo
        numbers = mallinfo2().numbers
        return int(numbers[7] + numbers[4])  # uordblks, from the heap, and hblkhd, mapped
    return None


def _descriptors() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        if os.path.isdir(folder):
            return len(os.listdir(folder))
    found = 0
    for number in range(1024):
        with suppress(OSError):
            os.fstat(number)
            found += 1
    return found
