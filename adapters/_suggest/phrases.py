"""Rows, counts, times and sizes of what is printed."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from adapters._naming import printable

_SHOWN = 5  # of the parts of one row
_WIDTH = 88
_LABEL = 10  # columns
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
_SIZES = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def row(label: str, text: str, style: str = "") -> Iterator[tuple[str, str]]:
    """(line, its style) of a label and a text beside it."""
    return wrapped(f"    {label:{_LABEL - 1}} {clean(text)}", style, indent=4 + _LABEL)


def wrapped(text: str, style: str, indent: int) -> Iterator[tuple[str, str]]:
    """(line, its style) of a text, which goes on indented."""
    lines = textwrap.wrap(
        text,
        _WIDTH,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return ((line, style) for line in lines)


def some(texts: Iterable[str], between: str) -> str:
    """The first of some texts, and how many there are more."""
    cleaned = [text for text in map(clean, texts) if text]
    left = len(cleaned) - _SHOWN
    return between.join(cleaned[:_SHOWN]) + (f"{between}and {left} more" if left > 0 else "")


def is_known(seconds: float) -> bool:
    """Whether a time was measured."""
    return math.isfinite(seconds) and seconds > 0


def duration(seconds: float) -> str:
    """A time with three digits."""
    for scale, unit in _TIMES:
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-6:.2g} µs" if seconds > 0 else "0 s"


def size(number: int) -> str:
    """A number of bytes with three digits."""
    for scale, unit in _SIZES:
        if number >= scale:
            return f"{number / scale:.3g} {unit}"
    return count(number, "byte")


def count(number: int, noun: str) -> str:
    """A number and a noun that agrees with it."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def plain(value: Any) -> Any:
    """A value for JSON: lists, and None for what is no number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return list(value) if isinstance(value, tuple) else value


def readable(code: str) -> str:
    """Code without control characters, which a terminal would obey."""
    return "\n".join(map(printable, code.strip("\n").split("\n")))


def clean(text: str) -> str:
    """A text as one line without control characters."""
    return printable(" ".join(text.split()))
