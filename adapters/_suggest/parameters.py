"""A parameter of a callable, and how the signatures of several sources become one list."""

from __future__ import annotations

import ast
import inspect
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

MISSING: Any = inspect.Parameter.empty
# The names that pybind11, nanobind, Boost.Python and SWIG make up.
_MADE_UP = re.compile(r"_?arg_?\d*|_\d+")
_OF_C = {"true": True, "false": False, "NULL": None, "nullptr": None, "nil": None}
_FLAT = (type(None), bool, int, float, complex, str, bytes, type(...))
_DEEP = (tuple, list, set, frozenset)
_ALL = ("*", "**")


class Parameter(NamedTuple):
    """A parameter: its name, or "" where only its position is known."""

    name: str
    required: bool
    kind: str  # "positional" (only by position), "either", "keyword", "*", "**"
    type: str  # in words, "" if unknown
    default: Any  # MISSING if there is none, or it is no literal


Signature = list[Parameter]


def is_made_up(name: str) -> bool:
    """Whether a generator of bindings made a name up for a parameter that has none."""
    return _MADE_UP.fullmatch(name) is not None


def unnamed(parameter: Parameter) -> Parameter:
    """A parameter that can only be given by its position."""
    return parameter._replace(name="", kind="positional")


def says_nothing(signature: Signature) -> bool:
    """Whether a signature is the one of any function: (*args, **kwargs)."""
    return bool(signature) and all(each.kind in _ALL for each in signature)


def literal(text: str) -> Any:
    """The value of a literal of Python or C, MISSING if it is none."""
    text = text.strip()
    if text in _OF_C:
        return _OF_C[text]
    if re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?[fFlLuU]+", text):
        text = text.rstrip("fFlLuU")
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return MISSING
    return MISSING if value is ... else value


def value_of(default: object) -> Any:
    """A default value if it is one that a literal could give, else MISSING."""
    return default if default is not ... and _is_literal(default, 4) else MISSING


def _is_literal(value: object, depth: int) -> bool:
    kind = type(value)
    if kind in _FLAT:
        return True
    if depth == 0:
        return False
    if isinstance(value, dict) and kind is dict:
        return all(_is_literal(each, depth - 1) for pair in value.items() for each in pair)
    return kind in _DEEP and all(_is_literal(each, depth - 1) for each in value)  # type: ignore[attr-defined]


def merged(sources: Iterable[list[Signature]]) -> list[Signature]:
    """The signatures of all sources, each once, the best documented first.

    One that a former source has told under the same names fills only its gaps.
    """
    known: list[Signature] = []
    for source in sources:
        former = len(known)
        for signature in source:
            at = _place(signature, known[:former])
            if at is not None:
                known[at] = [_filled(*both) for both in zip(known[at], signature, strict=True)]
            elif signature not in known:
                known.append(signature)
    telling = [each for each in known if not says_nothing(each)]
    return sorted(telling, key=_gaps) if telling else known[:1]


def _place(signature: Signature, known: list[Signature]) -> int | None:
    names = [each.name for each in signature]
    same = [at for at, each in enumerate(known) if [one.name for one in each] == names]
    kinds = [each.type for each in signature]
    exact = [at for at in same if [one.type for one in known[at]] == kinds]
    return next(iter(exact or same), None)


def _filled(known: Parameter, more: Parameter) -> Parameter:
    return known._replace(
        type=known.type or more.type,
        default=more.default if known.default is MISSING and not known.required else known.default,
    )


def _gaps(signature: Signature) -> int:
    """How badly a signature is documented."""
    given = [each for each in signature if each.kind not in _ALL]
    unnamed = any(not each.name for each in given)
    return 2 * unnamed + any(not each.type for each in given) + (len(given) < len(signature))
