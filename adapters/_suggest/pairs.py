"""Drafts of what saves and what loads: methods, class methods, functions, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters._suggest.constructing import in_memory
from adapters._suggest.draft import Draft
from adapters._suggest.matching import match
from adapters._suggest.readings import Reading
from adapters._suggest.savers import DATA, FILE
from adapters._suggest.words import affinity, loads, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapters._suggest.makers import Maker
    from adapters._suggest.matching import Table
    from adapters._suggest.savers import Saver

RANK = -1  # a library's own pair is complete, mostly
_MEMORY = ":memory:"
_IN_MEMORY = "the new one is in memory, and nothing tells whether the example has a file"
_MOST = 60  # drafts
_GOOD = 3  # affinity


def by_pairs(
    savers: Sequence[Saver],
    makers: Sequence[Maker],
    constructor: Maker | None,
    methods: frozenset[str],
    table: Table,
    name_of_type: str,
) -> list[Draft]:
    """Drafts of all savers with all loaders whose names go together, the likely first."""
    found: list[tuple[int, Draft]] = []
    kind = set(words(name_of_type))
    for saver in savers:
        for maker in makers:
            score = affinity(saver.name, maker.name)
            if maker.kind == "type":
                score = 2 if saver.way != DATA else 0
            if score <= 0:
                continue
            score += 2 * bool(kind & set(words(maker.name)))
            score += maker.near + (maker.kind == ("classmethod" if saver.is_method else "function"))
            found += [(score, draft) for draft in _made(saver, maker, table, score)]
        if constructor is not None:
            for name in sorted(methods):
                score = affinity(saver.name, name)
                if score > 0 and (loads(name) or name == "__setstate__"):
                    found += [
                        (score + 1, draft)
                        for draft in _filled(saver, name, constructor, table, methods)
                    ]
    found.sort(key=lambda each: -each[0])
    return [draft for _, draft in found[:_MOST]]


def _made(saver: Saver, maker: Maker, table: Table, score: int) -> Iterator[Draft]:
    """What a maker makes of the data."""
    where = {"classmethod": "method and classmethod", "type": "method and constructor"}.get(
        maker.kind, "method and module function" if saver.is_method else "two module functions"
    )
    extra = 0 if score >= _GOOD else 2
    values: tuple[tuple[str, str], ...] = (("data", saver.expression),)
    data = Reading("data", saver.expression, _wrapped(saver))
    for signature in maker.given or [()]:
        place = next((at for at, each in enumerate(signature) if each.kind[0] != "*"), None)
        if saver.way == DATA and place is not None:
            found = match(signature, table, {place: data}, optional=False, none=True)
            if found is None:
                continue
            make = f"{maker.expression}({found.arguments})"
            yield Draft(
                where,
                found.values,
                make,
                (),
                found.names,
                (),
                RANK,
                extra,
            )
            continue
        yield Draft(where, values, _called(saver, maker.expression), (), ("data",), (), RANK, extra)
        if saver.way != DATA:
            break


def _filled(
    saver: Saver, name: str, constructor: Maker, table: Table, methods: frozenset[str]
) -> Iterator[Draft]:
    """An object made of what is required, to which a method gives the data."""
    values = (("data", saver.expression),)
    call = (_called(saver, f"obj.{name}"),)
    for make in in_memory(constructor, methods):
        doubts = (_IN_MEMORY,) if _MEMORY in make else ()
        yield Draft("methods that save and load", values, make, call, ("data",), doubts, RANK, 1)
    signatures = [each for each in constructor.given if any(p.required for p in each)]
    for signature in signatures:
        found = match(signature, table, {}, optional=False)
        if found is None:
            continue
        more = tuple((key, value) for key, value in found.values if key != "data")
        if len(more) != len(found.values):
            continue
        yield Draft(
            "methods that save and load",
            (*values, *more),
            f"{constructor.expression}({found.arguments})",
            call,
            ("data", *found.names),
            (),
            RANK + bool(more),
            1,
        )
    if name == "__setstate__":
        make = f"{constructor.expression}.__new__({constructor.expression})"
        then = ("obj.__setstate__({data})",)
        yield Draft("its own state", values, make, then, ("data",), (), RANK, 1)


def _called(saver: Saver, function: str) -> str:
    if saver.way == FILE:
        return f"loaded({function}, {{data}})"
    return f"{function}({_wrapped(saver).replace('{}', '{data}')})"


def _wrapped(saver: Saver) -> str:
    return "{}" if saver.way in (DATA, FILE) else "io.BytesIO({})"
