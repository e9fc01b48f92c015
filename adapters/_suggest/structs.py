"""C structs of cffi: `register_struct` keeps their fields, if it knows how long arrays are."""

from __future__ import annotations

import sys
from itertools import islice, product
from typing import Any

from adapters._struct.fields import NUL, kind_of
from adapters._suggest.draft import Draft
from adapters._suggest.words import words
from adapters._wire.ctype import ctype_of, ffi_types, fields_of
from adapters.errors import suppress_failures

_MOST = 12  # combinations of lengths
_COUNTS = frozenset(["n", "num", "count", "len", "length", "size", "capacity", "used"])


def struct_drafts(obj: Any) -> list[Draft]:
    """Drafts for C data: the fields of its struct, with lengths that may be right."""
    ctype = ctype_of(obj)
    struct = ctype.item if ctype.kind == "pointer" else ctype
    fields = fields_of(struct) if struct.kind == "struct" else None
    place = _place_of(ctype)
    if not fields or place is None:
        return []
    numbers = [name for name, field in fields if kind_of(field.type) in "iu"]
    pointers = [
        (name, _lengths(name, field.type, numbers)) for name, field in fields if _is_open(field)
    ]
    drafts = []
    for lengths in islice(product(*(each for _, each in pointers)), _MOST):
        chosen = {name: length for (name, _), length in zip(pointers, lengths, strict=True)}
        drafts.append(_draft(place, ctype.cname, chosen))
    return drafts


def _draft(place: tuple[str, str], cname: str, lengths: dict[str, str | int]) -> Draft:
    module, ffi = place
    target = f'{ffi}.typeof("{cname}")'
    call = f"adapters.register_struct({target})"
    if lengths:
        rows = ", ".join(f'"{name}": {_literal(length)}' for name, length in lengths.items())
        call = f"adapters.register_struct(\n    {target},\n    lengths={{{rows}}},\n)"
    imports = "".join(f"import {name}\n" for name in ("adapters", module) if name)
    doubts = tuple(
        f"nothing but the C code tells that field {name} {_in_words(length)}"
        for name, length in lengths.items()
    )
    return Draft("fields of a C struct", doubts=doubts, whole=f"{imports}\n{call}\n")


def _literal(length: str | int) -> str:
    return '"\\0"' if length == NUL else f'"{length}"' if isinstance(length, str) else str(length)


def _in_words(length: str | int) -> str:
    if length == NUL:
        return "ends with NUL"
    return f"has {length} item" if length == 1 else f"has as many items as {length} says"


def _is_open(field: Any) -> bool:
    """Whether a field needs a length."""
    kind = field.type.kind
    return kind in ("pointer", "function") or (kind == "array" and field.type.length is None)


def _lengths(name: str, ctype: Any, numbers: list[str]) -> list[str | int]:
    """What may be the length of an array, the likely first."""

    def likeness(number: str) -> tuple[bool, bool]:
        found = {word.rstrip("s") for word in words(number)}
        same = found & {word.rstrip("s") for word in words(name)}
        return not same, found.isdisjoint(_COUNTS)

    options: list[str | int] = [*sorted(numbers, key=likeness)]
    if ctype.kind == "pointer" and kind_of(ctype.item) in "SU":
        options.insert(0, NUL)
    elif ctype.kind == "pointer":
        options.append(1)
    return options or [1]


def _place_of(ctype: Any) -> tuple[str, str] | None:
    """The module that has the ffi of a C type, and how that is written."""
    found = []
    for name, module in list(sys.modules.items()):
        for attribute, value in list(getattr(module, "__dict__", {}).items()):
            if type(value) in ffi_types() and hasattr(value, "typeof"):
                with suppress_failures():  # another library's, which does not know the name
                    if value.typeof(ctype.cname) is ctype:
                        found.append((name.count("."), len(name), name, attribute))
    if not found:
        return None
    name, attribute = min(found)[2:]
    return ("", attribute) if name == "__main__" else (name, f"{name}.{attribute}")
