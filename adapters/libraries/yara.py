"""yara: compiled rules.

| type | what travels | what does not |
|---|---|---|
| `Rules` | the compiled rules, with externals and modules | `warnings` of the compiler; profiling |

Left out: `Match`, `StringMatch`, `StringMatchInstance`, `Rule`: nothing makes one but a match, so
send what they say, or the data.
"""

from __future__ import annotations

import io
import zlib
from typing import Any

import yara

from adapters import register
from adapters.libraries._locks import fork_safe_lock
from adapters.libraries._states import parts

_lock = fork_safe_lock()  # saving changes the rules, and back


def _serialize(rules: Any) -> tuple[int, bytes]:
    file = io.BytesIO()
    with _lock:
        rules.save(file=file)
    data = file.getvalue()
    return zlib.crc32(data), data


def _make(state: Any) -> Any:
    checksum, data = parts(state, int, (bytes, memoryview))
    if zlib.crc32(data) != checksum:  # yara crashes then
        raise ValueError("the rules are not as they were saved")
    return yara.load(file=io.BytesIO(data))


register(yara.Rules, _serialize, _make)
