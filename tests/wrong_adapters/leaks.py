"""Adapters whose rebuilds leave something behind."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

from wrong_adapters.base import ffi, new, wrong

_kept: list[Any] = []
_alive = 0


def leak_memory(state: Any) -> Any:
    _kept.append(ffi.new("char[]", 2000))
    return new("LeakingMemory", state)


def leak_bytes(state: Any) -> Any:
    _malloc(48)
    return new("LeakingBytes", state)


def leak_descriptor(state: Any) -> Any:
    os.open(os.devnull, os.O_RDONLY)
    return new("LeakingDescriptors", state)


def leak_live(state: Any) -> Any:
    global _alive
    _alive += 1
    return new("LeakingObjects", state)


def live() -> int:
    return _alive


if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallinfo2"):
    _malloc = ctypes.CDLL(None).malloc
    wrong("LeakingBytes", "nothing_leaks", "the C heap in bytes", factory=leak_bytes)
wrong("LeakingMemory", "nothing_leaks", "resident memory", factory=leak_memory)
wrong("LeakingDescriptors", "nothing_leaks", "leaves a descriptor open", factory=leak_descriptor)
wrong("LeakingObjects", "nothing_leaks", "what live() counts", factory=leak_live, live=live)
