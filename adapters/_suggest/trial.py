"""Trials: what a forked child does for a search; it has the examples from its parent."""

from __future__ import annotations

import os
import pickle
import re
import sys
import time
from itertools import islice
from typing import Any, NamedTuple

import adapters
from adapters._child import legacy, progress
from adapters._comparison.differences import differences
from adapters._comparison.portrait import portrait
from adapters._naming import brief, in_words, qualified_name
from adapters._suggest import sandbox
from adapters._suggest.draft import Draft, code
from adapters._suggest.names import is_of_main
from adapters._suggest.settings import Setting, settings_of
from adapters._suggest.survey import CONVERSIONS, TWIN, Facts, drafts_of, facts_of, unlike
from adapters._wire.ctype import ctype_of
from adapters.errors import failures, suppress_failures

MODULE = "suggested_adapter"
_SHOWN = 4  # differences in words
_COUNTED = 60
_REPEATS = 5  # of what takes little time, of which the least is taken
_QUICK = 0.01  # seconds
_PLACE = re.compile(rf"(?:\w+\()?{TWIN}\.(\w+)")


class Outcome(NamedTuple):
    """How a trial ended.

    Attributes:
        error: Why there is no twin, in words; "" if there is one for each example.
        differs: Where a twin differs, in words: the first ones.
        total: How many differences there are.
        readings: How much of the examples was compared.
        serialize_seconds, rebuild_seconds: How long it takes, for the first example.
        state_size: Bytes of the state of the first example.
        kinds: The types of the values of the state, as code.
        told: Whether the state tells something: one that is empty does not.
        settings: What the twin can be given beside.
        state: The state as a literal, if it is short.
    """

    error: str
    differs: tuple[str, ...] = ()
    total: int = 0
    readings: int = 0
    serialize_seconds: float = 0.0
    rebuild_seconds: float = 0.0
    state_size: int = 0
    kinds: tuple[str, ...] = ()
    told: bool = False
    settings: tuple[Setting, ...] = ()
    state: str = ""


def begin(batteries: bool) -> None:
    """First of all in a child: nothing that is tried reaches anything outside of it."""
    sandbox.enter()
    if not batteries:
        os.environ["ADAPTERS_BATTERIES"] = "0"


def forget(obj: Any) -> None:
    """Forget the adapter of an object, as another one is tried."""
    with suppress_failures():
        adapters.unregister(ctype_of(obj) or type(obj))


def survey(skip: dict[str, str]) -> Facts:
    """What can be read of the examples."""
    return facts_of(legacy()[0], skip)


def drafts(skip: dict[str, str], facts: Facts) -> list[Draft]:
    """What may be tried."""
    return drafts_of(legacy()[0], skip, facts)


def arrived(payload: bytes, skip: dict[str, str]) -> Any:
    """In a new Python: what is seen of an object that pickle loads."""
    return portrait(pickle.loads(payload), skip, root_state=False, root_native=True).root


def attempt(draft: Draft) -> Outcome:
    """Make a twin of each example by a draft, and compare it with the example from outside."""
    objs, facts, skip = legacy()
    progress("to run the code")
    try:
        serialize, factory = functions(draft, facts)
    except failures() as error:
        return Outcome(f"the code fails: {in_words(error)}")
    outcome = None
    for number, obj in enumerate(objs):
        found = _attempt(draft, facts, number, obj, serialize, factory, skip)
        if found.error or outcome is None:
            outcome = found
        else:
            outcome = outcome._replace(
                differs=(*outcome.differs, *found.differs)[:_SHOWN],
                total=outcome.total + found.total,
                readings=outcome.readings + found.readings,
                told=outcome.told or found.told,
            )
        if outcome.error:
            break
    assert outcome is not None
    return outcome


def functions(draft: Draft, facts: Facts) -> tuple[Any, Any]:
    """The serializer and the factory that the code of a draft defines; it is run as a module."""
    if not draft.ready:
        forget(legacy()[0][0])
    text = code(draft, "object")
    if draft.whole:
        exec(compile(text, MODULE, "exec"), {"__name__": MODULE})
        adapter = adapters.registry.lookup(ctype_of(legacy()[0][0]) or type(legacy()[0][0]))
        return adapter.state_of, adapter.make
    text = text.rpartition("adapters.register(")[0]
    namespace: dict[str, Any] = {"__name__": MODULE}
    main = sys.modules.get("__main__")
    if is_of_main(facts.target) and main is not None:
        namespace = {**vars(main), **namespace}
    exec(compile(text, MODULE, "exec"), namespace)
    return namespace["serialize"], namespace["factory"]


def _attempt(
    draft: Draft,
    facts: Facts,
    number: int,
    obj: Any,
    serialize: Any,
    factory: Any,
    skip: dict[str, str],
) -> Outcome:
    look = facts.looks[number]
    try:
        progress("to serialize")
        start = time.perf_counter()
        state = serialize(obj)
        serialize_seconds = time.perf_counter() - start
        data = adapters.dumps(state)
        arrived = adapters.loads(data)
    except failures() as error:
        return Outcome(f"serialize fails: {in_words(error)}")
    try:
        progress("to rebuild")
        start = time.perf_counter()
        twin = factory(arrived)
        rebuild_seconds = time.perf_counter() - start
    except failures() as error:
        return Outcome(f"the factory fails: {in_words(error)}")
    if (ctype_of(twin) or type(twin)) is not (ctype_of(obj) or type(obj)):
        return Outcome(f"the factory makes a {qualified_name(type(twin))}")
    progress("to compare")
    found = list(islice(unlike(look, twin, skip), _COUNTED))
    texts = [str(each) for each in found]
    also = 0
    if not texts:
        texts, also = _of_contents(facts, draft, obj, twin)
    if len(texts) <= _SHOWN:
        texts += _of_state(state, serialize, obj, twin) if not texts else []
        if next(unlike(look, obj, skip), None) is not None:
            return Outcome("it changes the original")
    places = {each[1] for each in map(_PLACE.match, texts) if each}
    kinds, told = _kinds(state, draft)
    settings = () if draft.whole or number else settings_of(draft, facts, obj, twin, places)
    quick = serialize_seconds < _QUICK and rebuild_seconds < _QUICK and not texts
    for _ in range(_REPEATS * quick):
        progress("to measure")
        start = time.perf_counter()
        serialize(obj)
        middle = time.perf_counter()
        with suppress_failures():
            factory(arrived)
            rebuild_seconds = min(rebuild_seconds, time.perf_counter() - middle)
        serialize_seconds = min(serialize_seconds, middle - start)
    literal = repr(arrived) if len(data) < 400 else ""
    return Outcome(
        "",
        tuple(texts[:_SHOWN]),
        len(texts),
        look.portrait.readings + also,
        serialize_seconds,
        rebuild_seconds,
        len(data),
        kinds,
        told,
        settings,
        literal,
    )


def _of_contents(facts: Facts, draft: Draft, obj: Any, twin: Any) -> tuple[list[str], int]:
    """Where what the two are as a text, bytes or a number differs; how many others are equal.

    What the draft itself reads does not count, nor what is another one each time.
    """
    equal = 0
    used = {expression for _, expression in draft.values}
    for reading in facts.readings:
        if reading.name not in CONVERSIONS or not reading.expression:
            continue
        progress(f"to compare {reading.expression}")
        with suppress_failures():
            one = eval(reading.expression, {"obj": obj, "os": os})
            if next(differences(one, eval(reading.expression, {"obj": obj, "os": os})), None):
                continue
            place = reading.expression.replace("obj", TWIN)
            try:
                other = eval(reading.expression, {"obj": twin, "os": os})
            except failures() as error:
                return [f"{place} raises {in_words(error)}"], 0
            if next(differences(one, other), None) is not None:
                return [f"{place} is {brief(other)}, was {brief(one)}"], 0
            equal += reading.expression not in used
    return [], equal


def _of_state(state: Any, serialize: Any, obj: Any, twin: Any) -> list[str]:
    """Where the state of a twin differs, if that of the example is the same each time."""
    progress("to compare states")
    with suppress_failures():
        if next(differences(state, serialize(obj), "state", in_state=True), None) is not None:
            return ["what serialize returns is another state the second time"]
    try:
        again = serialize(twin)
    except failures() as error:
        return [f"the twin cannot be serialized: {in_words(error)}"]
    found = differences(state, again, "state", in_state=True)
    return [f"the state of the twin: {each}" for each in islice(found, 2)]


def _kinds(state: Any, draft: Draft) -> tuple[tuple[str, ...], bool]:
    """The types of the values of a state, as code, and whether it tells something."""
    values = list(state.values()) if len(draft.values) > 1 else [state] if draft.values else []
    names = []
    for value in values:
        kind = type(value)
        plain = kind.__module__ == "builtins" and kind is not type(None)
        names.append(kind.__name__ if plain else "")
    return (tuple(names) if all(names) else ()), any(map(_tells, values))


def _tells(value: Any) -> bool:
    with suppress_failures():
        return bool(len(value) if hasattr(type(value), "__len__") else value)
    return True
