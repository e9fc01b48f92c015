"""Copies of the files that a state names, so that no factory harms those of the author."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import PurePath
from typing import Any

from adapters import _own_folder

_LARGEST = 16 * 1024 * 1024  # bytes that are copied of a file
_MOST = 200  # entries of a folder; of one with more there is an empty one


def with_copies(state: Any, copies: dict[str, str] | None = None) -> Any:
    """In a child with a folder of its own: a state that names copies of its files and folders.

    They take the place of absolute paths of what exists, in tuples, lists and dicts. What is too
    large is there in part, which a factory may well refuse.
    """
    if not _own_folder.entered:
        return state
    copies = {} if copies is None else copies
    kind: Any = type(state)
    if kind in (tuple, list):
        return kind([with_copies(part, copies) for part in state])
    if kind is dict:
        return {key: with_copies(part, copies) for key, part in state.items()}
    if isinstance(state, (str, bytes, PurePath)):
        with suppress(OSError, ValueError):  # not every text is a path
            path = os.fsdecode(state)
            if os.path.isabs(path) and (os.path.isfile(path) or os.path.isdir(path)):
                copy = copies.get(path) or copies.setdefault(path, _copy(path))
                return os.fsencode(copy) if kind is bytes else kind(copy)
    return state


def _copy(path: str) -> str:
    new = _own_folder.new_path(os.path.basename(path.rstrip(os.sep)) or "root")
    if os.path.isfile(path):
        _copy_file(path, new)
        return new
    os.mkdir(new)
    with os.scandir(path) as entries:
        found = [each for each, _ in zip(entries, range(_MOST + 1), strict=False)]
    if len(found) <= _MOST:
        for each in found:
            with suppress(OSError):
                if each.is_file():
                    _copy_file(each.path, os.path.join(new, each.name))
                elif each.is_dir():
                    os.mkdir(os.path.join(new, each.name))
    return new


def _copy_file(path: str, new: str) -> None:
    with open(path, "rb") as source, open(new, "wb") as target:
        target.write(source.read(_LARGEST))
    shutil.copystat(path, new)
