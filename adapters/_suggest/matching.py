"""Matching: which readings of an object are the arguments of what makes one."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING, NamedTuple

from adapters._suggest.readings import Reading
from adapters._suggest.words import is_manner, is_path, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adapters._suggest.signatures import Parameter

# Names under which libraries have the same thing.
_SYNONYMS = (
    frozenset(["n", "count", "num", "size", "length", "len", "number"]),
    frozenset(
        [
            "dim",
            "dims",
            "ndim",
            "ndims",
            "d",
            "dimension",
            "dimensions",
            "ndimensions",
            "numdimensions",
        ]
    ),
    frozenset(["pattern", "expr", "expression", "source", "text", "string", "path", "query"]),
    frozenset(
        [
            "data",
            "content",
            "contents",
            "buffer",
            "values",
            "value",
            "items",
            "initialbytes",
            "bytes",
        ]
    ),
    frozenset(["shape", "dimensions", "size", "dims"]),
    frozenset(["dtype", "type", "kind", "typestr"]),
    frozenset(["model", "modelstr", "modelstring"]),
    frozenset(["metric", "space", "metrictype", "distance"]),
    frozenset(["m", "modulus", "mod"]),
    frozenset(["crs", "srs"]),
)


_MAY_BE_NONE = frozenset(("password", "passphrase", "backend"))
_NONE = Reading("None", "", "None")


class Match(NamedTuple):
    """Arguments for one signature.

    Attributes:
        arguments: What to write between the brackets, with `{key}` for values.
        values: (key, expression that reads it).
        names: The plain names of the parameters and readings that are used.
        by_synonym: How many parameters have a reading of another name.
    """

    arguments: str
    values: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    by_synonym: int


class Table:
    """Readings, found by the names of parameters."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._by_name: dict[str, Reading] = {}
        ordered = sorted(readings, key=lambda each: each.name.startswith("_"))
        for each in ordered:
            if each.expression:
                self._by_name.setdefault(each.plain, each)

    def readings(self) -> list[Reading]:
        """All that travel."""
        return list(self._by_name.values())

    def find(self, name: str) -> tuple[Reading | None, bool]:
        """The reading for a parameter, and whether it has another name."""
        wanted = plain(name)
        if wanted in self._by_name:
            return self._by_name[wanted], False
        for ending in ("s", "name", "list"):
            for other in (wanted + ending, wanted.removesuffix(ending)):
                if other in self._by_name:
                    return self._by_name[other], True
        for group in _SYNONYMS:
            if wanted in group:
                for other in sorted(group):
                    if other in self._by_name:
                        return self._by_name[other], True
        if is_path(name):
            paths = [each for each in self._by_name.values() if each.text]
            if paths:
                return paths[0], True
        return None, False

    def __contains__(self, name: object) -> bool:
        return plain(str(name)) in self._by_name


def match(
    signature: Sequence[Parameter],
    table: Table,
    fixed: Mapping[int, Reading],
    *,
    optional: bool = True,
    none: bool = False,
) -> Match | None:
    """The arguments for a signature; None if nothing is known for one that is required.

    Args:
        signature: The parameters.
        table: What can be read.
        fixed: {place of a parameter: its reading}.
        optional: Whether those that may be left out are given, too.
        none: Whether None is given for what is required, may be None and cannot be read.
    """
    texts: list[str] = []
    values: dict[str, str] = {}
    names: list[str] = []
    by_synonym = 0
    gap = False
    for place, parameter in enumerate(signature):
        if parameter.kind[0] == "*" or (is_manner(parameter.name) and not parameter.required):
            continue
        reading, other = fixed.get(place), False
        if reading is None and (parameter.required or optional):
            reading, other = table.find(parameter.name)
            if other and not parameter.required:
                reading = None
        if reading is None:
            if parameter.required and not (none and _takes_none(parameter)):
                return None
            if not parameter.required:
                gap = True
                continue
            reading = _NONE
        if parameter.kind == "positional" and gap:
            continue
        text = reading.back
        if reading.expression:
            key = _key(parameter.name or reading.name, values)
            values[key] = reading.expression
            text = text.replace("{}", f"{{{key}}}")
        by_position = (
            parameter.kind == "positional"
            or not parameter.name
            or (parameter.kind == "either" and parameter.required and not gap)
        )
        texts.append(text if by_position else f"{parameter.name}={text}")
        names += [plain(parameter.name), reading.plain]
        by_synonym += other
    return Match(", ".join(texts), tuple(values.items()), tuple(names), by_synonym)


def _takes_none(parameter: Parameter) -> bool:
    """Whether None may be given to a parameter that is required, as where nothing is meant."""
    said = parameter.type
    return "None" in said or said.startswith("Optional") or parameter.name in _MAY_BE_NONE


def _key(name: str, values: Mapping[str, str]) -> str:
    key = name.strip("_") or name
    if not key.isidentifier() or keyword.iskeyword(key):
        key = f"{key}_" if key else "value"
    while key in values:
        key += "_"
    return key
