"""orjson: pieces of JSON that are ready.

| type | what travels | what does not |
|---|---|---|
| `Fragment` | its JSON, as bytes | whether it was made of text or of bytes |
"""

from __future__ import annotations

from typing import Any

import orjson

from adapters import register


def _fragment(state: Any) -> Any:
    if type(state) is not bytes:
        raise TypeError(f"the state is no JSON as bytes, but a {type(state).__name__}")
    return orjson.Fragment(state)


register(orjson.Fragment, orjson.dumps, _fragment)
