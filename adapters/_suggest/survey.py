"""The survey of examples, in a child process: what can be read of them, and what may be tried."""

from __future__ import annotations

import inspect
import pickle
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._comparison.differences import differences, unstable
from adapters._comparison.getters import takes_nothing
from adapters._comparison.portrait import Portrait, portrait
from adapters._comparison.reading import Reader
from adapters._expressions import is_of_stdlib
from adapters._suggest import constructing
from adapters._suggest.draft import Draft
from adapters._suggest.makers import class_methods_of, constructor_of, functions_for, is_method
from adapters._suggest.matching import Table
from adapters._suggest.modules import import_around
from adapters._suggest.names import aliases_of, in_words, name_of
from adapters._suggest.pairs import by_pairs
from adapters._suggest.parents import by_parent
from adapters._suggest.readings import Reading, contents_of, readings_of
from adapters._suggest.savers import DATA, savers_of
from adapters._suggest.words import changes, creates, opens, plain, words
from adapters.errors import suppress_failures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from adapters._suggest.makers import Maker
    from adapters._suggest.savers import Saver

TWIN = "twin"  # how messages call what was rebuilt
_MOVES = frozenset(
    ["next", "read", "readline", "scan", "fetch", "pop", "step", "advance", "recv", "receive"]
)
_POSITIONS = frozenset(["tell", "position", "pos", "offset", "index", "idx", "cursor", "step"])
_UNSTABLE = 3  # places that doubts name
_MOST = 160  # drafts
CONVERSIONS = frozenset(["items", "bytes", "str", "repr", "int", "float", "complex", "path"])
_TEXTS = frozenset(("str", "bytes", "list", "dict", "tuple", "ndarray", "bytearray"))


class Look(NamedTuple):
    """What an example looks like, and where two readings of it differ."""

    portrait: Portrait
    by_nature: frozenset[str]


class Facts(NamedTuple):
    """What is known of the examples.

    Attributes:
        looks: What each looks like.
        readings: What can be read of the first.
        methods: The names of what their type has.
        hidden: The methods that tell an object what nothing reads.
        target: How the type is written, "" if no module names it.
        payload: The pickle of the first, if pickle alone makes an equal one of it; else b"".
    """

    looks: tuple[Look, ...]
    readings: tuple[Reading, ...]
    methods: frozenset[str]
    hidden: tuple[str, ...]
    target: str
    payload: bytes


def look_at(obj: Any, skip: Mapping[str, str]) -> Look:
    """What an object looks like from outside; read twice."""
    first = portrait(obj, skip, root_state=False, root_native=True)
    second = portrait(obj, {**skip, **first.slow}, root_state=False, root_native=True)
    return Look(first, unstable(first.root, second.root, TWIN))


def unlike(look: Look, obj: Any, skip: Mapping[str, str]) -> Iterator[Any]:
    """Where an object differs from what was looked at."""
    other = portrait(obj, {**skip, **look.portrait.slow}, root_state=False, root_native=True)
    return differences(look.portrait.root, other.root, TWIN, known=look.by_nature)


def facts_of(objs: tuple[Any, ...], skip: dict[str, str]) -> Facts:
    """What can be read of examples."""
    obj = objs[0]
    cls = type(obj)
    looks = tuple(look_at(each, skip) for each in objs)
    reader = Reader(skip, ())
    readings = readings_of(obj, reader, skip) + contents_of(obj, skip)
    methods = frozenset(name for name in dir(cls) if type(name) is str)
    named = name_of(cls)
    target = named.expression if named else ""
    payload = _pickled(obj, looks[0], skip)
    hidden = tuple(_hidden(cls, readings)) if not is_of_stdlib(cls) else ()
    return Facts(looks, tuple(readings), methods, hidden, target, payload)


def _pickled(obj: Any, look: Look, skip: dict[str, str]) -> bytes:
    with suppress_failures():
        data = pickle.dumps(obj)
        twin = pickle.loads(data)
        if type(twin) is type(obj) and next(unlike(look, twin, skip), None) is None:
            return data
    return b""


def _hidden(cls: type, readings: list[Reading]) -> Iterator[str]:
    """The methods that tell an object what nothing reads."""
    known = {each.plain for each in readings}
    named = {each.name for each in readings}
    contents = {each.name for each in readings} & {"items", "bytes"} or any(
        each.startswith(("num", "n", "count", "len", "size")) for each in known
    )
    for name in sorted(set(dir(cls)) - named):
        what = changes(name) if not name.startswith("_") else ""
        if not what or not is_method(cls, name):
            continue
        is_set = plain(name).startswith("set")
        if is_set and any(each.startswith(what) or what.endswith(each) for each in known):
            continue
        if not is_set and (contents or what in known or f"{what}s" in known):
            continue
        yield name


def drafts_of(objs: tuple[Any, ...], skip: dict[str, str], facts: Facts) -> list[Draft]:
    """What may be tried for examples, the likely first."""
    obj = objs[0]
    cls: Any = type(obj)
    import_around(cls)
    constructor = constructor_of(cls)
    found = savers_of(obj, skip)
    class_methods, functions = class_methods_of(cls), functions_for(cls)
    for alias in aliases_of(cls, obj):
        class_methods += class_methods_of(alias)
    readings = [each for each in facts.readings if each.expression]
    conversions = [each for each in readings if each.name in CONVERSIONS]
    table = Table(each for each in readings if each not in conversions)
    contents = conversions + [_content(each) for each in found if each.way == DATA]
    contents += [each for each in readings if each.kind in _TEXTS and each not in conversions]
    direct = [*([constructor] if constructor else []), *class_methods]
    makers = [*direct, *functions]
    paths = [each for each in readings if each.text]
    known = {each.plain for each in facts.readings if each.kind != "Unknown"}
    groups: list[list[Draft]] = []

    def add(maker: Maker, found: Iterator[Draft]) -> None:
        groups.append([_with_doubts(each, maker, known, facts) for each in found])

    if constructor:
        add(constructor, constructing.by_default(constructor))
        add(constructor, constructing.by_attributes(constructor, table))
    creators = [each for each in functions if creates(each.name, cls) or _says(each, cls)]
    for maker in (*class_methods, *creators):
        add(maker, constructing.by_attributes(maker, table))
    openers = [each for each in makers if each.kind == "type" or opens(each.name)]
    for maker in openers if paths else ():
        add(
            maker,
            (
                constructing.positioned(each, facts.methods)
                for each in constructing.by_path(maker, table, paths)
            ),
        )
    groups.append(by_pairs(found, makers, constructor, facts.methods, table, cls.__name__))
    for maker in (*direct, *creators[:3]):
        add(maker, constructing.by_content(maker, table, contents))
    if constructor:
        add(constructor, constructing.by_items(constructor, facts.methods, contents))
        add(constructor, constructing.by_repr(constructor, contents))
    groups.append(by_parent(obj, facts.readings, skip))
    for maker in creators[:4]:
        add(maker, constructing.by_default(maker))
    unstable = tuple(
        f"{place} is another one each time that it is read"
        for place in sorted(facts.looks[0].by_nature)[:_UNSTABLE]
    )
    moves = tuple(_moving(cls, facts.readings))
    return [each._replace(doubts=(*each.doubts, *unstable, *moves)) for each in _distinct(groups)]


def _moving(cls: type, readings: Sequence[Reading]) -> Iterator[str]:
    """A doubt, where something is read one by one, and nothing tells how far that is."""
    if any(not _POSITIONS.isdisjoint(words(each.name)) for each in readings):
        return
    for name in ("__next__", *sorted(dir(cls))):
        first = words(name)[:1]
        moves = name == "__next__" or (first and first[0] in _MOVES and not name.startswith("_"))
        if not moves or name not in dir(cls) or not is_method(cls, name):
            continue
        if takes_nothing(name, inspect.getattr_static(cls, name)):
            yield f"nothing reads what {name}() changes, as how far it has come"
            return


def _distinct(groups: list[list[Draft]]) -> list[Draft]:
    found: dict[Any, Draft] = {}
    for group in groups:
        for draft in group:
            found.setdefault(draft.key, draft)
    return list(found.values())[:_MOST]


def _content(saver: Saver) -> Reading:
    return Reading(saver.name, saver.expression, kind=saver.kind)


def _says(maker: Maker, cls: type) -> bool:
    return maker.returns.rpartition(".")[2] == cls.__name__


def _with_doubts(draft: Draft, maker: Maker, known: set[str], facts: Facts) -> Draft:
    """A draft with what may be wrong though nothing differs."""
    doubts = list(draft.doubts)
    said = in_words(maker.expression)
    if not maker.given:
        doubts.append(f"the parameters of {said}() are documented nowhere")
    unread = constructing.unread(maker.given, draft)
    unread = [name for name in unread if plain(name) not in known]
    if unread:
        plural, are = ("s", "are") if len(unread) > 1 else ("", "is")
        names = ", ".join(unread)
        doubts.append(f"parameter{plural} {names} of {said}() {are} not read from anything")
    for signature in maker.given:
        doubts += [
            f"what {said}() takes as {each.kind}{each.name} is documented nowhere"
            for each in signature
            if each.kind[0] == "*"
        ]
    if facts.hidden:
        names = ", ".join(f"{name}()" for name in facts.hidden)
        doubts.append(f"nothing reads what these tell an object: {names}")
    return draft._replace(doubts=tuple(dict.fromkeys(doubts)))
