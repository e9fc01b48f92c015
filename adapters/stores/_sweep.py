"""Sweep: delete files, also those whose owner was killed before it could.

A file is named OWNER.TOKEN, where OWNER is the process that wrote it (see `adapters._owner`). There
is no daemon: the next process that puts a file into the folder sweeps it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from adapters import _owner
from adapters.stores._frame import DELETED

FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def sweep(folder: Path) -> None:
    """Delete the files of each owner that has ended."""
    names = os.listdir(folder)
    for owner in {name.rpartition(".")[0] for name in names}:
        if _owner.is_dead(owner):
            for name in names:
                if name.startswith(f"{owner}."):
                    delete(folder / name)


def delete(path: str | os.PathLike[str]) -> None:
    """Mark a file as deleted, for the processes that have mapped it, and remove it."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | FLAGS)
        try:
            os.write(descriptor, DELETED)
        finally:
            os.close(descriptor)
    with suppress(OSError):
        os.unlink(path)
