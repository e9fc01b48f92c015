"""zipfile: archives that are open for reading.

| type | what travels | what does not |
|---|---|---|
| `ZipFile` | path, compression, strictness of times, encoding of names; its PASSWORD | open for writing, streams, closed: refused |

`ZipInfo` pickles by itself.

Left out: `ZipExtFile`: it is a part of an archive that is being read: send the archive.
"""

from __future__ import annotations

import os
import zipfile
from typing import Any

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts

_NONE = type(None)


def _serialize(archive: Any) -> Any:
    if archive.fp is None:
        raise ValueError("the archive has been closed")
    if archive.mode != "r" or archive._filePassed:
        raise ValueError("only an archive that was opened by its path, for reading, travels")
    path = existing(archive.filename)
    if not os.path.samestat(os.stat(path), os.fstat(archive.fp.fileno())):
        raise ValueError(f"another file has taken the path {path!r} since it was opened")
    names = getattr(archive, "metadata_encoding", None)
    strict = archive._strict_timestamps
    return path, archive.compression, archive.compresslevel, strict, names, archive.pwd


def _make(state: Any) -> zipfile.ZipFile:
    kinds = (str, int, (int, _NONE), bool, (str, _NONE), (bytes, _NONE))
    path, compression, level, strict, names, password = parts(state, *kinds)
    extra = {"metadata_encoding": names} if names is not None else {}
    archive = zipfile.ZipFile(
        existing(path),
        compression=compression,
        compresslevel=level,
        strict_timestamps=strict,
        **extra,
    )
    archive.pwd = password
    return archive


register(zipfile.ZipFile, _serialize, _make)
