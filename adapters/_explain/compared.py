"""What of an object differs from what came back of it, as findings; read in a child process."""

from __future__ import annotations

import multiprocessing
from functools import partial
from itertools import islice
from typing import Any

from adapters import _pickling
from adapters._child import Child, legacy, progress
from adapters._comparison.differences import Difference, differences, unstable
from adapters._comparison.portrait import portrait
from adapters._comparison.supervised import SILENCE, NotComparedError, read
from adapters._explain.advice import adapter_of
from adapters._explain.report import Finding
from adapters._naming import in_words
from adapters._wire.served import type_name
from adapters.errors import failures

_LOST = "expected if it is a cache; else give the type an adapter that keeps it"
_BACK = "mend what rebuilds it: a result has to come back, too"
_PER_SECOND = 1 << 19  # bytes of a message that are looked at
_MOST = 1000  # differences


def compared(obj: object, sent_back: bytes, name: str, timeout: float) -> list[Finding]:
    """What differs between an object and what came back, read in a forked child.

    Without fork it is read here, but for what runs code of its types.

    Raises:
        NotComparedError: it could not be read.
    """
    methods = multiprocessing.get_all_start_methods()
    if "fork" not in methods or multiprocessing.current_process().daemon:
        found = _differing(obj, {}, sent_back, name, passive=True)
        if found:
            return found
        raise NotComparedError("this process can have no forked child, so no getter was called")
    options: dict[str, Any] = {"quiet": True, "folder": True, "legacy": obj}
    options["timeout"] = min(timeout, SILENCE + len(sent_back) / _PER_SECOND)
    findings: list[Finding] = read(partial(Child, "fork", **options), _in_child, sent_back, name)
    return findings


def _in_child(skip: dict[str, str], sent_back: bytes, name: str) -> list[Finding]:
    progress("to compare it with what came back")
    return _differing(legacy(), skip, sent_back, name)


def _differing(
    obj: object, skip: dict[str, str], sent_back: bytes, name: str, *, passive: bool = False
) -> list[Finding]:
    """Compare an object with what came back; what differs from itself at once does not count."""
    live: dict[int, Any] = {}
    first = portrait(obj, skip, passive=passive, live=live)
    again = portrait(obj, {**skip, **first.slow}, passive=passive).root
    try:
        returned = _pickling.loads(sent_back)
    except failures() as error:
        problem = f"what another process sends back of it is not rebuilt here: {in_words(error)}"
        kinds = type_name(obj), problem, adapter_of(obj)
        return [Finding(name, *kinds, _BACK, "differs")]
    rebuilt = portrait(returned, skip, passive=passive).root
    known = unstable(first.root, again, name)
    findings = []
    for found in islice(differences(first.root, rebuilt, name, known=known), _MOST):
        part = live.get(id(found.part), found.part)
        kinds = type_name(part), _in_words(found), adapter_of(part)
        findings.append(Finding(found.path, *kinds, _LOST, "differs", exact=found.exact))
    return findings


def _in_words(found: Difference) -> str:
    if found.attribute and found.other == "missing":
        return f"its attribute {found.attribute!r} is lost"
    if found.attribute:
        return f"its attribute {found.attribute!r}, {found.one}, arrives as {found.other}"
    if found.verb == "has":
        return f"it has {found.one}, and arrives with {found.other}"
    return f"{found.one} arrives as {found.other}"
