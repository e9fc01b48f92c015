"""Sweep: remove the files whose owner was killed before it could remove them.

A file is named OWNER.TOKEN, where OWNER is the process that wrote it (see `adapters._owner`). There
is no daemon: the next process that puts a file into the folder sweeps it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from adapters import _owner


def sweep(folder: Path, delete: Callable[[str], object]) -> None:
    """Call `delete` with the path of each file of an owner that has ended."""
    is_dead = cache(_owner.is_dead)  # asked once for all files of an owner
    for name in os.listdir(folder):
        if is_dead(name.rpartition(".")[0]):
            delete(str(folder / name))
