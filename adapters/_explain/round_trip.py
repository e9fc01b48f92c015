"""Round trip: what arrives as something else when another process rebuilds it and sends it back."""

from __future__ import annotations

from collections.abc import Iterator

from adapters import _pickling
from adapters._child import INTERPRETER, ChildDiedError, run
from adapters._explain.advice import adapter_of
from adapters._explain.compared import compared
from adapters._explain.dry_run import DryRun
from adapters._explain.report import Finding
from adapters._naming import in_words
from adapters._wire.served import type_name
from adapters.errors import failures

_FAILED = "see the error; the factory, or a provider, is at fault"


def round_trip(obj: object, name: str, dry_run: DryRun, timeout: float) -> Iterator[Finding]:
    """What differs after a round trip of `obj`, which pickles, in at most `timeout` seconds.

    `dry_run` has the protocol, and the reducers that `dumps` uses for `obj`.
    """
    try:
        payload = _pickling.dumps(obj, dry_run.protocol)
        sent_back = _sent_back(payload, timeout)
    except failures() as error:
        yield Finding(name, type_name(obj), in_words(error), adapter_of(obj), _FAILED, "differs")
        return
    yield from compared(obj, sent_back, name, timeout)


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
