"""What of an object differs from what came back of it, as findings; read in a child process."""

from __future__ import annotations

import multiprocessing
from functools import partial
from itertools import islice
from typing import Any

from adapters import _pickling
from adapters._child import Child
from adapters._comparison.differences import Difference, differences, unstable
from adapters._comparison.portrait import portrait
from adapters._comparison.supervised import SILENCE, read
from adapters._explain.advice import adapter_of
from adapters._explain.report import Finding
from adapters._naming import in_words
from adapters._wire.served import type_name
from adapters.errors import failures

_LOST = "expected if it is a cache; else give the type an adapter that keeps it"
_BACK = "mend what rebuilds it: a result has to come back, too"
_MOST = 1000  # differences

_original: Any = None  # in a forked child, the object


def compared(obj: object, sent_back: bytes, name: str, timeout: float) -> list[Finding]:
    """What differs between an object and what came back, read in a forked child.

    Raises:
        NotComparedError: it could not be read.
    """
    global _original
    _original = obj
    try:
        if "fork" not in multiprocessing.get_all_start_methods():
            return _differing({}, sent_back, name, True)
        start = partial(Child, "fork", timeout=min(timeout, SILENCE), quiet=True, folder=True)
        findings: list[Finding] = read(start, _differing, sent_back, name, False)
        return findings
    finally:
        _original = None


def _differing(skip: dict[str, str], sent_back: bytes, name: str, passive: bool) -> list[Finding]:
    """Compare `_original` with what came back; what differs from itself at once does not count."""
    live: dict[int, Any] = {}
    first = portrait(_original, skip, passive=passive, live=live).root
    again = portrait(_original, skip, passive=passive).root
    try:
        returned = _pickling.loads(sent_back)
    except failures() as error:
        problem = f"what another process sends back of it is not rebuilt here: {in_words(error)}"
        kinds = type_name(_original), problem, adapter_of(_original)
        return [Finding(name, *kinds, _BACK, "differs")]
    rebuilt = portrait(returned, skip, passive=passive).root
    known = unstable(first, again, name)
    findings = []
    for found in islice(differences(first, rebuilt, name, known=known), _MOST):
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
