"""Functions and bound methods: under which names another process gets the same ones.

Pickle writes the object of a bound method, and its name. The object may know the method by another
name (a lambda of its class, a private `__method`), or give another one by that name: a subclass or
an attribute hides it (`super().method`), or it is bound to this object alone
(`types.MethodType(function, obj)`).
"""

from __future__ import annotations

import sys
from _functools import _lru_cache_wrapper  # type: ignore[import-not-found]

from adapters._importable.importable import is_importable
from adapters.errors import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FUNCTION: Any = type(lambda: None)
METHOD: Any = type(type("", (), {"method": lambda self: None})().method)
BUILTIN: Any = type(len)  # functions of C, and methods
_SLOT: Any = type("".__len__)  # methods that are slots in C
FUNCTIONS = frozenset((FUNCTION, METHOD, BUILTIN, _SLOT))
CACHED: Any = _lru_cache_wrapper  # functions with functools.lru_cache
_DESCRIPTORS = (type(str.join), type(str.__len__))  # what a class of C has for its methods
_MODULE = type(sys)


def is_bound(function: Any) -> bool:
    """Whether one of `FUNCTIONS` is a method that is bound to an object, or to a class."""
    if type(function) is BUILTIN:
        return type(function.__self__) not in (_MODULE, type(None))
    return type(function) is not FUNCTION


def reduce_function(function: Any) -> Any:
    """The reduction of one of `FUNCTIONS` by names that lead to it.

    NotImplemented where that of pickle does, None where no names do.
    """
    if not is_bound(function):
        return NotImplemented if is_importable(function) else None
    owner, name = function.__self__, str(getattr(function, "__name__", ""))
    classes = [*(owner.__mro__ if isinstance(owner, type) else ()), *type(owner).__mro__]
    # What an object itself has is not there yet when a method in its own state is loaded.
    held = [vars(cls)[name] for cls in classes if name in vars(cls)]
    if held and type(held[0]) is not METHOD and _gives(owner, name, function):
        return NotImplemented
    if type(function) is METHOD:
        for cls in classes:
            for other, attribute in list(vars(cls).items()):
                inside = attribute.__func__ if type(attribute) is classmethod else attribute
                if inside is function.__func__ and _gives(owner, other, function):
                    return getattr, (owner, other)
        return None
    binders = [each.__get__ for each in held if type(each) in _DESCRIPTORS]
    return next(((bind, (owner,)) for bind in binders if bind(owner) == function), None)


def _gives(owner: Any, name: str, method: Any) -> bool:
    """Whether an object has a method under a name."""
    try:
        found = getattr(owner, name)
        return type(found) is type(method) and bool(found == method)
    except failures():
        return False


class _Decorator:
    """Pickles as `functools.lru_cache` with some parameters, which is a call of its own."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._parameters = parameters

    def __call__(self, function: Any) -> Any:
        from functools import lru_cache

        return lru_cache(**self._parameters)(function)

    def __reduce__(self) -> Any:
        from functools import lru_cache

        return lru_cache, (self._parameters["maxsize"], self._parameters["typed"])


def copy_cached(function: Any) -> Any:
    """The reduction by value of a function with `functools.lru_cache`: its cache arrives empty."""
    return _Decorator(function.cache_parameters()), (function.__wrapped__,)
