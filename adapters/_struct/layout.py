"""The layout of a C struct: which fields can travel, which are refused, and the adapter of them.

The state is a dict from field name to value, so that upgrades can read it: numbers as Python's
numbers, structs as dicts, arrays of structs as lists of dicts, C strings as bytes, and all other
memory (arrays of numbers, unions) as a pair (type string, bytes). The type string is that of
numpy's array interface, such as '<i4' (byte order, kind, bytes per item): the receiver compares it
with that of its own field.
"""

from __future__ import annotations

from functools import cached_property
from types import MethodType

from adapters._accelerated import accelerator
from adapters._naming import qualified_name, shown
from adapters._struct.factory import make_factory
from adapters._struct.fields import (
    NUL,
    EmbeddedField,
    Field,
    FlexibleArray,
    Items,
    PointerField,
    bits_of,
    ffi,
    kind_of,
    numbers_in,
    overlapping,
    pointer_to,
    write_struct,
)
from adapters._struct.serializer import make_serializer
from adapters._wire.ctype import fields_of, is_ctype
from adapters._wire.rebuild import registry
from adapters.errors import RegistrationError, failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from adapters._struct.fields import CType, Field
    from adapters._wire import signatures
    from adapters._wire.adapter import Adapter


def register_struct(
    ctype: signatures.CType,
    *,
    lengths: Mapping[str, str | int] | None = None,
    name: str | None = None,
    version: int = 1,
    upgrades: Mapping[int, Callable[[Any], Any]] | None = None,
    replace: bool = False,
) -> Adapter[Any]:
    r"""Make a C struct travel by its own fields.

    Kept: the values of all fields, and what declared pointers point at; not the padding. The
    rebuilt object owns its parts: they live as long as it does, and C code must not free them. NULL
    stays NULL; two pointers to one place become two places.

    Args:
        ctype: The struct as `ffi.typeof("thing_t")` returns it, or the pointer `"thing_t *"`.
        lengths: For each pointer field, and for a last field such as `data[]`, how many items there
            are: the name of the field of the same struct that holds the number, the number (1 for a
            pointer to one struct), or "\0" for a string that ends with NUL. A field of a struct
            inside has a dotted name: {"inner.data": "n"}.
        name: As in `register`.
        version: As in `register`; raise it when the fields change.
        upgrades: As in `register`; the states are dicts of the fields.
        replace: As in `register`.

    Returns:
        The adapter.

    Raises:
        RegistrationError: a field cannot leave the process: a pointer that `lengths` does not
            declare, `void *`, a function pointer, a handle. The message names it.
        ConflictError: as `register`.
    """
    if not isinstance(lengths, (dict, type(None))):
        subject = qualified_name(ctype)
        raise RegistrationError(
            f"lengths of {subject} must be a dict, not {shown(lengths)}", subject
        )
    layout = StructLayout(ctype, {} if lengths is None else dict(lengths))
    options: Any = {"name": name, "version": version, "upgrades": upgrades, "replace": replace}
    return registry.register(ctype, layout.serialize, layout.factory, **options)


def refusal(ctype: Any) -> str | None:
    """Why `register_struct` without `lengths` refuses a C type, None if it does not."""
    try:
        StructLayout(ctype, {})
    except failures() as error:
        return str(error).partition("from its fields: ")[2] or str(error)
    return None


class StructLayout:
    """The serializer and the factory of one C struct; payloads name this class.

    Args:
        ctype: As for `register_struct`.
        lengths: As for `register_struct`.
    """

    def __init__(self, ctype: CType, lengths: dict[str, str | int]) -> None:
        if not is_ctype(ctype):
            kind = qualified_name(type(ctype))
            problem = f"cannot derive an adapter for {shown(ctype)}, which is a {kind}"
            raise RegistrationError(f"{problem}: pass a C type, as ffi.typeof() returns it", kind)
        self.ctype = ctype
        self.lengths = lengths
        self._is_pointer = ctype.kind == "pointer"
        self._struct = ctype.item if self._is_pointer else ctype
        if self._struct.kind != "struct" or fields_of(self._struct) is None:
            raise self._refuse("it is not a struct whose fields cffi knows")
        self._undeclared = set(lengths)
        self._parts = list(self._parts_of(self._struct, ""))
        if self._undeclared:
            paths = ", ".join(map(repr, sorted(self._undeclared)))
            raise self._refuse(f"lengths names {paths}, where there is no pointer field")

    def __repr__(self) -> str:
        return f"the fields of {self.ctype.cname!r} with lengths {self.lengths}"

    def __reduce__(self) -> Any:
        return StructLayout, (self.ctype, self.lengths)

    @property
    def serialize(self) -> Callable[[Any], Any]:
        """A method: the fields of a struct or of what a pointer points at, None for NULL."""
        return self._serialize

    @property
    def factory(self) -> Callable[[Any], Any]:
        """A method: a new struct, or a pointer to one, which owns all its parts."""
        return self._factory

    @cached_property
    def _serialize(self) -> Callable[[Any], Any]:
        function = make_serializer(self._parts, self._is_pointer)
        return self._method("serialize", function, self._compiled and self._compiled.serialize)

    @cached_property
    def _factory(self) -> Callable[[Any], Any]:
        general = StructLayout._make
        function = make_factory(self._parts, self._struct, self._is_pointer, general)
        return self._method("factory", function, self._compiled and self._compiled.make)

    @cached_property
    def _compiled(self) -> Any:
        """Both in C, for a struct of numbers and of structs of numbers; None for any other."""
        fields = numbers_in(self._parts)
        if accelerator is None or fields is None:
            return None
        pointer = pointer_to(self._struct)
        return accelerator.Struct(fields, ffi.new, pointer, self._is_pointer, self._make)

    def _method(self, name: str, function: Any, in_c: Any) -> Callable[[Any], Any]:
        if in_c is not None:
            function._in_c = function, in_c  # which adapters call in its place
        function.__name__ = name  # to pickle, which asks this object for it
        function.__qualname__ = f"StructLayout.{name}"
        function.__module__ = __package__  # in fingerprints, which do not depend on the file
        return MethodType(function, self)

    def _make(self, state: Any) -> Any:
        """What `factory` makes of any state; raises as `write_struct`."""
        pointer_type = pointer_to(self._struct)
        if state is None and self._is_pointer:
            return ffi.cast(pointer_type, 0)
        owned: list[Any] = []
        # cffi keeps the second function, and with it the parts, for as long as the struct's memory,
        # which the pointer, p[0] and all other views of it share.
        new = ffi.new_allocator(lambda size: ffi.new("char[]", size), lambda memory: owned.clear())
        last = self._parts[-1] if self._parts else None
        room = isinstance(last, FlexibleArray) and isinstance(state, dict) and last.name in state
        pointer = new(pointer_type, {last.name: last.count_of(state)} if room else None)  # type: ignore[union-attr]
        write_struct(self._parts, pointer, state, owned)
        return pointer if self._is_pointer else pointer[0]

    def _refuse(self, problem: str) -> RegistrationError:
        subject = qualified_name(self.ctype)
        problem = f"cannot derive an adapter for {subject} from its fields: {problem}"
        return RegistrationError(problem, subject)

    def _parts_of(self, struct: CType, prefix: str) -> Iterator[Field]:
        self._refuse_holes(struct, prefix)
        groups = overlapping(struct.fields)
        alone = [(name, field) for (name, field), *others in groups if not others]
        numbers = {name for name, field in alone if kind_of(field.type) in "iu"}
        for group in groups:
            (name, field), *others = group
            if not others:
                yield self._part_of(name, prefix + name, field.type, field.offset, numbers)
                continue
            for name, field in group:
                self._refuse_pointers_in(field.type, prefix + name)
            start = min(field.offset for _, field in group)
            size = max(field.offset + ffi.sizeof(field.type) for _, field in group) - start
            items = Items(ffi.typeof(f"char[{size}]"), None, size)
            name = "|".join(name for name, _ in group)
            yield EmbeddedField(name, prefix + name, start, items, [])

    def _part_of(self, name: str, path: str, ctype: CType, offset: int, numbers: set[str]) -> Field:
        if ctype.kind in ("primitive", "enum") and "long double" not in ctype.cname:
            return Field(name, path)
        last = ctype.kind == "array" and ctype.length is None
        if last or ctype.kind in ("pointer", "function"):
            length = self._length(path, ctype, numbers)
            part = FlexibleArray if last else PointerField
            return part(name, path, self._items(ctype.item, path), length)
        if ctype.kind == "array" and ctype.length == 0:
            raise self._refuse(
                f"field {path!r} is a '{ctype.cname}', whose length is unknown; declare it"
                " as '[]' and in lengths, or write a serializer and a factory"
            )
        shape = []
        while ctype.kind == "array":  # of arrays: all their items lie side by side
            shape.append(ctype.length)
            ctype = ctype.item
        return EmbeddedField(name, path, offset, self._items(ctype, path), shape)

    def _items(self, ctype: CType, path: str) -> Items:
        if ctype.kind == "struct" and fields_of(ctype) is not None:
            parts = list(self._parts_of(ctype, f"{path}."))
        else:
            self._refuse_pointers_in(ctype, path)
            parts = None
        return Items(ctype, parts, ffi.sizeof(ctype))

    def _length(self, path: str, ctype: CType, numbers: set[str]) -> str | int:
        """The length of a pointer or a last array; `numbers`: its struct's integer fields."""
        self._undeclared.discard(path)
        length = self.lengths.get(path)
        if ctype.kind == "array" and "." in path:
            raise self._refuse(
                f"field {path!r} is a '{ctype.cname}' of a struct inside, for which C has no room;"
                " write a serializer and a factory"
            )
        if ctype.kind == "function" or ctype.item.kind in ("void", "function", "pointer"):
            raise self._refuse(
                f"field {path!r} is a '{ctype.cname}', which only its author can interpret; write a"
                " serializer and a factory: adapters.register(ctype, serialize, factory)"
            )
        if length is None:
            misspelt = f"; lengths has {sorted(self._undeclared)}" if self._undeclared else ""
            raise self._refuse(
                f"field {path!r} is a '{ctype.cname}' and nothing tells how much it points at; say"
                f" so in lengths={{{path!r}: ...}}: the field that holds the number of items, a"
                ' number, or "\\0" for a C string' + misspelt
            )
        text = ctype.kind == "pointer" and kind_of(ctype.item) in "SU"
        known = type(length) is str and (length in numbers or (length == NUL and text))
        if known or (type(length) is int and length > 0):
            return length
        raise self._refuse(
            f"lengths says {shown(length)} of field {path!r}, a '{ctype.cname}': it may name one of"
            f" {sorted(numbers)}, be 1 or more, or be {NUL!r} for a pointer to characters"
        )

    def _refuse_holes(self, struct: CType, prefix: str) -> None:
        """Refuse a struct of which cffi knows only some fields (`...;`), as far as that shows.

        The compiler leaves less than the struct's alignment between fields and at the end. A hole
        of that size or more holds undeclared fields; a smaller one may be padding.
        """
        size, alignment = 8 * ffi.sizeof(struct), 8 * ffi.alignof(struct)
        end = 0
        for start, stop, name, _ in [*bits_of(struct.fields), (size, size, "", None)]:
            if start - end >= alignment:
                where = f"before {prefix + name!r}" if name else "at the end"
                raise self._refuse(
                    f"'{struct.cname}' has {(start - end) // 8} bytes {where} of which cffi was"
                    " told nothing; declare all fields, or write a serializer and a factory"
                )
            end = max(end, stop)

    def _refuse_pointers_in(self, ctype: CType, path: str) -> None:
        """Refuse addresses, and memory of unknown size, in what is copied byte by byte."""
        fields = fields_of(ctype) if ctype.kind in ("struct", "union") else []
        if ctype.kind in ("pointer", "function", "void") or fields is None:
            raise self._refuse(
                f"field {path!r} holds a '{ctype.cname}', and an address means nothing in another"
                " process; write a serializer and a factory"
            )
        if ctype.kind == "array":
            self._refuse_pointers_in(ctype.item, path)
        for name, field in fields:
            self._refuse_pointers_in(field.type, f"{path}.{name}")


for _public in (register_struct, StructLayout):
    _public.__module__ = "adapters"
