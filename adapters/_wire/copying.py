"""Copies: the copy module asks copyreg for reducers, too, and its copies stay in this process.

What no adapter serves is copied as without adapters, by its own `__reduce_ex__`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_OURS = ("adapters._wire.", "adapters._tracing.")  # between a reducer and who calls it


def is_copying() -> bool:
    """Whether the copy module called the reducer that asks, itself or through functions here."""
    copy: Any = sys.modules.get("copy")
    if copy is None:
        return False
    frame: Any = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(_OURS):
        frame = frame.f_back
    return frame is not None and frame.f_globals is vars(copy)


def own_reduction(obj: Any) -> Any:
    """What the copy module gets for an object for which copyreg has no reducer."""
    cls: Any = type(obj)  # an attribute of a `lib` of cffi is one of the C library
    return cls.__reduce_ex__(obj, 4)
