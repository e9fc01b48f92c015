"""Suggest: an adapter for an object, found in the API of its type and proven in child processes."""

from __future__ import annotations

import multiprocessing
import os
import time
from typing import Any

from adapters._batteries.finder import bring
from adapters._comparison.differences import differences
from adapters._naming import qualified_name
from adapters._suggest.draft import Draft
from adapters._suggest.explore import Exploration, NotSearchedError, Tried
from adapters._suggest.judge import Judge
from adapters._suggest.structs import struct_drafts
from adapters._suggest.suggestions import Candidate, Suggestions
from adapters._suggest.survey import Facts, Look
from adapters._wire.ctype import ctype_of
from adapters._wire.rebuild import registry
from adapters._wire.served import adapter_for
from adapters.errors import AdapterError

# What pickles by itself, or goes by its name.
_BY_NAME = (bool, int, float, str, bytes, type(None), type, type(os), type(len), type(lambda: 0))
_READY_MADE = "adapter of a library"
_SEARCH = 0.6  # of the time; the proof has the rest
_TELLING = 6  # names in an advice


def suggest(obj: Any, *more: Any, timeout: float = 60, batteries: bool = True) -> Suggestions:
    """Find a serializer and a factory for an object in the API of its type, and prove them.

    All that is tried runs in forked child processes, each with a time-out, in an empty folder,
    without network and without output; nothing is registered, here or there. Names that act are
    not called, other than those that save, load or open.

    Args:
        obj: An object that does not pickle; best one that differs from a default one.
        more: Other objects of its type, which differ from it: what fits one by chance fails there.
        timeout: Seconds for all of it, more than 0. One trial may be silent for 5.
        batteries: Whether adapters that libraries bring are taken, for it and for its parts.

    Returns:
        Candidates, the best first, with their code and what is known of them.

    Raises:
        TypeError: the objects are of several types, or of one that has nothing to rebuild.
        ValueError: `timeout` is not positive.
        AdapterError: it cannot be searched for here: there is no fork, or this is a daemonic
            process; or the objects cannot be read.
    """
    objs = (obj, *more)
    _require(objs, timeout)
    begin = time.monotonic()
    search = Exploration(objs, begin + _SEARCH * timeout, batteries)
    try:
        facts = search.look()
        first = _ready_made(obj, batteries)
        found = [Tried(draft, search.attempt(draft)) for draft in first]
        found = [each for each in found if not each.outcome.error]
        if not found:
            found = search.run()
    except NotSearchedError as error:
        raise AdapterError(
            f"objects of {qualified_name(type(obj))} cannot be looked at: {error}",
            qualified_name(type(obj)),
        ) from error
    judged = Judge(objs, facts, search.is_default, batteries, begin + timeout)
    candidates = judged.candidates(found)
    return Suggestions(
        type=qualified_name(ctype_of(obj) or type(obj)),
        candidates=tuple(candidates),
        advice=tuple(_advice(objs, facts, search, candidates, batteries)),
        tried=search.tried,
        seconds=time.monotonic() - begin,
        pickles=bool(facts.payload),
    )


def _require(objs: tuple[Any, ...], timeout: float) -> None:
    kinds = {ctype_of(each) or type(each) for each in objs}
    if len(kinds) > 1:
        names = ", ".join(sorted(map(qualified_name, kinds)))
        raise TypeError(f"the examples are of {len(kinds)} types ({names}): give those of one type")
    kind = next(iter(kinds))
    if kind in _BY_NAME:
        raise TypeError(f"an object of {qualified_name(kind)} pickles, or goes by its name")
    if not timeout > 0:
        raise ValueError(f"timeout is {timeout!r}: give seconds, more than 0")
    if "fork" not in multiprocessing.get_all_start_methods():
        raise AdapterError(
            "adapters.suggest tries foreign code in forked processes: this platform has no fork",
            qualified_name(kind),
        )
    if multiprocessing.current_process().daemon:
        raise AdapterError(
            "adapters.suggest starts processes, and this is a daemonic process of multiprocessing,"
            " which may start none: call it in the main process",
            qualified_name(kind),
        )


def _ready_made(obj: Any, batteries: bool) -> list[Draft]:
    """What there is without a search: the adapter of a library, or the fields of a C struct."""
    ctype = ctype_of(obj)
    if ctype is not None:
        return struct_drafts(obj)
    if not batteries:
        return []
    bring(type(obj))
    adapter = registry.libraries.by_target.get(type(obj))
    if adapter is None:
        return []
    text = f"import {adapter.module}  # found by itself when an object of the type is met\n"
    return [Draft(_READY_MADE, whole=text, rank=-2, ready=True)]


def _differ(one: Look, other: Look) -> bool:
    """Whether two examples differ in what can be read."""
    return next(differences(one.portrait.root, other.portrait.root), None) is not None


def _advice(
    objs: tuple[Any, ...],
    facts: Facts,
    search: Exploration,
    candidates: list[Candidate],
    batteries: bool,
) -> list[str]:
    advice = []
    best = candidates[0] if candidates else None
    known = adapter_for(objs[0]) if batteries else None
    if known is not None and (best is None or best.strategy != _READY_MADE):
        advice.append(f"the type has an adapter already: {known!r}")
    telling = [each.name for each in facts.readings if each.expression and not each.held]
    names = ", ".join(dict.fromkeys(telling[:_TELLING]))
    if search.is_default or (best is not None and "empty" in "".join(best.doubts)):
        tell = f": {names} would tell" if names else ""
        advice.append(f"give an example that differs from a default one{tell}")
    same = len(objs) > 1 and not any(_differ(facts.looks[0], each) for each in facts.looks[1:])
    if same:
        advice.append("the examples are equal as far as can be read: give others, which differ")
    if len(objs) == 1 and best is not None and best.strategy != _READY_MADE:
        advice.append(
            "there was one example, and what fits it by chance is not seen: give a second one that"
            " differs, adapters.suggest(one, other)"
        )
    if not facts.target:
        advice.append(
            "no module names the type, so that it cannot be written in code: find it by type(...)"
            " of what makes such objects"
        )
    if search.late:
        advice.append(f"the time was over after {search.tried} trials: timeout= gives more")
    if not candidates:
        advice.append(
            "nothing in the type's own API makes an equal object: keep what it was made of beside"
            " it, and register functions that use that"
        )
    return advice


suggest.__module__ = "adapters"  # by this name payloads and messages call it
