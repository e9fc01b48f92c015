"""Round trip: what arrives as something else when another process rebuilds it and sends it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import _pickling
from adapters._child import INTERPRETER, ChildDiedError, run
from adapters._comparison.comparison import differences
from adapters._explain.paths import Path
from adapters._naming import in_words
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters._comparison.places import Difference
    from adapters._explain.dry_run import DryRun

_FAILED = "see the error; the factory, or a provider, is at fault"
_LOST = "expected if it is a cache; else give the type an adapter that keeps it"


def round_trip(
    obj: object, name: str, dry_run: DryRun, timeout: float
) -> Iterator[tuple[Any, Path, str, str]]:
    """What differs after a round trip: (part, its path, the problem, what to do).

    Args:
        obj: Any object that pickles.
        name: What it is called: paths begin with it.
        dry_run: Has the protocol, and the reducers that `dumps` uses for `obj`.
        timeout: Seconds that the other process may take.
    """
    try:
        payload = _pickling.dumps(obj, dry_run.protocol)
        rebuilt = _pickling.loads(_sent_back(payload, timeout))
    except FAILURES as error:
        yield obj, Path(name, True), in_words(error), _FAILED
        return
    for found in differences(obj, rebuilt, name, reducer=dry_run.reduce):
        yield found.part, Path(found.path, found.exact), _in_words(found), _LOST


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

    It does not run the main script, so a script without a guard, a prompt or a notebook may call.
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
