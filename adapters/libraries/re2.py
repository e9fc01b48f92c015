"""re2: options and filters.

| type | what travels | what does not |
|---|---|---|
| `Options` | all settings | |
| `Filter` | patterns with their options; whether it is compiled | |

Patterns and matches pickle by themselves.

Left out: `Set`: its patterns cannot be read back, so send them.
"""

from __future__ import annotations

from typing import Any

import re2

from adapters import register
from adapters.libraries._states import parts

_ours = hasattr(re2, "Filter")  # or it is another package that has this name
_NAMES = re2.Options.NAMES if _ours else ()
_MEMORY = range(1, 1 << 62)


def _serialize_options(options: Any) -> tuple[Any, ...]:
    return tuple(int(getattr(options, name)) for name in _NAMES)


def _make_options(state: Any) -> Any:
    options = re2.Options()
    for name, value in zip(_NAMES, parts(state, *[int] * len(_NAMES)), strict=True):
        kind = type(getattr(options, name))
        if value not in (_MEMORY if kind is int else (0, 1) if kind is bool else range(1, 3)):
            raise ValueError(f"the option {name} cannot be {value}")
        setattr(options, name, kind(value))
    return options


def _serialize_filter(found: Any) -> Any:
    patterns = found._patterns
    options = [_serialize_options(found.re(number).options) for number in range(len(patterns))]
    try:
        found.Match("")
    except re2.error:
        return list(patterns), options, False
    return list(patterns), options, True


def _make_filter(state: Any) -> Any:
    patterns, options, compiled = parts(state, list, list, bool)
    found = re2.Filter()
    parts(patterns, *[(str, bytes)] * len(options))
    for pattern, settings in zip(patterns, options, strict=True):
        found.Add(pattern, _make_options(settings))
    if compiled:
        found.Compile()
    return found


if _ours:
    register(re2.Options, _serialize_options, _make_options)
    register(re2.Filter, _serialize_filter, _make_filter)
