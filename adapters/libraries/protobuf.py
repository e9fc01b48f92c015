"""google.protobuf: descriptors, the pool, and messages of classes made at run time.

| type | what travels | what does not |
|---|---|---|
| `Descriptor`, `FieldDescriptor`, `EnumDescriptor`, `EnumValueDescriptor`, `OneofDescriptor`, `FileDescriptor`, `ServiceDescriptor`, `MethodDescriptor` | the files that define it, and its full name | |
| `DescriptorPool` | the default one, by name | one of one's own does not list its files: refused |

Messages travel, too, with all fields: by their class where that can be imported, else with the files
that define it. Plain pickle, which asks for the very class alone, is not told of the latter.

What arrives is from the default pool where that has the same files, else from a pool of the process
that has, so that what comes back has its old class, else from a new one, which all have in common.

Left out: `RepeatedScalarContainer`, `RepeatedCompositeContainer`, maps: they do not tell their
message: send that, or a list.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib.util import find_spec
from typing import Any

from adapters import register
from adapters.libraries._states import parts

if find_spec("google.protobuf"):  # other packages are in this namespace, too
    from google.protobuf import descriptor, descriptor_pool, message, message_factory
    from google.protobuf.internal import api_implementation


_FINDERS = {
    "Descriptor": "FindMessageTypeByName",
    "EnumDescriptor": "FindEnumTypeByName",
    "OneofDescriptor": "FindOneofByName",
    "ServiceDescriptor": "FindServiceByName",
    "MethodDescriptor": "FindMethodByName",
    "FileDescriptor": "FindFileByName",
}


def _files(file: Any) -> tuple[bytes, ...]:
    """The content of a file and of those that it imports, these first."""
    found: dict[str, bytes] = {}

    def add(each: Any) -> None:
        if each.name not in found:
            for dependency in each.dependencies:
                add(dependency)
            found[each.name] = each.serialized_pb

    add(file)
    return tuple(found.values())


_pools: dict[tuple[bytes, ...], Any] = {}  # those that were sent from, or made, here
_MOST_POOLS = 256


def _keep(files: tuple[bytes, ...], pool: Any) -> Any:
    if len(_pools) >= _MOST_POOLS:
        _pools.clear()
    return _pools.setdefault(files, pool)


def _pool(files: tuple[bytes, ...]) -> Any:
    if files in _pools:
        return _pools[files]
    pool = descriptor_pool.DescriptorPool()
    for each in files:
        pool.AddSerializedFile(each)
    return _keep(files, pool)


def _find(pool: Any, kind: str, name: str) -> Any:
    if kind == "FieldDescriptor":
        try:
            return pool.FindFieldByName(name)
        except KeyError:
            return pool.FindExtensionByName(name)
    return getattr(pool, _FINDERS[kind])(name)


def _described(found: Any) -> Any:
    """The full name of a descriptor, and the files that define it."""
    file, name = found, found.name
    if not hasattr(found, "serialized_pb"):
        holder, name = found, found.full_name
        while not hasattr(holder, "file"):
            holder = getattr(holder, "containing_service", None) or holder.containing_type
        file = holder.file
    files = _files(file)
    if file.pool is not descriptor_pool.Default():
        _keep(files, file.pool)
    return name, files


def _describe(kind: str, state: Any) -> Any:
    name, files = parts(state, str, tuple)
    parts(files, *[bytes] * len(files))
    try:
        found = _find(descriptor_pool.Default(), kind, name)
        if _described(found)[1] == files:
            return found
    except KeyError:  # the module that adds it there has not been imported
        pass
    return _find(_pool(files), kind, name)


def _enum_value(value: Any) -> Any:
    return value.type, value.name


def _make_enum_value(state: Any) -> Any:
    enumeration, name = parts(state, _kind_of("EnumDescriptor"), str)
    return enumeration.values_by_name[name]


def _message(sent: Any) -> Any:
    kind = type(sent)
    data = sent.SerializePartialToString(deterministic=True)
    there: Any = sys.modules.get(kind.__module__ or "")
    for name in kind.__qualname__.split("."):
        there = getattr(there, name, None)
    return (kind if there is kind else _described(kind.DESCRIPTOR)), data


def _make_message(state: Any) -> Any:
    kind, data = parts(state, (type, tuple), bytes)
    if isinstance(kind, tuple):
        kind = message_factory.GetMessageClass(_describe("Descriptor", kind))
    if not issubclass(kind, message.Message):
        raise TypeError(f"{kind.__name__} is no class of messages")
    made = kind()
    made.MergeFromString(data)
    return made


def _default(pool: Any) -> None:
    if pool is not descriptor_pool.Default():
        raise ValueError("a pool does not list its files: add them to a new pool there")


def _make_default(state: Any) -> Any:
    parts((state,), type(None))
    return descriptor_pool.Default()


def _kind_of(name: str) -> Any:
    # The types in `descriptor` are those of objects only where protobuf has no C module.
    return getattr(api_implementation._c_module or descriptor, name)


if find_spec("google.protobuf"):
    register(message.Message, _message, _make_message, subclasses=True)
    for _name in (*_FINDERS, "FieldDescriptor"):
        register(_kind_of(_name), _described, partial(_describe, _name))
    register(_kind_of("EnumValueDescriptor"), _enum_value, _make_enum_value)
    register(type(descriptor_pool.Default()), _default, _make_default)
