"""soundfile: sound files that are read, at their position.

| type | what travels | what does not |
|---|---|---|
| `SoundFile` | path, or all bytes of one in memory; position; how a RAW file is to be read | open for writing, closed, not seekable, or of another stream: refused |
"""

from __future__ import annotations

import io
from typing import Any

import soundfile

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts

_RAW = ("samplerate", "channels", "subtype", "format", "endian")


def _serialize(file: Any) -> Any:
    if file.closed:
        raise ValueError("the file has been closed")
    if file.mode != "r":
        raise ValueError(f"it is open for writing (mode {file.mode!r}): open it with mode 'r'")
    if not file.seekable():
        raise ValueError("its position cannot be set elsewhere, as it is not seekable")
    if isinstance(file.name, (str, bytes)):
        source: Any = existing(file.name)
    elif isinstance(file.name, io.BytesIO):
        source = file.name.getvalue()
    else:
        raise ValueError(f"only a file that was opened by its path or BytesIO travels: {file.name}")
    raw = {name: getattr(file, name) for name in _RAW} if file.format == "RAW" else {}
    return source, raw, file.tell()


def _make(state: Any) -> Any:
    source, raw, position = parts(state, (str, bytes, memoryview), dict, int)
    if raw:
        parts([raw.get(name) for name in _RAW], int, int, str, str, str)
        if raw.keys() != {*_RAW} or not 0 < raw["channels"] <= 1024 or raw["samplerate"] < 1:
            raise ValueError(f"a RAW file cannot be read with {raw}")
    source = existing(source) if isinstance(source, str) else io.BytesIO(source)
    file = soundfile.SoundFile(source, "r", **raw)
    if not 0 <= position <= file.frames:
        file.close()
        raise ValueError(f"the file has {file.frames} frames, so there is no position {position}")
    file.seek(position)
    return file


register(soundfile.SoundFile, _serialize, _make)
