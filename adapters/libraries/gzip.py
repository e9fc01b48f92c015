"""gzip: files that are open for reading.

| type | what travels | what does not |
|---|---|---|
| `GzipFile` | path, position in what it unpacks | open for writing, streams: refused |
"""

from __future__ import annotations

import gzip
import os
from typing import Any

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts


def _serialize(file: Any) -> tuple[str, int]:
    if file.closed:
        raise ValueError("the file has been closed")
    inner = file.myfileobj  # what GzipFile itself has opened, by its path
    if file.mode not in (gzip.READ, "rb") or inner is None:
        raise ValueError("only a file that was opened by its path, for reading, travels")
    path = existing(inner.name)
    if not os.path.samestat(os.stat(path), os.fstat(inner.fileno())):
        raise ValueError(f"another file has taken the path {path!r} since it was opened")
    return path, file.tell()


def _make(state: Any) -> gzip.GzipFile:
    path, position = parts(state, str, int)
    if position < 0:
        raise ValueError(f"a file has no position {position}")
    file = gzip.GzipFile(existing(path), "rb")
    try:
        if file.seek(position) != position:
            raise ValueError(f"{path!r} ends before {position}")
    except BaseException:
        file.close()
        raise
    return file


register(gzip.GzipFile, _serialize, _make)
