"""Extension types: the classes that have a C part, which no copy by value would have."""

from __future__ import annotations

from types import BuiltinFunctionType, GetSetDescriptorType, MemberDescriptorType
from types import WrapperDescriptorType as SlotWrapperType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_IMMUTABLE, _HEAP, _BASE = 1 << 8, 1 << 9, 1 << 10  # Py_TPFLAGS_IMMUTABLETYPE and so on
_METHOD_DESCRIPTOR = type(str.join)
_dict_of = type.__dict__["__dict__"].__get__  # not what a metaclass says


def own_dict(cls: Any) -> Any:
    """The attributes that a class itself has; none for a static type that is not ready."""
    return _dict_of(cls) or {}


def is_extension_type(cls: Any) -> bool:
    """Whether a class was made by C code, and not by a class statement or a call of its metaclass.

    What Python makes can be changed and derived from, and its instances have a `__dict__` unless it
    states `__slots__`. C code may leave that out, and adds descriptors of functions and of fields
    in C. Right for static types and types from a spec, and for those of Cython, PyO3, pybind11 and
    nanobind.
    """
    flags = cls.__flags__
    if flags & _IMMUTABLE or not (flags & _HEAP and flags & _BASE):
        return True
    own: Any = own_dict(cls)
    has_slots = "__slots__" in own
    if not has_slots and "__dict__" not in own and not cls.__base__.__dictoffset__:
        return True
    new = own.get("__new__")
    if type(new) is BuiltinFunctionType and new.__self__ is cls:
        return True
    return any(_is_of_c(name, value, cls, has_slots) for name, value in list(own.items()))


def _is_of_c(name: str, value: Any, cls: type, has_slots: bool) -> bool:
    kind = type(value)
    if kind.__name__ == "instancemethod":  # pybind11 has no other sign where it allows attributes
        return True
    if kind in (_METHOD_DESCRIPTOR, SlotWrapperType):
        return value.__objclass__ is cls
    if kind is GetSetDescriptorType:
        return value.__objclass__ is cls and name not in ("__dict__", "__weakref__")
    return kind is MemberDescriptorType and value.__objclass__ is cls and not has_slots
