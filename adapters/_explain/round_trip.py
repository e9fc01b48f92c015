"""Round trip: what arrives as something else when another process rebuilds it and sends it back."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from adapters import _pickling
from adapters._comparison.comparison import differences
from adapters._explain.paths import Path
from adapters._naming import in_words
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters._comparison.places import Difference
    from adapters._explain.dry_run import DryRun

# The answer goes through a copy of standard output: what people's code prints does not mix with it.
_CHILD = """
import os, pickle, sys
answer = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
sys.path[:], payload = pickle.load(sys.stdin.buffer)
import adapters
from adapters._explain.paths import Path
from adapters._naming import in_words
try:
    twin = adapters.loads(payload)
    step, result = "", adapters.dumps(twin)
except BaseException as error:
    step, result = "error", in_words(error)
pickle.dump((step, result), answer)
answer.close()
os._exit(0)
"""


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
        rebuilt = _pickling.loads(_there_and_back(payload, timeout))
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


def _there_and_back(payload: bytes, timeout: float) -> bytes:
    path = [entry or os.getcwd() for entry in sys.path]
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            answer, _ = child.communicate(pickle.dumps((path, payload)), timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            raise RuntimeError(f"another process did not rebuild it in {timeout:g} s") from None
        except BaseException:
            child.kill()
            raise
    if not answer:
        raise RuntimeError(f"the process that rebuilt it died, with exit code {child.returncode}")
    step, result = pickle.loads(answer)
    if step:
        raise RuntimeError(f"in another process: {result}")
    return bytes(result)
