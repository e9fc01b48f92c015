"""Round trip: what arrives as something else when another process rebuilds it and sends it back."""

from __future__ import annotations

from collections.abc import Iterator

from adapters import _pickling
from adapters._child import INTERPRETER, ChildDiedError, run
from adapters._comparison.differences import Difference, differences
from adapters._explain.advice import adapter_of
from adapters._explain.dry_run import DryRun
from adapters._explain.report import Finding
from adapters._naming import in_words
from adapters._wire.served import type_name
from adapters.errors import failures

_FAILED = "see the error; the factory, or a provider, is at fault"
_LOST = "expected if it is a cache; else give the type an adapter that keeps it"


def round_trip(obj: object, name: str, dry_run: DryRun, timeout: float) -> Iterator[Finding]:
    """What differs after a round trip of `obj`, which pickles, in at most `timeout` seconds.

    `dry_run` has the protocol, and the reducers that `dumps` uses for `obj`.
    """
    try:
        payload = _pickling.dumps(obj, dry_run.protocol)
        rebuilt = _pickling.loads(_sent_back(payload, timeout))
    except failures() as error:
        yield Finding(name, type_name(obj), in_words(error), adapter_of(obj), _FAILED, "differs")
        return
    for found in differences(obj, rebuilt, name, reducer=dry_run.reduce):
        kinds = type_name(found.part), _in_words(found), adapter_of(found.part)
        yield Finding(found.path, *kinds, _LOST, "differs", exact=found.exact)


def _in_words(found: Difference) -> str:
    if found.attribute and found.other == "missing":
        return f"its attribute {found.attribute!r} is lost"
    if found.attribute:
        return f"its attribute {found.attribute!r}, {found.one}, arrives as {found.other}"
    if found.verb == "has":
        return f"it has {found.one}, and arrives with {found.other}"
    return f"{found.one} arrives as {found.other}"


def _sent_back(payload: bytes, timeout: float) -> bytes:
    """The payload that another process makes of what it rebuilds.

    It does not run the main script, so it works in notebooks, prompts and unguarded scripts.
    """
    try:
        problem, result = run(_rebuild, payload, method=INTERPRETER, timeout=timeout, quiet=True)
    except ChildDiedError as error:
        if error.hung:
            raise RuntimeError(f"another process did not rebuild it in {timeout:g} s") from None
        raise RuntimeError(f"the process that rebuilt it {error.how}") from None
    if problem:
        raise RuntimeError(f"in another process: {problem}")
    return bytes(result)


def _rebuild(payload: bytes) -> tuple[str, bytes]:
    """In the other process: what is wrong, or "", and the payload of what arrived."""
    try:
        return "", _pickling.dumps(_pickling.loads(payload))
    except BaseException as error:
        return in_words(error), b""
