"""io: files that are open for reading bytes.

| type | what travels | what does not |
|---|---|---|
| `BufferedReader`, `FileIO` | path, position | open for writing, pipes, sockets, removed or replaced files: refused |

`BytesIO` and `StringIO` pickle by themselves.

Left out: `TextIOWrapper`: its newline cannot be read back. `BufferedWriter`, `BufferedRandom`: one
process writes a file.
"""

from __future__ import annotations

import io
import os
from typing import Any

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts


def _serialize(file: Any) -> tuple[str, int]:
    raw = getattr(file, "raw", file)
    if type(raw) is not io.FileIO or raw.mode != "rb" or not isinstance(raw.name, (str, bytes)):
        raise ValueError(
            "only a file that was opened by its path, for reading bytes, travels: send the path,"
            " and open it there"
        )
    path = existing(raw.name)
    if not os.path.samestat(os.stat(path), os.fstat(raw.fileno())):
        raise ValueError(f"another file has taken the path {path!r} since it was opened")
    return path, file.tell()


def _open(state: Any, buffering: int) -> Any:
    path, position = parts(state, str, int)
    if position < 0:
        raise ValueError(f"a file has no position {position}")
    file = open(existing(path), "rb", buffering)  # noqa: SIM115
    file.seek(position)
    return file


def _make_buffered(state: Any) -> io.BufferedReader:
    return _open(state, -1)  # type: ignore[no-any-return]


def _make_raw(state: Any) -> io.FileIO:
    return _open(state, 0)  # type: ignore[no-any-return]


register(io.BufferedReader, _serialize, _make_buffered)
register(io.FileIO, _serialize, _make_raw)
