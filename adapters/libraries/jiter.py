"""jiter: numbers with all their digits.

| type | what travels | what does not |
|---|---|---|
| `LosslessFloat` | the digits, as they were written | nothing |
"""

from __future__ import annotations

from typing import Any

import jiter

from adapters import register
from adapters.libraries._states import parts


def _number(state: Any) -> Any:
    (digits,) = parts((state,), (bytes, memoryview))
    return jiter.LosslessFloat(bytes(digits))


if hasattr(jiter, "LosslessFloat"):
    register(jiter.LosslessFloat, bytes, _number)
