"""Flags: a byte for each state of an owner, by its number, that says whether it was deleted.

They are the content of the owner's file LOCK. A reader maps them once for all states of the owner,
as a mapping holds a descriptor, and sees at once what changes.
"""

from __future__ import annotations

import mmap
import os
from weakref import WeakValueDictionary

from adapters._owner import LOCK
from adapters.errors import StoreError
from adapters.stores._files import FLAGS, mapped, opened

COUNT = 4096  # of an owner: a page. One that has more states owns more folders.
NONE = bytes(COUNT)  # is deleted
_DELETED = b"\1"
_mappings: WeakValueDictionary[str, mmap.mmap] = WeakValueDictionary()  # by folder


def flag_of(folder: str, number: int) -> memoryview:
    """The flag of a state, one byte, as it is now and will be.

    Raises:
        OSError, StoreError: the flags cannot be mapped.
    """
    mapping = _mappings.get(folder)
    if mapping is None:
        path = os.path.join(folder, LOCK)
        with opened(path) as (descriptor, size):
            if size != COUNT:
                raise StoreError(f"{path} is truncated, or has been written over", "stores.Local")
            mapping = _mappings[folder] = mapped(descriptor, size)
    return memoryview(mapping)[number : number + 1]


def set_flag(folder: str, number: int) -> None:
    """Mark a state as deleted.

    Raises:
        OSError: the flags cannot be written to.
    """
    _write(folder, number, _DELETED)


def set_all_flags(folder: str) -> None:
    """Mark all states of an owner as deleted, as `set_flag` does."""
    _write(folder, 0, _DELETED * COUNT)


def _write(folder: str, number: int, content: bytes) -> None:
    descriptor = os.open(os.path.join(folder, LOCK), os.O_WRONLY | FLAGS)
    try:
        os.lseek(descriptor, number, os.SEEK_SET)
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
