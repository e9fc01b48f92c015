"""Objects that are nested deeper than pickle goes: how their errors are told, and what to do."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, TracebackType

_CAUSES = 10  # causes of an error that are looked at
_ENDLESS = 50  # frames of one function in a traceback that show that it calls itself


def too_deep(error: BaseException) -> bool:
    """Whether an error says, or has for its cause, that an object is nested too deep for pickle.

    A RecursionError may also come from a function that calls itself without end; this one has left
    its frames in the traceback. Nested objects leave none, as each reducer has returned when the
    pickler goes on with the parts.
    """
    cause: BaseException | None = error
    for _ in range(_CAUSES):
        if cause is None or isinstance(cause, RecursionError):
            break
        cause = cause.__cause__
    return isinstance(cause, RecursionError) and not _calls_itself(cause.__traceback__)


def _calls_itself(traceback: TracebackType | None) -> bool:
    counts: dict[CodeType, int] = {}
    while traceback is not None:
        code = traceback.tb_frame.f_code
        counts[code] = count = counts.get(code, 0) + 1
        if count == _ENDLESS:
            return True
        traceback = traceback.tb_next
    return False


def advice() -> str:
    """What to do about an object that is nested too deep, in this version of Python."""
    # Measured with a chain of native objects: up to Python 3.11, which takes 495 levels by default,
    # such a thread takes 490,000; the limit alone lets the stack overflow. 3.12 and 3.13 count the
    # calls of C code by themselves. 3.14 looks how much of the stack is left.
    stack = "in a thread with a larger stack (threading.stack_size(512 << 20))"
    if sys.version_info < (3, 12):
        return f"flatten it, or pickle it {stack} after sys.setrecursionlimit(1_000_000)"
    if sys.version_info < (3, 14):
        version = "{}.{}".format(*sys.version_info)
        return f"flatten it: Python {version} has a fixed limit, which no setting changes"
    return f"flatten it, or pickle it {stack}"
