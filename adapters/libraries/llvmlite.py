"""llvmlite: modules of LLVM and what is in them.

| type | what travels | what does not |
|---|---|---|
| `ModuleRef` | the bitcode, and the name | the context: the module arrives in the global one; metadata that was attached by Python |
| `ValueRef` | functions, global variables, blocks, instructions and arguments: their module, and their place in it | operands and constants, which have no place, are refused |
| `Target` | the triple: LLVM is asked for it again | |

Values of one module arrive in one module. `llvmlite.ir` pickles by itself.

Left out: `TypeRef`: it does not know its module. `TargetMachine`: its options cannot be read back.
`TargetData`: LLVM ends the process that gives it a wrong layout: send `str(data)`.
`ExecutionEngine`, `LLJIT`, `ObjectFileRef`: what they hold is memory of this process.
"""

from __future__ import annotations

from ctypes import c_void_p, cast
from typing import Any

import llvmlite.binding as llvm
from llvmlite.binding.value import ValueRef

from adapters import register
from adapters.libraries._states import parts

_LISTS = ("functions", "global_variables")


def _module(module: Any) -> Any:
    return module.as_bitcode(), module.name


def _make_module(state: Any) -> Any:
    data, name = parts(state, (bytes, memoryview), str)
    if bytes(data[:2]) != b"BC":
        raise ValueError("the state holds no bitcode of LLVM")
    made = llvm.parse_bitcode(bytes(data))
    made.name = name
    return made


def _children(parent: Any) -> list[Any]:
    if isinstance(parent, llvm.ModuleRef):
        return [each for name in _LISTS for each in getattr(parent, name)]
    if parent.is_function:
        return [*parent.arguments, *parent.blocks]
    return list(parent.instructions) if parent.is_block else []


def _parent(value: Any) -> Any:
    if value.is_function or value.is_global:
        return value.module
    if value.is_block or value.is_argument:
        return value.function
    if value.is_instruction:
        return value.block
    raise ValueError("only what has a place in a module travels: send the instruction that uses it")


def _address(value: Any) -> int | None:
    return cast(value._ptr, c_void_p).value


def _value(value: Any) -> Any:
    parent = _parent(value)
    address = _address(value)
    for place, each in enumerate(_children(parent)):
        if _address(each) == address:
            return parent, place
    raise ValueError("the value is no longer in its module")


def _make_value(state: Any) -> Any:
    parent, place = parts(state, (llvm.ModuleRef, ValueRef), int)
    found = _children(parent)
    if not 0 <= place < len(found):
        raise ValueError(f"there is no value {place} among {len(found)}")
    return found[place]


def _target(target: Any) -> Any:
    return target.triple


def _make_target(state: Any) -> Any:
    (triple,) = parts((state,), str)
    llvm.initialize_native_target()
    return llvm.Target.from_triple(triple)


register(llvm.ModuleRef, _module, _make_module)
register(ValueRef, _value, _make_value)
register(llvm.Target, _target, _make_target)
