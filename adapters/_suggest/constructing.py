"""Drafts that give a maker what can be read: attributes, contents, a path; and none at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters._suggest.draft import Draft
from adapters._suggest.matching import match
from adapters._suggest.words import is_manner, is_path, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapters._suggest.makers import Maker
    from adapters._suggest.matching import Table
    from adapters._suggest.readings import Reading
    from adapters._suggest.signatures import Parameter

CONSTRUCTOR, OPENER, CONTENT, SETTINGS, REPR, ITEMS = range(6)  # ranks
_NAMES = (
    *("constructor", "path and opener", "method and constructor", "default and settings"),
    *("repr and parse", "items and constructor"),
)
# Methods that put one item into a container, the likely first.
_ADDERS = ("extend", "update", "append", "add", "insert", "push", "put", "push_back", "Add")
_WHOLE = frozenset(("extend", "update"))
_MOST = 14  # contents that are tried


def by_attributes(maker: Maker, table: Table) -> Iterator[Draft]:
    """The maker with the readings that have the names of its parameters."""
    if not maker.given and maker.kind == "type":
        yield from _by_keywords(maker, table)
    for signature in maker.given:
        for optional in (True, False):
            found = match(signature, table, {}, optional=optional)
            if found is None or not found.values:
                continue
            yield Draft(
                _NAMES[CONSTRUCTOR],
                found.values,
                f"{maker.expression}({found.arguments})",
                names=found.names,
                doubts=() if optional else _private(signature, table),
                rank=CONSTRUCTOR,
                extra=2 * found.by_synonym + (not optional),
            )


def _private(signature: Sequence[Parameter], table: Table) -> tuple[str, ...]:
    """A doubt, where an optional parameter is in a private attribute, which is not compared."""
    found = [table.find(each.name)[0] for each in signature if not each.required]
    names = [each.name for each in found if each is not None and each.name.startswith("_")]
    return (f"{', '.join(names)} can be read, and may not be kept",) if names else ()


def _by_keywords(maker: Maker, table: Table) -> Iterator[Draft]:
    """A type of unknown parameters with all attributes as keywords; errors tell which it takes."""
    chosen = [each for each in table.readings() if each.raw == f"obj.{each.name}" and not each.held]
    if chosen:
        arguments = ", ".join(
            f"{each.name}={each.back.replace('{}', f'{{{each.name}}}')}" for each in chosen
        )
        yield Draft(
            _NAMES[CONSTRUCTOR],
            tuple((each.name, each.expression) for each in chosen),
            f"{maker.expression}({arguments})",
            names=tuple(each.plain for each in chosen),
            rank=CONSTRUCTOR,
            extra=3,
        )


def by_default(maker: Maker) -> Iterator[Draft]:
    """The maker without arguments: what can be set is given to what it makes."""
    if not maker.given or any(not _required(each) for each in maker.given):
        make = f"{maker.expression}()"
        yield Draft(_NAMES[SETTINGS], (), make, rank=SETTINGS)


def in_memory(maker: Maker, methods: frozenset[str]) -> Iterator[str]:
    """How an empty object is written: without arguments, or as a database in memory."""
    if not maker.given or any(not _required(each) for each in maker.given):
        yield f"{maker.expression}()"
    if {"execute", "cursor"} & methods:
        yield f'{maker.expression}(":memory:")'


def by_content(maker: Maker, table: Table, contents: Sequence[Reading]) -> Iterator[Draft]:
    """The maker with what an object is as a list, bytes, a text or a number, and its attributes."""
    signatures: Sequence[Sequence[Parameter]] = maker.given or maker.signatures or [()]
    for content in contents[:_MOST]:
        rank = ITEMS if content.name == "items" else CONTENT
        if content.name == "repr":
            continue
        for signature in signatures:
            made = _with_first(maker, table, signature, content)
            if made is not None:
                arguments, values, names = made
                yield Draft(
                    _NAMES[rank],
                    values,
                    f"{maker.expression}({arguments})",
                    names=names,
                    rank=rank,
                    extra=1,
                )


def _with_first(
    maker: Maker, table: Table, signature: Sequence[Parameter], content: Reading
) -> tuple[str, tuple[tuple[str, str], ...], tuple[str, ...]] | None:
    """Arguments of which the first is a content; of a maker of unknown parameters it is alone."""
    places = [place for place, each in enumerate(signature) if each.kind[0] != "*"]
    if not places:
        kinds = {each.kind for each in signature}
        stars = "**" if content.kind == "dict" and "**" in kinds else ""
        stars = "*" if content.kind in ("list", "tuple") and "*" in kinds else stars
        text = stars + content.back.replace("{}", "{content}")
        return text, (("content", content.expression),), (content.plain,)
    unknown = [place for place in places if signature[place].required] or places[:1]
    for place in unknown[:2]:
        found = match(signature, table, {place: content})
        # What is given twice is in one of the places by trial alone.
        if found is not None and len({each for _, each in found.values}) == len(found.values):
            return found.arguments, found.values, found.names
    return None


def by_path(maker: Maker, table: Table, paths: Sequence[Reading]) -> Iterator[Draft]:
    """The maker with the path of a file that exists."""
    for path in paths:
        for signature in maker.given or [()]:
            at = [place for place, each in enumerate(signature) if is_path(each.name)]
            firsts = [place for place, each in enumerate(signature) if each.kind[0] != "*"][:1]
            for place in dict.fromkeys([*at[:1], *firsts]):
                for optional in (True, False):
                    found = match(signature, table, {place: path}, optional=optional)
                    if found is not None:
                        yield _opening(maker, found.arguments, found.values, found.names)
            if not firsts:
                yield _opening(maker, "{path}", (("path", path.expression),), (path.plain,))


def _opening(
    maker: Maker,
    arguments: str,
    values: tuple[tuple[str, str], ...],
    names: tuple[str, ...],
) -> Draft:
    make = f"{maker.expression}({arguments})"
    return Draft(_NAMES[OPENER], values, make, (), names, rank=OPENER, extra=1)


def by_items(maker: Maker, methods: frozenset[str], contents: Sequence[Reading]) -> Iterator[Draft]:
    """An empty object, to which the items are added."""
    if maker.given and all(_required(each) for each in maker.given):
        return
    for content in contents:
        if content.name != "items":
            continue
        fills = []
        if content.kind == "dict" and "__setitem__" in methods:
            fills.append("for key, value in {items}.items():\n    obj[key] = value")
        for name in _ADDERS:
            if name in methods and content.kind == "list":
                each = f"obj.{name}({{items}})" if name in _WHOLE else ""
                fills.append(each or f"for item in {{items}}:\n    obj.{name}(item)")
        for fill in fills[:3]:
            yield Draft(
                "items and an empty object",
                (("items", content.expression),),
                f"{maker.expression}()",
                (fill,),
                ("items",),
                rank=ITEMS,
                extra=2,
            )


def by_repr(maker: Maker, contents: Sequence[Reading]) -> Iterator[Draft]:
    """The arguments that stand in the repr, as literals."""
    for content in contents:
        if content.name == "repr":
            yield Draft(
                _NAMES[REPR],
                (("arguments", "arguments(repr(obj))"),),
                f"{maker.expression}(*{{arguments}}[0], **{{arguments}}[1])",
                names=("repr",),
                rank=REPR,
                extra=2,
            )


def positioned(draft: Draft, methods: frozenset[str]) -> Draft:
    """A draft that also keeps the position in a file."""
    if not {"tell", "seek"} <= methods:
        return draft
    values = (*draft.values, ("position", "obj.tell()"))
    names = (*draft.names, "tell", "position")
    return draft._replace(values=values, then=(*draft.then, "obj.seek({position})"), names=names)


def _required(signature: Sequence[Parameter]) -> list[Parameter]:
    return [each for each in signature if each.required and each.kind[0] != "*"]


def unread(maker_signatures: Sequence[Sequence[Parameter]], draft: Draft) -> list[str]:
    """The parameters to which a draft gives nothing, of all overloads that have those it gives."""
    given = {name for name in draft.names if name}
    left: list[str] = []
    for signature in maker_signatures:
        names = {each.name for each in signature}
        fits = not given or bool(given & {plain(name) for name in names}) or not names
        if fits:
            left += [
                each.name
                for each in signature
                if each.name and each.kind[0] != "*" and not is_manner(each.name)
            ]
    return [name for name in dict.fromkeys(left) if plain(name) not in given]
