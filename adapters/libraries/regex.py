"""regex: matches.

| type | what travels | what does not |
|---|---|---|
| `Match` | the pattern, the text and where it matched, captures, fuzzy counts | without its text (`detach_string`), or found in a way that does not find it again: refused |

Patterns pickle by themselves.

Left out: `Scanner`, `Splitter`: how far they are cannot be read back, so send pattern and text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import regex

from adapters import register
from adapters.libraries._states import parts

if TYPE_CHECKING:
    from collections.abc import Iterator

_Match: Any = type(regex.match("", ""))
_FACTS = ("pos", "endpos", "partial", "fuzzy_counts", "fuzzy_changes", "lastindex", "lastgroup")


def _found(pattern: Any, text: Any, pos: int, endpos: int, partial: bool) -> Iterator[Any]:
    """The matches that each method of a pattern finds."""
    for method in (pattern.search, pattern.match, pattern.fullmatch):
        yield method(text, pos, endpos, partial=partial)
    for overlapped in (False, True):
        yield from pattern.finditer(text, pos, endpos, overlapped=overlapped, partial=partial)


def _facts(match: Any) -> Any:
    return match.allspans(), *(getattr(match, name) for name in _FACTS)


def _serialize(match: Any) -> Any:
    if match.string is None:
        raise ValueError("the text of the match was detached: send what it captured")
    wanted = _facts(match)
    state = (match.re, match.string, match.pos, match.endpos, match.partial)
    for number, found in enumerate(_found(*state)):
        if found is not None and _facts(found) == wanted:
            return *state, number
    raise ValueError("no method of the pattern finds this match again: send what it captured")


def _make(state: Any) -> Any:
    pattern, text, pos, endpos, partial, wanted = parts(
        state, regex.Pattern, (str, bytes), int, int, bool, int
    )
    if not 0 <= pos <= len(text) or not 0 <= endpos <= len(text):
        raise ValueError(f"the text has no part from {pos} to {endpos}")
    for number, found in enumerate(_found(pattern, text, pos, endpos, partial)):
        if number == wanted and found is not None:
            return found
    raise ValueError(f"the pattern does not match {wanted + 1} times in this text")


register(_Match, _serialize, _make)
