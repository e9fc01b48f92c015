"""The check for leaks: what a process holds before and after many rebuilds."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import pickle
import sys
import time
from typing import TYPE_CHECKING

from adapters._conformance.outcomes import Broken

if TYPE_CHECKING:
    from adapters._conformance.case import Trial

# Quick adapters are rebuilt more often, so that a few bytes lost at each become visible.
_SECONDS = 0.05
_MOST = 10_000
_WARM_UP = 100
_ROUNDS = 3
# Growth that is no leak: caches, and pages that the heap keeps for later. A leak grows by more in
# each round.
_PAGES = 512 * 1024
_SPARE = 8
_HEAP, _RESIDENT = "the C heap in bytes", "the resident memory in bytes"
_BLOCKS = "the blocks of Python's allocator"
_ADVICE = (
    "free what the factory allocates when the object ends (ffi.gc, __del__, tp_dealloc), and close"
    " what it opens"
)


def nothing_leaks(trial: Trial) -> None:
    """Memory, descriptors and live objects stay the same over 1,000 rebuilds and more.

    Measured are the resident memory, the C heap (of glibc), the blocks of Python's allocator, the
    open descriptors and what `live()` returns, after a round trip has been made often enough to
    warm caches up. What grows in each of three rounds leaks.
    """
    for example in trial.each():
        payload = pickle.dumps(example, 5)
        descriptors = _descriptors()
        _round_trips(payload, _WARM_UP, 0)
        if _descriptors() - descriptors > _WARM_UP // 2:  # soon there would be none left
            raise Broken(f"each rebuild leaves a descriptor open: {_ADVICE}")
        growing: dict[str, tuple[int, int]] = {}
        for round_number in range(_ROUNDS):
            before = _measure(trial)
            count = _round_trips(payload, trial.rebuilds, _SECONDS)
            after = _measure(trial)
            grown = {
                name: (after[name] - before[name], count)
                for name in before
                if after[name] - before[name] > _allowed(name, count)
            }
            growing = grown if round_number == 0 else {k: grown[k] for k in growing if k in grown}
            if not growing:
                break
        if growing:
            said = "; ".join(f"{name} by {more} over {n}" for name, (more, n) in growing.items())
            raise Broken(
                f"what a process holds grows with each rebuild, {said} rebuilds: {_ADVICE}"
            )


def _round_trips(payload: bytes, least: int, seconds: float) -> int:
    end = time.monotonic() + seconds
    done = 0
    while done < least or (done < _MOST and time.monotonic() < end):
        rebuilt = pickle.loads(payload)
        pickle.dumps(rebuilt)
        done += 1
    return done


def _allowed(name: str, count: int) -> int:
    each = {_HEAP: 8 * count, _BLOCKS: count // 4, _RESIDENT: _PAGES}
    return each.get(name, _SPARE)


def _measure(trial: Trial) -> dict[str, int]:
    gc.collect()
    measured = {"the number of open descriptors": _descriptors()}
    if hasattr(sys, "getallocatedblocks"):
        measured[_BLOCKS] = sys.getallocatedblocks()
    heap = _c_heap()
    if heap is not None:
        measured[_HEAP] = heap
    memory = _resident()
    if memory is not None:
        measured[_RESIDENT] = memory
    if trial.live is not None:
        measured["what live() counts"] = int(trial.live())
    return measured


def _resident() -> int | None:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * mmap.PAGESIZE
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class _Mallinfo(ctypes.Structure):
    """What mallinfo2 of glibc returns: ten numbers, of which two are bytes that are in use."""

    _fields_ = [("numbers", ctypes.c_size_t * 10)]


def _c_heap() -> int | None:
    """What malloc has given out and not got back, where glibc tells: a leak of few bytes shows."""
    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError, TypeError):
        return None
    mallinfo2.restype = _Mallinfo
    numbers = mallinfo2().numbers
    return int(numbers[7] + numbers[4])  # uordblks, from the heap, and hblkhd, mapped


def _descriptors() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        if os.path.isdir(folder):
            return len(os.listdir(folder))
    found = 0
    for number in range(1024):
        try:
            os.fstat(number)
            found += 1
        except OSError:
            continue
    return found
