"""What an object holds, read without calling methods of its class where that can be."""

from __future__ import annotations

import contextlib
import copyreg
from types import MemberDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any

from adapters._comparison.places import PROTOCOL
from adapters._naming import in_words, qualified_name
from adapters._wire.buffers import CONTAINERS, has_buffers
from adapters._wire.ctype import ctype_of
from adapters._wire.rebuild import registry
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters._wire.adapter import Adapter


def type_name(obj: object) -> str:
    """The module-qualified type of an object, or its C type, whatever its class does."""
    try:
        ctype = ctype_of(obj)
        return qualified_name(type(obj) if ctype is None else ctype)
    except FAILURES:
        return str(type.__getattribute__(type(obj), "__name__"))


def adapter_for(obj: object) -> Adapter | None:
    """The adapter that serves an object, None if there is none."""
    ctype = ctype_of(obj)
    return registry.serving(type(obj) if ctype is None else ctype)


def attributes(obj: object) -> dict[str, Any]:
    """What an instance holds in its `__dict__` and its slots; nothing for classes and modules."""
    found: dict[str, Any] = {}
    if not issubclass(type(obj), (type, ModuleType)):
        with contextlib.suppress(*FAILURES):  # it has none
            found.update(object.__getattribute__(obj, "__dict__"))
        for base in type.__getattribute__(type(obj), "__mro__"):
            for name, slot in list(vars(base).items()) if "__slots__" in vars(base) else ():
                try:
                    if isinstance(slot, MemberDescriptorType):
                        found[name] = slot.__get__(obj)
                except AttributeError:  # it is not set
                    continue
    return found


def is_buffer(value: object) -> bool:
    """Whether a part of a state arrives as bytes or as a memoryview."""
    return type(value) is bytes or (type(value) not in CONTAINERS and has_buffers(value))


def array_of(obj: Any) -> tuple[str, bytes | None, Callable[[], Any]] | None:
    """What the array that an object is (by `dtype`, `shape` and `tolist`, or its buffer) holds.

    Returns:
        Dtype (or format) and shape; the bytes in C order, None if it does not give them; a function
        that returns the elements, as lists in lists. None if it is no array.
    """
    kind = type(obj)
    if all(hasattr(kind, name) for name in ("dtype", "shape", "tolist")):
        layout = f"dtype {obj.dtype} and shape {tuple(obj.shape)}"
        return layout, obj.tobytes() if hasattr(kind, "tobytes") else None, obj.tolist
    try:
        view = memoryview(obj)
    except TypeError:
        return None
    data = view.tobytes()
    items = view if len(view.format) == 1 else memoryview(data)  # others have no tolist()
    return f"format {view.format!r} and shape {view.shape}", data, items.tolist


def reduce(obj: Any) -> Any:
    """What pickle's reducer for an object returns."""
    reducer: Any = copyreg.dispatch_table.get(type(obj))
    return obj.__reduce_ex__(PROTOCOL) if reducer is None else reducer(obj)


def shown(value: object, most: int = 80) -> str:
    """The repr of an object in at most `most` characters, whatever it raises."""
    try:
        text = repr(value)
    except FAILURES as error:
        text = f"an object whose repr() raises {in_words(error)}"
    return text if len(text) <= most else f"{text[: most - 3]}..."
