"""json: decoders.

| type | what travels | what does not |
|---|---|---|
| `JSONDecoder` | hooks, parsers of numbers and constants, strictness | a subclass: refused |

Hooks travel as functions do: by reference, or by value where they cannot be imported.
`JSONEncoder` pickles by itself.
"""

from __future__ import annotations

import json
from typing import Any

from adapters import register
from adapters.libraries._states import parts

_HOOKS = ("object_hook", "parse_float", "parse_int", "parse_constant", "object_pairs_hook")
_USUAL = json.JSONDecoder()


def _serialize(decoder: Any) -> Any:
    hooks = {name: getattr(decoder, name) for name in _HOOKS}
    kept = {name: hook for name, hook in hooks.items() if hook != getattr(_USUAL, name)}
    return kept, bool(decoder.strict)


def _make(state: Any) -> json.JSONDecoder:
    hooks, strict = parts(state, dict, bool)
    if not hooks.keys() <= set(_HOOKS) or not all(map(callable, hooks.values())):
        raise ValueError(f"the hooks of a decoder are functions: {', '.join(_HOOKS)}")
    return json.JSONDecoder(strict=strict, **hooks)


register(json.JSONDecoder, _serialize, _make)
