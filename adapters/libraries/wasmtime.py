"""wasmtime: compiled modules, and the types of what they import and export.

| type | what travels | what does not |
|---|---|---|
| `Module` | the compiled code | its `Engine`: it arrives in `adapters.libraries.wasmtime.engine()` |
| `ValType`, `FuncType`, `GlobalType`, `TableType`, `MemoryType` | all of it | nothing |

The engine of a process has the default configuration, and runs modules of others of that kind only:
one that was compiled with another configuration (fuel, epochs), for another processor, or by another
version is refused. Make the stores of modules that arrive with `Store(engine())`.

Left out: `Engine`, `Config`, `WasiConfig`, `Linker`: what they were given cannot be read back;
`Store`, `Instance`, `Func`, `Memory`, `Table`, `Global`: a running program; `ImportType` and
`ExportType`, which cannot be created.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import wasmtime

from adapters import register
from adapters.libraries._states import parts

_KINDS = {
    str(make()): make
    for make in (
        *(wasmtime.ValType.i32, wasmtime.ValType.i64, wasmtime.ValType.f32, wasmtime.ValType.f64),
        *(wasmtime.ValType.externref, wasmtime.ValType.funcref),
    )
}


@lru_cache(maxsize=1)
def engine() -> Any:
    """The engine of the modules that arrive in this process."""
    return wasmtime.Engine()


def _module(state: Any) -> Any:
    (code,) = parts((state,), (bytes, memoryview))
    code = bytes(code)
    if code[:4] != b"\x7fELF":
        raise ValueError("the state is no compiled module")
    return wasmtime.Module.deserialize(engine(), code)


def _module_state(module: Any) -> bytes:
    code = bytes(module.serialize())
    _module(code)  # refused here, not there, if its engine has another configuration
    return code


def _value(state: Any) -> Any:
    if type(state) is not str or state not in _KINDS:
        raise ValueError(f"{state!r} is no type of values, but {', '.join(_KINDS)} are")
    return _KINDS[state]()


def _values(state: Any) -> list[Any]:
    if type(state) is not list:
        raise TypeError("the types of values have to be a list")
    return [_value(each) for each in state]


def _value_state(kind: Any) -> str:
    _value(str(kind))
    return str(kind)


def _limits(limits: Any) -> tuple[int, int | None]:
    return limits.min, limits.max


def _limited(state: Any, largest: int) -> Any:
    least, most = parts(state, int, (int, type(None)))
    if not 0 <= least <= (largest if most is None else most) <= largest:
        raise ValueError(f"{least} and {most} are no limits")
    return wasmtime.Limits(least, most)


def _function(state: Any) -> Any:
    params, results = parts(state, list, list)
    return wasmtime.FuncType(_values(params), _values(results))


def _global(state: Any) -> Any:
    content, mutable = parts(state, str, bool)
    return wasmtime.GlobalType(_value(content), mutable)


def _table(state: Any) -> Any:
    element, limits = parts(state, str, tuple)
    return wasmtime.TableType(_value(element), _limited(limits, 2**32 - 1))


def _memory_state(memory: Any) -> tuple[Any, dict[str, Any]]:
    values: dict[str, Any] = {"is_64": memory.is_64, "shared": memory.is_shared}
    values["page_size_log2"] = memory.page_size_log2
    return _limits(memory.limits), values


def _memory(state: Any) -> Any:
    limits, values = parts(state, tuple, dict)
    return wasmtime.MemoryType(_limited(limits, 2**32 - 1), **values)


def _types(kinds: list[Any]) -> list[str]:
    return [_value_state(each) for each in kinds]


register(wasmtime.Module, _module_state, _module)
register(wasmtime.ValType, _value_state, _value)
register(wasmtime.FuncType, lambda f: (_types(f.params), _types(f.results)), _function)
register(wasmtime.GlobalType, lambda g: (_value_state(g.content), g.mutable), _global)
register(wasmtime.TableType, lambda t: (_value_state(t.element), _limits(t.limits)), _table)
if hasattr(wasmtime.MemoryType, "page_size_log2"):  # not in older versions
    register(wasmtime.MemoryType, _memory_state, _memory)
