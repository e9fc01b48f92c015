"""The parameters that a docstring describes one by one, as numpy, Google or Sphinx do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters._suggest.parameters import MISSING, Parameter, literal

if TYPE_CHECKING:
    from adapters._suggest.parameters import Signature

_LONGEST = 100_000  # characters of a docstring that are read
_NUMPY = r"^([ \t]*){}[ \t]*\n[ \t]*-{{3,}}[ \t]*\n"
_GOOGLE = re.compile(r"^([ \t]*)(?:Args|Arguments|Parameters):[ \t]*\n", re.MULTILINE)
_SPHINX = re.compile(r"^[ \t]*:param (?:([^:\n]+?)[ \t]+)?(\w+):", re.MULTILINE)
_TYPE = re.compile(r"^[ \t]*:type (\w+):[ \t]*(.+)$", re.MULTILINE)
_OF_NUMPY = re.compile(r"(?P<names>\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::\s*(?P<type>.*))?")
_OF_GOOGLE = re.compile(r"(?P<names>\*{0,2}\w+)\s*(?:\((?P<type>.*?)\))?\s*:.*")
_DEFAULT = re.compile(r",?\s*\(?(?:by )?defaults?(?: to| is|:|=)?\s*(?P<value>.+?)\)?$")
_ROLE = re.compile(r":[\w:]+:`~?([^`]*)`")  # of Sphinx
_OPTIONAL = re.compile(r",?\s*\(?\boptional\b\)?")


def described(text: str) -> Signature:
    """The parameters that a docstring describes, in its order; empty if it describes none."""
    text = text[:_LONGEST]
    entries = _entries(text, _NUMPY.format("Parameters"), _OF_NUMPY)
    if not entries:
        entries = _entries(text, _GOOGLE.pattern, _OF_GOOGLE, is_deeper=True)
    if not entries:
        types = dict(_TYPE.findall(text))
        entries = [(name, kind or types.get(name, "")) for kind, name in _SPHINX.findall(text)]
    return [_parameter(*entry) for entry in entries]


def described_result(text: str) -> str:
    """What a docstring in the style of numpy says that is returned, "" if nothing."""
    header = re.search(_NUMPY.format("Returns"), text[:_LONGEST], re.MULTILINE)
    if header is None:
        return ""
    line = text[header.end() :].partition("\n")[0].strip()
    return line.rpartition(" : ")[2] if re.fullmatch(r"[\w.\[\], |:]+", line) else ""


def _entries(
    text: str, header: str, entry: re.Pattern[str], *, is_deeper: bool = False
) -> list[tuple[str, str]]:
    """The names and types of a section, whose entries all begin in the same column."""
    found = re.search(header, text, re.MULTILINE)
    if found is None:
        return []
    lines = text[found.end() :].split("\n")
    column: int | None = None
    entries: list[tuple[str, str]] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if not line.strip():
            continue
        at = len(line) - len(line.lstrip())
        if column is None:
            column = at
            if is_deeper and at <= len(found[1]):
                break
        if at < column or re.fullmatch(r"\s*[-=]{3,}\s*", following):
            break
        match = entry.fullmatch(line.strip()) if at == column else None
        if match:
            names = [name.strip() for name in match["names"].split(",")]
            entries += [(name, (match["type"] or "").strip()) for name in names]
        elif at == column:
            break  # a paragraph
    return entries


def _parameter(name: str, kind: str) -> Parameter:
    stars = name[: len(name) - len(name.lstrip("*"))]
    kind = _ROLE.sub(r"\1", kind)
    default = _DEFAULT.search(kind)
    value = MISSING if default is None else literal(default["value"])
    without = _OPTIONAL.sub("", _DEFAULT.sub("", kind))
    is_required = not stars and default is None and _OPTIONAL.search(kind) is None
    return Parameter(
        name.lstrip("*"),
        is_required,
        stars or "either",
        without.replace("`", "").strip(" ,."),
        value,
    )
