"""What `suggest` returns: candidates, as objects, as text and as data."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

from adapters._suggest.candidate import CODE, Candidate, kind_of, style_of
from adapters._suggest.phrases import clean, count, duration, plain, row, wrapped

__all__ = ["Candidate", "Suggestions"]

_OTHERS = 8  # candidates behind the first one
_LONG = 60  # characters of the first line of a factory


class Suggestions(Sequence[Candidate]):
    """The adapters that `suggest` has found for a type, the best one first.

    It prints as text, with rich in colours, and it pickles.

    Attributes:
        type: The module-qualified type.
        candidates: What was found, the best one first.
        advice: What to do where nothing is proven.
        tried: How many pairs of a serializer and a factory were tried.
        seconds: How long that took.
        pickles: Whether the objects pickle already, so that no adapter is needed.
    """

    type: str
    candidates: tuple[Candidate, ...]
    advice: tuple[str, ...]
    tried: int
    seconds: float
    pickles: bool

    def __init__(
        self,
        type: str,  # noqa: A002  the name of the attribute
        candidates: Iterable[Candidate] = (),
        advice: Iterable[str] = (),
        tried: int = 0,
        seconds: float = 0.0,
        pickles: bool = False,
    ) -> None:
        self.type, self.candidates, self.advice = type, tuple(candidates), tuple(advice)
        self.tried, self.seconds, self.pickles = tried, seconds, pickles

    def __len__(self) -> int:
        return len(self.candidates)

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Candidate, ...]: ...
    def __getitem__(self, index: int | slice) -> Candidate | tuple[Candidate, ...]:
        return self.candidates[index]

    def __repr__(self) -> str:
        proven = sum(each.proven for each in self)
        return f"<Suggestions for {self.type}: {count(len(self), 'candidate')}, {proven} proven>"

    @property
    def best(self) -> Candidate | None:
        """The first candidate that is proven, None if there is none."""
        return next((each for each in self if each.proven), None)

    def as_dict(self) -> dict[str, Any]:
        """All of it as dicts, lists, strings and numbers, for JSON."""
        return {
            "type": self.type,
            "pickles": self.pickles,
            "proven": self.best is not None,
            "tried": self.tried,
            "seconds": plain(self.seconds),
            "candidates": [each.as_dict() for each in self],
            "advice": list(self.advice),
        }

    @property
    def headline(self) -> str:
        """The outcome in one line."""
        verdicts = [kind_of(each.verdict) for each in self]
        proven, nearly = verdicts.count("proven"), verdicts.count("nearly")
        if not self:
            outcome = "no adapter was found"
        elif not proven:
            outcome = "no adapter is proven" + (f", {nearly} nearly" if nearly else "")
        else:
            are = "is" if proven == 1 else "are"
            outcome = f"{count(proven, 'adapter')} {are} proven"
        effort = f"{count(self.tried, 'trial')}, {duration(self.seconds)}"
        return f"{clean(self.type)}: {outcome} ({effort})"

    def _lines(self) -> Iterator[tuple[str, str]]:
        """(line, its style) of the text, or (code, "python")."""
        if self.pickles:
            text = f"{clean(self.type)} already pickles: it needs an adapter only where what"
            yield from wrapped(f"{text} arrives is not as it was.", "bold", indent=0)
        yield self.headline, "bold"
        for first in self.candidates[:1]:
            yield "", ""
            yield from first._lines()
        others = self.candidates[1:]
        if others:
            yield from (("", ""), ("Others:", "bold"))
        for each in others[:_OTHERS]:
            style = style_of(each.verdict).replace("bold ", "")
            yield from wrapped(f"    {clean(each.strategy)}: {each.verdict}", style, indent=8)
            if line := _first_line_of_factory(each.code):
                yield f"        {line}", ""
        if len(others) > _OTHERS:
            yield f"    and {len(others) - _OTHERS} more", ""
        if self.advice:
            yield "", ""
        for text in self.advice:
            yield from row("do", text, "green")

    def __str__(self) -> str:
        return "\n".join(line for line, _ in self._lines())

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.syntax import Syntax
        from rich.text import Text

        python = Syntax("", "python", theme="ansi_dark", background_color="default")
        for line, style in self._lines():
            if style == CODE:
                code = python.highlight(line)
                code.rstrip()  # a line end, which is printed anyway
                yield code
            else:
                yield Text(line, style)


def _first_line_of_factory(code: str) -> str:
    """What the factory does first, "" if that cannot be told."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError):
        return ""
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == "factory":
            doc = ast.get_docstring(node) is not None and len(node.body) > 1
            node = node.body[doc]
        elif not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "factory"):
            continue
        return textwrap.shorten(clean(ast.unparse(node)), _LONG, placeholder=" ...")
    return ""


Suggestions.__module__ = "adapters"
