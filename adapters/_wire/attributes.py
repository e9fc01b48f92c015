"""The Python part of an object whose class derives from a native type: `__dict__` and slots.

An adapter with `init` gives an object its native part; the rest is pickle's own state, as
`object.__getstate__` has it: None, a dict, or a pair of a dict (or None) and a dict of slots.
"""

from __future__ import annotations

from copyreg import _slotnames  # type: ignore[attr-defined]

from adapters._importable.functions import FUNCTION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def attributes_of(obj: Any, target: type) -> Any:
    """The Python part of an object, None if there is nothing in it.

    A `__getstate__` decides on it where a class below `target` defines one, or where `target` does
    so in Python. SWIG's `this`, the pointer to the native part, is left out.
    """
    if _own(type(obj), target, "__getstate__"):
        return obj.__getstate__()
    found = {**getattr(obj, "__dict__", {})}  # not itself, which may be half loaded when it is used
    if type(found.get("this")).__name__ == "SwigPyObject":
        del found["this"]
    slots = {name: getattr(obj, name) for name in _slotnames(type(obj)) if hasattr(obj, name)}
    return (found or None, slots) if slots else found or None


def set_attributes(obj: Any, target: type, attributes: Any) -> None:
    """Give a new object its Python part, as pickle does, by `__setstate__` where there is one.

    Raises:
        ValueError: `attributes` are not what `attributes_of` returns for such an object.
    """
    if _own(type(obj), target, "__setstate__"):
        obj.__setstate__(attributes)
        return
    found, slots = attributes if type(attributes) is tuple else (attributes, {})
    if found:
        obj.__dict__.update(found)
    if unknown := slots.keys() - _slotnames(type(obj)):
        raise ValueError(f"the class has no slots {sorted(map(str, unknown))}")
    for name, value in slots.items():
        setattr(obj, name, value)


def _own(cls: type, target: type, method: str) -> bool:
    """Whether a class below `target` defines a method, or `target` does so in Python."""
    own = next((base for base in cls.__mro__ if method in vars(base)), object)
    below = own is not target and issubclass(own, target)
    return below or (own is target and type(vars(own)[method]) is FUNCTION)
