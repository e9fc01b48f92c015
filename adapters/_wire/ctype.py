"""C types of cffi: they tell what a cffi object is; its Python type does not.

All cffi objects share five Python types, which differ in who owns the memory. So an adapter is
found by the C type. Nothing here imports cffi: where it was never imported there are no C types.
"""

from __future__ import annotations

import sys

from adapters._accelerated import accelerator
from adapters._naming import qualified_name, shown
from adapters._wire.copying import is_copying, own_reduction
from adapters.errors import SerializeError, suppress_failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def is_ctype(target: object) -> bool:
    """Whether `target` is a C type of cffi."""
    backend = sys.modules.get("_cffi_backend")
    return backend is not None and issubclass(type(target), backend.CType)


def python_types() -> list[type]:
    """The Python types of all cffi objects: borrowed, owning, ffi.gc, from_buffer, handles."""
    backend: Any = sys.modules.get("_cffi_backend")
    return [] if backend is None else with_subclasses(backend._CDataBase)


def with_subclasses(cls: type) -> list[type]:
    """A class and all classes below it."""
    found, known = [cls], {cls}
    for base in found:
        subclasses: list[type] = type.__subclasses__(base)
        new = [sub for sub in subclasses if sub not in known]
        found += new
        known.update(new)
    return found


def ctype_of(obj: object) -> Any:
    """The C type of a cffi object, None for any other object."""
    backend: Any = sys.modules.get("_cffi_backend")
    if backend is None or not issubclass(type(obj), backend._CDataBase):
        return None
    return backend.typeof(obj)


def reducers(
    reduce: Callable[[Any], Any], adapters: Mapping[Any, Any]
) -> dict[type, Callable[[Any], Any]]:
    """The reducer of each Python type of cffi.

    Args:
        reduce: That of native objects.
        adapters: The adapters by their types and C types.
    """
    types = python_types()
    if accelerator is not None and types:
        typeof = sys.modules["_cffi_backend"].typeof
        reduce = accelerator.CTypeReducer(typeof, adapters, reduce).reduce
    return dict.fromkeys(types, reduce) | dict.fromkeys(ffi_types(), reduce_ffi)


def ffi_types() -> list[type]:
    """The types of `ffi`, of `lib` and of C types, to which functions sent by value refer."""
    backend: Any = sys.modules.get("_cffi_backend")
    cffi: Any = sys.modules.get("cffi")
    types = [] if backend is None else [backend.FFI, backend.Lib, backend.CType]
    return types if cffi is None else [*types, cffi.FFI]


def reduce_ffi(obj: Any) -> Any:
    """The reduction of an `ffi`, a `lib` or a C type: the attribute of a module that holds it.

    The copy module gets what it would get without adapters.

    Raises:
        SerializeError: no module that another process can import holds it.
    """
    if is_copying():
        return own_reduction(obj)
    import pkgutil

    from adapters._importable.reference import attributes, held

    reference = held(obj)
    if reference is not None:
        return pkgutil.resolve_name, (reference,)
    for value in attributes() if hasattr(obj, "cname") else ():
        if type(value) in ffi_types() and hasattr(value, "typeof"):
            with suppress_failures():  # another library's ffi, which does not know the name
                if value.typeof(obj.cname) is obj:
                    return value.typeof, (obj.cname,)
    raise SerializeError(
        f"cannot pickle {shown(obj)}: no module that another process can import holds it or its"
        " ffi; move it to the top level of one",
        qualified_name(type(obj)),
    )


def is_address(ctype: Any) -> bool:
    """Whether an object of a C type is an address, and nothing else."""
    return ctype.kind in ("pointer", "array", "function")


def fields_of(ctype: Any) -> list[tuple[str, Any]] | None:
    """The fields of a struct or union, None where cffi does not know them."""
    backend: Any = sys.modules["_cffi_backend"]
    try:
        backend.sizeof(ctype)  # to ask cffi 2 for fields that it does not know aborts the process
    except Exception:
        return None
    fields: list[tuple[str, Any]] | None = ctype.fields
    return fields


def ctype_expression(ctype: Any, path: str) -> str:
    """Python for the C type of the object at `path`; cffi finds no type that has no name."""
    return f"ffi.typeof({path if '$' in ctype.cname else repr(ctype.cname)})"


def advice_for(ctype: Any, path: str = "obj") -> str:
    """What to write to make objects of a C type travel, such as that at `path`."""
    expression = ctype_expression(ctype, path)
    register = f"adapters.register({expression}, serialize, factory)"
    if ctype.kind in ("primitive", "enum"):
        return f"send the number that it holds, such as int(obj), or call {register}"
    item = ctype.item if ctype.kind == "pointer" else ctype
    if item.kind == "struct" and fields_of(item) is not None:
        return f"call adapters.register_struct({expression}) or {register}"
    return f"call {register}"
