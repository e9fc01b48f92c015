"""What a file of `adapters.libraries` says of its types, read from its docstring, not imported."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

from adapters._batteries.finder import package_of
from adapters._batteries.packages import FILES, PREFIX

FOLDER = Path(__file__).parents[1] / "libraries"
HEADER = "| type | what travels | what does not |"
_NAME = re.compile(r"`([^`]+)`")
_NAMES = r"`[^`]+`(?:, `[^`]+`)*"
_LEFT_OUT = re.compile(rf"({_NAMES}): (.+?)[.;]?(?=\s+{_NAMES}: |$)", re.DOTALL)


class Row(NamedTuple):
    """One row of the table: types with the same text, what travels of them, and what does not."""

    types: tuple[str, ...]
    kept: str
    lost: str


class Description(NamedTuple):
    """What a file says of its types.

    Attributes:
        file: Its name, without the suffix.
        summary: The first line, without the package.
        text: What stands between that line and the table.
        rows: The table.
        more: What stands below it, as what is left out, and why.
    """

    file: str
    summary: str
    text: str
    rows: tuple[Row, ...]
    more: str

    @property
    def types(self) -> list[str]:
        """The names of all types that it serves."""
        return [name for row in self.rows for name in row.types]

    @property
    def left_out(self) -> dict[str, str]:
        """The types that it does not serve, each with the reason."""
        paragraphs = [text for text in self.more.split("\n\n") if text.startswith("Left out: ")]
        found = [pair for text in paragraphs for pair in _LEFT_OUT.findall(text)]
        return {
            name: " ".join(reason.split())
            for names, reason in found
            for name in _NAME.findall(names)
        }


def describe(file: str) -> Description:
    """What a file says of its types; a ValueError says what is wrong with its docstring."""
    path = FOLDER / f"{file}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    head, found, rest = text.partition(f"{HEADER}\n")
    summary, _, above = head.partition("\n")
    if not found or ":" not in summary:
        raise ValueError(f"{path}: its docstring has no line `package: summary`, or no {HEADER}")
    table, _, below = rest.partition("\n\n")
    lines = table.splitlines()[1:]
    rows = []
    for line in lines:
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if len(cells) != 3 or not _NAME.findall(cells[0]):
            raise ValueError(f"{path}: its table has a row that is not of three cells: {line}")
        rows.append(Row(tuple(_NAME.findall(cells[0])), *cells[1:]))
    return Description(
        file, summary.partition(":")[2].strip(), above.strip(), tuple(rows), below.strip()
    )


def files() -> list[str]:
    """The files that hold adapters."""
    found = sorted(path.stem for path in FOLDER.glob("*.py"))
    return [name for name in found if not name.startswith(("_", "on_"))]


def why_left_out(cls: type) -> str:
    """Why `adapters.libraries` has no adapter for a type, in words; "" if it says nothing."""
    file = FILES.get(package_of(cls))
    if file is None:
        return ""
    reason = {
        name.rpartition(".")[2]: reason for name, reason in describe(file).left_out.items()
    }.get(cls.__name__)
    return "" if reason is None else f"{PREFIX}{file} leaves it out: {reason}"
