"""Flat tables of portraits: pickle goes through parts of parts by recursion, which has a limit."""

from __future__ import annotations

from typing import Any, NamedTuple

from adapters._comparison.seen import Seen

_DICTS = ("attributes", "defaults", "getters", "parts")  # of a Seen


class _At(NamedTuple):
    """The place of a part in a table."""

    number: int


def table_of(root: Any) -> list[Any]:
    """The parts of a portrait, the root first, each with the places of those in it."""
    parts: list[Any] = []
    places: dict[int, _At] = {}

    def place(part: Any) -> Any:
        if type(part) not in (list, dict, set, Seen):
            return part
        if id(part) not in places:
            places[id(part)] = _At(len(parts))
            parts.append(part)
        return places[id(part)]

    def pairs(content: dict[Any, Any]) -> list[Any]:
        return [(place(key), place(value)) for key, value in content.items()]

    rows: list[Any] = [place(root)]
    for part in parts:  # the list grows meanwhile
        if type(part) is dict:
            rows.append((dict, pairs(part)))
        elif type(part) is Seen:
            array = part.array and part.array._replace(elements=place(part.array.elements))
            dicts = [pairs(getattr(part, name)) for name in _DICTS]
            rows.append((Seen, part.kind, part.text, place(part.items), array, dicts))
        else:
            rows.append((type(part), [place(each) for each in part]))
    return rows


def root_of(rows: list[Any]) -> Any:
    """The root of a portrait from its table."""
    root, *rows = rows
    parts: list[Any] = [Seen(row[1]) if row[0] is Seen else row[0]() for row in rows]

    def part(at: Any) -> Any:
        return parts[at.number] if type(at) is _At else at

    def filled(content: dict[Any, Any], pairs: list[Any]) -> None:
        content.update((part(key), part(value)) for key, value in pairs)

    for each, (kind, *content) in zip(parts, rows, strict=True):
        if kind is Seen:
            _, each.text, items, array, dicts = content
            each.items = part(items)
            each.array = array and array._replace(elements=part(array.elements))
            for name, pairs in zip(_DICTS, dicts, strict=True):
                filled(getattr(each, name), pairs)
        elif kind is dict:
            filled(each, content[0])
        else:
            (each.extend if kind is list else each.update)(map(part, content[0]))
    return part(root)
