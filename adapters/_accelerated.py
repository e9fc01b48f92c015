"""Accelerator: the hot paths in C, where they were built.

Each is also there in Python, for interpreters and machines without them, and is no other there. The
environment variable `ADAPTERS_ACCELERATOR` chooses: "0" for the Python, "1" for the C, which then
has to be there. By default the C is used if it is there.
"""

from __future__ import annotations

import os
import sys

from adapters.errors import suppress_failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

accelerator: Any = None
_wanted = os.environ.get("ADAPTERS_ACCELERATOR")
if _wanted != "0":
    try:
        from adapters import _accelerator as accelerator  # noqa: F401
    except ImportError as error:
        if _wanted == "1":
            raise
        if "logging" in sys.modules:  # which takes longer to import than adapters
            log = sys.modules["logging"].getLogger("adapters")
            log.info("adapters runs without its C extension, in Python, and slower: %s", error)


def in_c(function: Any) -> Any:
    """What stands for a method in the hot paths: the other of its `_in_c`, or itself.

    `_in_c` is a pair of the function and what stands for it. One that wraps it has the same pair.
    """
    with suppress_failures():  # of a `__getattr__`
        found = getattr(function, "_in_c", None)
        if type(found) is tuple and found[0] is getattr(function, "__func__", None):
            return found[1]
    return function
