"""Files in memory, for the adapters of the libraries that are built on GDAL."""

from __future__ import annotations

import os
import weakref
from typing import Any

from adapters.libraries._states import parts


def content(file: Any) -> Any:
    """The bytes, the name, the mode and the position of a MemoryFile.

    Raises:
        ValueError: it has been closed.
    """
    if file.closed:
        raise ValueError("the file has been closed")
    data = file.getbuffer() if file.exists() else None
    if data is None:  # of an archive: fiona looks for what is in it
        data = file._initial_bytes or b""
    return bytes(data), os.path.basename(file.name), file.mode, int(file.tell())


def filled(kind: Any, state: Any, **own: Any) -> Any:
    """A MemoryFile with this content.

    Args:
        kind: Its type.
        state: What `content` returned; without a name, the file has a new one.
        own: Attributes of a second object that closes the file when the first one ends.

    Raises:
        TypeError, ValueError: the state is none.
    """
    data, name, mode, position = parts(state, bytes, str, str, int)
    if os.path.basename(name) != name:
        raise ValueError(f"{name!r} is no name of a file")
    if mode not in ("r", "r+", "w", "w+") or position < 0:
        raise ValueError(f"a file has no mode {mode!r}, or no position {position}")
    file = kind(data or None, filename=name) if name else kind(data or None)
    file.mode = mode
    if position:  # it takes a handle that stays until the file is closed
        file.seek(position)
    # GDAL keeps the bytes until the file is closed, which its receiver may leave out. The second
    # object has no datasets that it would close, too.
    second = kind.__new__(kind)
    vars(second).update(vars(file), **own)
    weakref.finalize(file, second.close)
    return file
