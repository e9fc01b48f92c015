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

_ONCE = "mend what rebuilds it: what arrives has to pickle, too, to be sent back as a result"


class NotRebuiltError(Exception):
    """Another process does not rebuild the object: why, and whether it gave no answer (`hung`)."""

    def __init__(self, said: str, hung: bool = False) -> None:
        super().__init__(said, hung)
        self.said, self.hung = said, hung


def round_trip(obj: object, name: str, dry_run: DryRun, timeout: float) -> Iterator[Finding]:
    """What differs after a round trip of `obj`, which pickles, in at most `timeout` seconds.

    `dry_run` has the protocol, and the reducers that `dumps` uses for `obj`.

    Raises:
        NotRebuiltError: the other process does not rebuild it.
    """
    payload = _pickling.dumps(obj, dry_run.protocol)
    try:
        sent_back = _sent_back(payload, timeout)
    except failures() as error:
        if isinstance(error, NotRebuiltError):
            raise
        problem = f"another process rebuilds it, and cannot send it back: {in_words(error)}"
        yield Finding(name, type_name(obj), problem, adapter_of(obj), _ONCE, "differs")
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
            said = f"another process did not rebuild it in {timeout:g} s"
            raise NotRebuiltError(said, hung=True) from None
        raise NotRebuiltError(f"the process that rebuilt it {error.how}") from None
    if problem:
        raise NotRebuiltError(f"in another process: {problem}")
    return bytes(result)


def _rebuild(payload: bytes) -> tuple[str, bytes]:
    """In the other process: what is wrong, or "", and the payload of what arrived."""
    try:
        rebuilt = _pickling.loads(payload)
    except BaseException as error:
        return in_words(error), b""
    return "", _pickling.dumps(rebuilt)
