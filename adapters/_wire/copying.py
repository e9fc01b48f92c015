"""Copies: the copy module asks copyreg for reducers, too, and its copies stay in this process.

What no adapter serves is copied as without adapters, by its own `__reduce_ex__`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def is_copying(depth: int = 1) -> bool:
    """Whether the copy module called a reducer.

    Args:
        depth: 1 if the reducer calls this function, 2 if a function that it calls does.
    """
    copy: Any = sys.modules.get("copy")
    return copy is not None and sys._getframe(depth + 1).f_globals is vars(copy)


def own_reduction(obj: Any) -> Any:
    """What the copy module gets for an object for which copyreg has no reducer."""
    cls: Any = type(obj)  # an attribute of a `lib` of cffi is one of the C library
    return cls.__reduce_ex__(obj, 4)
