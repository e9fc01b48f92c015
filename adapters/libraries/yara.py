"""yara: compiled rules.

| type | what travels | what does not |
|---|---|---|
| `Rules` | the compiled rules, with externals and modules | `warnings` of the compiler; profiling |

Left out: `Match`, `StringMatch`, `StringMatchInstance`, `Rule`: nothing makes one but a match, so
send what they say, or the data.
"""

from __future__ import annotations

import io
from typing import Any

import yara

from adapters import register
from adapters.libraries._locks import fork_safe_lock
from adapters.libraries._states import opened, sealed

_lock = fork_safe_lock()  # saving changes the rules, and back


def _serialize(rules: Any) -> tuple[bytes, int]:
    file = io.BytesIO()
    with _lock:
        rules.save(file=file)
    return sealed(file.getvalue())


def _make(state: Any) -> Any:
    return yara.load(file=io.BytesIO(opened(state)))  # damaged ones crash it


register(yara.Rules, _serialize, _make)
