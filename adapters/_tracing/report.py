"""The table of a trace: as text, with rich and as HTML."""

from __future__ import annotations

import html
from typing import Any, NamedTuple

from adapters._naming import printable

_KINDS = (  # in the order of the table
    "serialize",
    "rebuild",
    "by value",
    "dumps",
    "loads",
    "task",
    "result",
    "send",
    "receive",
    "segment",
    "no room",
    "put",
    "found",
    "fetched",
    "restart",
)
_HEADS = ("", "", "count", "in band", "out of band", "seconds", "")
_LEFT = (0, 1, 6)  # columns of text
_UNITS = ("B", "kB", "MB", "GB", "TB")


class Row(NamedTuple):
    """What is alike in a trace: events of one kind and name."""

    kind: str
    name: str
    note: str
    number: int
    in_band: int
    out_of_band: int
    seconds: float


def order(key: tuple[str, str, str]) -> tuple[int, str, str]:
    """Where a row stands in the table, by its kind, name and note."""
    return _KINDS.index(key[0]), key[1], key[2]


def _cells(row: Row) -> tuple[str, ...]:
    seconds = f"{row.seconds:.6f}" if row.seconds else ""
    sizes = _size(row.in_band), _size(row.out_of_band)
    return row.kind, printable(row.name), f"{row.number:,}", *sizes, seconds, row.note


def _size(size: int) -> str:
    """A number of bytes in words, "" for none."""
    if not size:
        return ""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    digits = 1 if unit and amount < 99.95 else 0
    return f"{amount:.{digits}f} {_UNITS[unit]}"


def text(headline: str, rows: list[Row]) -> str:
    """The table as text."""
    table = [_HEADS, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(_HEADS))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in _LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    ]
    return "\n".join([headline, *lines] if rows else [headline])


def rich_table(headline: str, rows: list[Row]) -> Any:
    """The table for rich."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=headline, title_justify="left", title_style="bold", box=None)
    for column, head in enumerate(_HEADS):
        table.add_column(head, justify="left" if column in _LEFT else "right")
    for row in rows:
        table.add_row(*map(Text, _cells(row)))
    return table


def html_table(headline: str, rows: list[Row]) -> str:
    """The table as HTML, for a notebook."""

    def line(tag: str, cells: tuple[str, ...]) -> str:
        made = []
        for column, cell in enumerate(cells):
            side = "left" if column in _LEFT else "right"
            style = f"text-align: {side}; vertical-align: top"
            made.append(f'<{tag} style="{style}">{html.escape(cell)}</{tag}>')
        return f"<tr>{''.join(made)}</tr>"

    body = "".join(line("td", _cells(row)) for row in rows)
    table = f"<table>{line('th', _HEADS)}{body}</table>" if rows else ""
    return f"<div><p>{html.escape(headline)}</p>{table}</div>"
