"""Files of open objects, and of objects that a library saves to a file alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def existing(path: Any, descriptor: int | None = None) -> str:
    """The absolute path of a regular file, which another process of this host can open.

    Args:
        path: What the object was opened with, or an absolute path that it knows.
        descriptor: That of the open file, where it is known: it has to be the same file.

    Raises:
        ValueError: there is no such file, or another one by now.
    """
    text = os.path.abspath(os.fsdecode(path))
    if not os.path.isfile(text):
        raise ValueError(f"{text!r} is no regular file, so no other process can open it")
    if descriptor is not None and not os.path.samestat(os.fstat(descriptor), os.stat(text)):
        raise ValueError(f"{text!r} is another file by now, so no other process can open this one")
    return text


def saved(save: Callable[[str], object], suffix: str = "") -> bytes:
    """What `save(path)` writes to a file of its own, which is removed; it ends with `suffix`."""
    with _folder() as folder:
        path = Path(folder, f"saved{suffix}")
        save(str(path))
        return path.read_bytes()


def loaded(data: Any, load: Callable[[str], Any], suffix: str = "") -> Any:
    """What `load(path)` makes of a file with these bytes, which is removed afterwards."""
    with _folder() as folder:
        path = Path(folder, f"saved{suffix}")
        path.write_bytes(data)
        return load(str(path))


def _folder() -> Any:
    from tempfile import TemporaryDirectory  # which few adapters need, and takes long to import

    return TemporaryDirectory(prefix="adapters-library-")
