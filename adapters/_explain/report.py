"""What `explain` returns: findings, as objects, as text, as HTML and as data."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from adapters._naming import printable

_WRAPPER = textwrap.TextWrapper(
    88, subsequent_indent=" " * 13, break_long_words=False, break_on_hyphens=False
)
_SHOWN = 10  # groups of findings
_PLACES = 3  # paths of one group
_LONG = 160  # characters of a path
_STYLES = {"error": "red", "but": "red", "do": "green"}  # of rich, by the label of a row
# Notebooks align cells to the right, for numbers, and keep long names in one line.
_CELL = 'style="text-align: left; vertical-align: top; overflow-wrap: anywhere"'
# What may differ in the same advice.
_OF_PART = re.compile(
    r"(?<=type\().+?(?=\)(?:[,:; ]|$))|(?<=adapters\.suggest\().+?(?=\) looks for one)"
)
_KINDS = {  # of findings, the most important first
    "error": "cannot cross a process",
    "differs": "does not arrive as it was",
    "reducer": "pickles, but in another way",
    "state": "pickles, but refers to what holds it",
    "address": "pickles, but holds an address",
    "file": "pickles, but is open in this process",
    "copy": "pickles more than it shows",
    "size": "takes much of the message",
}


class Finding(NamedTuple):
    """One part of an object that cannot cross a process boundary, or should not as it is.

    Attributes:
        path: Python for the part, beginning with the object's name. It may use `adapters` and
            `copyreg`.
        type: The module-qualified type of the part, or its C type.
        error: What pickling the part alone raises, or what rebuilding it does in another process,
            or else the problem.
        adapter: The name of the adapter that serves it; else how to get one: "register_struct" or
            "subclasses=True"; else None. "copyreg: module.function" is a reducer that other code
            gave copyreg for a type, and which pickle uses in place of the adapter.
        advice: What to do.
        kind: "error" (it does not pickle), "differs" (it arrives as something else, or another
            process does not rebuild it), "reducer", "state", "address", "file", "copy" (it
            pickles, and should not) or "size".
        ways: How many references lead to it, this path included.
        exact: Whether the path evaluates to the very part. A part that a reducer makes anew each
            time has no such path; this one then leads to one of the same type.
        size: The bytes that it takes in the message, None where that was not measured.
    """

    path: str
    type: str
    error: str
    adapter: str | None
    advice: str
    kind: str
    ways: int = 1
    exact: bool = True
    size: int | None = None


class Explanation:
    """Why an object does not pickle, part by part; from `adapters.explain`.

    It is true if it has findings, that is, something to mend; large parts are none. It prints as
    text, with rich in colours and in a notebook as a table, and it pickles.

    Attributes:
        name: What the object is called in the paths.
        type: The module-qualified type of the object.
        findings: What is to be mended, the most important first.
        large: The parts that take most of the message, the largest first, as findings of kind
            "size"; empty if there is no message.
        size: The bytes of the message, None if the object does not pickle.
        checked: Whether the object was rebuilt in another process and compared.
        not_compared: Why it was rebuilt there and could not be compared, "" if it was.
    """

    name: str
    type: str
    findings: tuple[Finding, ...]
    large: tuple[Finding, ...]
    size: int | None
    checked: bool
    not_compared: str = ""  # of pickles that do not have it

    def __init__(
        self,
        name: str,
        kind: str,
        found: list[Finding],
        size: int | None,
        checked: bool,
        not_compared: str = "",
    ) -> None:
        self.name, self.type, self.size, self.checked = name, kind, size, checked
        if not_compared:
            self.not_compared = not_compared
        by_kind = {kind: [each for each in found if each.kind == kind] for kind in _KINDS}
        large = by_kind.pop("size")
        self.findings = tuple(each for alike in by_kind.values() for each in alike)
        self.large = tuple(sorted(large, key=lambda each: -(each.size or 0)))

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __repr__(self) -> str:
        return f"<Explanation of {self.name}: {len(self.findings)} findings>"

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The parts that do not pickle; empty if `adapters.dumps` takes the object."""
        return tuple(found for found in self.findings if found.kind == "error")

    def as_dict(self) -> dict[str, Any]:
        """All of it as dicts, lists, strings and numbers, for JSON."""
        return {
            "name": self.name,
            "type": self.type,
            "pickles": self.size is not None,
            "size": self.size,
            "checked": self.checked,
            "not_compared": self.not_compared,
            "findings": [found._asdict() for found in self.findings],
            "large": [found._asdict() for found in self.large],
        }

    @property
    def headline(self) -> str:
        """The outcome in one line."""
        subject = _clean(f"{self.name} ({self.type})")
        if self.size is None:
            return f"{subject} does not pickle: {_parts(len(self.errors))} cannot cross a process"
        outcome = f"{subject} pickles, in {self.size:,} bytes"
        if self.not_compared:
            outcome += f" (what arrives could not be compared: {_clean(self.not_compared)})"
        if self.findings:
            return f"{outcome}, but look at {_parts(len(self.findings))}"
        return f"{outcome}, and arrives as it was" if self.checked else outcome

    def _groups(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """(path, rows of label and text) for the findings, those with the same advice in one group.

        Types and errors that repeat are not shown again.
        """
        alike: dict[object, list[Finding]] = {}
        for found in self.findings:
            advice = _OF_PART.sub("", found.advice)
            alike.setdefault((found.kind, found.adapter, advice), []).append(found)
        for group in islice(alike.values(), _SHOWN):
            first, shown = group[0], group[:_PLACES]
            error = "error" if first.kind == "error" else "but"
            rows = [] if first.kind == "error" else [("kind", _KINDS[first.kind])]
            for at, found in enumerate(shown):
                rows += [("at", _place(found))] if at else []
                following = shown[at + 1 : at + 2]
                if not following or _said(following[0]) != _said(found):
                    rows += [("type", _clean(found.type)), (error, _clean(found.error))]
            if left := len(group) - len(shown):
                alone = len(set(map(_said, group))) == 1
                like = "like it" if alone else "with the same advice"
                where = len(rows) - (2 if alone else 0)  # before the type and the error of all
                rows.insert(where, ("at", f"... and {left:,} more {like}"))
            rows += [("adapter", _clean(first.adapter or "none")), ("do", _clean(first.advice))]
            yield _place(first), rows
        left = sum(map(len, islice(alike.values(), _SHOWN, None)))
        if left:
            yield f"... and {_parts(left)} more", []

    def _sizes(self) -> Iterator[tuple[str, str, str, str]]:
        """(bytes, share of the message, path, type) of the large parts."""
        for found in self.large:
            size, total = found.size or 0, self.size or 1
            yield f"{size:,}", f"{100 * size // total} %", _place(found), _clean(found.type)

    def _lines(self) -> Iterator[tuple[str, str]]:
        """(line, its style) of the text."""
        yield self.headline, "bold red" if self.findings else "bold green"
        for head, rows in self._groups():
            yield from (("", ""), (head, "bold"))
            for label, text in rows:
                for line in _WRAPPER.wrap(f"    {label:8} {text}"):
                    yield line, _STYLES.get(label, "")
        sizes = list(self._sizes())
        if sizes:
            yield from (("", ""), ("Most of the message:", "bold"))
            wide = max(len(row[0]) for row in sizes)
            far = min(max(len(row[2]) for row in sizes), 48)
            for size, share, place, kind in sizes:
                yield f"    {size:>{wide}} bytes {share:>5}  {place:{far}}  {kind}", ""

    def __str__(self) -> str:
        return "\n".join(line for line, _ in self._lines())

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.text import Text

        for line, style in self._lines():
            yield Text(line, style)

    def _repr_html_(self) -> str:
        cells = [
            (head, "<br>".join(f"<b>{label}</b> {html.escape(text)}" for label, text in rows))
            for head, rows in self._groups()
        ]
        for size, share, place, kind in self._sizes():
            cells.append((place, html.escape(f"{size} bytes, {share} of the message, {kind}")))
        rows = "".join(
            f"<tr><td {_CELL}><code>{html.escape(head)}</code></td><td {_CELL}>{text}</td></tr>"
            for head, text in cells
        )
        table = f"<table>{rows}</table>" if rows else ""
        return f"<div><p>{html.escape(self.headline)}</p>{table}</div>"


def _parts(number: int) -> str:
    return f"{number:,} part" + ("" if number == 1 else "s")


def _said(found: Finding) -> tuple[str, str]:
    """The type and the error of a finding, which differ by an address alone if they are alike."""
    return found.type, re.sub("0x[0-9a-fA-F]+", "", found.error)


def _place(found: Finding) -> str:
    path = _clean(found.path)
    if len(path) > _LONG:
        left = len(path) - _LONG
        path = f"{path[: _LONG // 2]} ...{left:,} characters... {path[-_LONG // 2 :]}"
    notes = [f"reached {found.ways:,} times"] if found.ways > 1 else []
    notes += [] if found.exact else ["made anew each time"]
    return f"{path}    ({', '.join(notes)})" if notes else path


def _clean(text: str) -> str:
    """One line without control characters, which a terminal would obey."""
    return printable(" ".join(text.split()))


Finding.__module__ = Explanation.__module__ = "adapters"
