"""Settings: what a twin can be given after it was made, and the drafts that do so."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._child import progress
from adapters._suggest.draft import Draft
from adapters._suggest.names import rendered
from adapters._suggest.words import plain
from adapters.errors import failures

if TYPE_CHECKING:
    from adapters._suggest.survey import Facts
    from adapters._suggest.trial import Outcome

_NEAR = 30  # differences with which a draft is worth more settings
_WHY = 3  # settings that a doubt names
_CONTENTS = frozenset(("items", "bytes", "str", "repr"))
_SETTERS = ("set_{}", "set{}", "Set{}")


class Setting(NamedTuple):
    """Something that a twin can be given after it was made.

    Attributes:
        name: Its plain name.
        key: In the state.
        expression: What reads it of `obj`.
        statement: What gives it, with `{key}` for the value.
        differs: Whether the twin had another value.
        held: Whether it is an attribute in the `__dict__`.
    """

    name: str
    key: str
    expression: str
    statement: str
    differs: bool
    held: bool


def settings_of(
    draft: Draft, facts: Facts, obj: Any, twin: Any, places: set[str]
) -> tuple[Setting, ...]:
    """What the twin takes of what can be read of the example; it is changed by that."""
    found: list[Setting] = []
    taken = {key for key, _ in draft.values}
    for reading in facts.readings:
        name = reading.name
        given = reading.plain in draft.names
        if not reading.expression or given or name in _CONTENTS:
            continue
        differs = name in places
        if reading.held and not differs:
            continue
        for way in _ways(reading.name, reading.raw, facts.methods):
            progress(f"to set {name}")
            try:
                value = eval(reading.expression, {"obj": obj})
                names = {"value": value, "obj": twin}
                statement = way.replace("{}", reading.back.replace("{}", "value"))
                statement, needs = rendered(statement)
                for short, (module, path) in needs.items():
                    names[short] = getattr(importlib.import_module(module), path)
                exec(statement, names)
            except failures():
                continue
            key = name
            while key in taken:
                key += "_"
            taken.add(key)
            statement = way.replace("{}", reading.back.replace("{}", f"{{{key}}}"))
            values = reading.expression, statement, differs, reading.held
            found.append(Setting(reading.plain, key, *values))
            break
    return tuple(found)


def _ways(name: str, raw: str, methods: frozenset[str]) -> list[str]:
    """The statements by which something may be given to an object, with "{}" for it."""
    if raw == f"obj.{name}":
        ways = [f"obj.{name} = {{}}"]
        bare = name
    else:
        ways = []
        bare = re.sub(r"^(get_|get|Get)(?=\w)", "", name)
    for form in _SETTERS:
        setter = form.format(bare[:1].upper() + bare[1:] if "_" not in form else bare)
        if setter in methods:
            ways.append(f"obj.{setter}({{}})")
    return ways


def with_settings(draft: Draft, outcome: Outcome) -> list[Draft]:
    """The draft with all that its twin could be given, and with what differed alone."""
    if draft.whole or outcome.total > _NEAR or draft.settled:
        return []
    every = [each for each in outcome.settings if each.differs or not each.held]
    differing = [each for each in every if each.differs]
    found = []
    for chosen in (every, differing) if differing != every else (every,):
        if not chosen or (chosen is differing and not outcome.total):
            continue
        found.append(
            draft._replace(
                values=(*draft.values, *((each.key, each.expression) for each in chosen)),
                then=(*draft.then, *(each.statement for each in chosen)),
                names=(*draft.names, *(each.name for each in chosen)),
                settled=True,
            )
        )
    names = [each.key for each in every if each.statement == f"obj.{each.key} = {{{each.key}}}"]
    if not draft.values and len(names) == len(every) > 1:
        found.insert(1, _sparse(draft, names))
    return found


def _sparse(draft: Draft, names: list[str]) -> Draft:
    """The draft of a default object, with those settings alone that differ from it."""
    listed = ", ".join(f'"{name}"' for name in names)
    return draft._replace(
        values=(("settings", f"changed(obj, {draft.make}, [{listed}])"),),
        then=("for name, value in {settings}.items():\n    setattr(obj, name, value)",),
        names=tuple(map(plain, names)),
        extra=1,
        settled=True,
    )


def left_out(draft: Draft, outcome: Outcome) -> list[str]:
    """A doubt, where something can be set and is not kept."""
    names = [
        each.key
        for each in outcome.settings
        if not each.held and each.name not in draft.names and not each.differs
    ]
    if not names or draft.rank < 0 or draft.whole:
        return []
    more = f" and {len(names) - _WHY} more" if len(names) > _WHY else ""
    are = "are" if len(names) > 1 else "is"
    return [f"{', '.join(names[:_WHY])}{more} can be set, and {are} not kept"]
