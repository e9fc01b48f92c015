"""Structs of each kind for the tests of `register_struct`, with a state of each."""

from __future__ import annotations

import struct
from typing import Any

import cffi

import adapters

ffi = cffi.FFI()
ffi.cdef("""
enum tone { LOW, HIGH };
struct point { int x; double y; };
struct scalars {
    signed char a; uint64_t b; float c; enum tone d; _Bool e; unsigned f:3; int g:5; char h;
    wchar_t i; int class; int a$b; int __debug__; int None;
};
struct inside { struct point at; struct { struct point deep; int n; } more; struct { int p, q; }; };
struct arrays { int n; double v[4]; short grid[2][3]; char label[8]; unsigned char raw[3]; };
struct points { struct point row[2]; struct point rows[2][1]; struct { char s[2]; } texts[2]; };
struct pointers { int n; double *data; char *name; char *chars; struct point *all; wchar_t *wide; };
struct lines { struct { int n; char *chars; } title, lines[2]; struct pointed *p; };
struct pointed { struct { int m; short *data; } *items; int count; };
struct numbers { short n; double items[]; };
struct tail { unsigned n; struct point items[]; };
struct mixed { int tag; union { int i; float f; }; union { int j; char k; } u; long double l; };
struct big { int n; double v[600]; struct point at; };
""")
F8, I2 = ("<f8", "<i2") if struct.pack("=h", 1) == b"\1\0" else (">f8", ">i2")
POINT = {"x": 1, "y": 2.5}
V4 = "<V4" if F8[0] == "<" else ">V4"
STATES: dict[str, tuple[dict[str, Any], dict[str, str | int]]] = {
    "point": (POINT, {}),
    "scalars": (
        dict(zip("abcdefghi", [-1, 2**63, 0.5, 1, True, 5, -3, b"\xff", "é"], strict=True))
        | {"class": 1, "a$b": 2, "__debug__": 3, "None": 4},
        {},
    ),
    "inside": ({"at": POINT, "more": {"deep": POINT, "n": 3}, "p": 4, "q": 5}, {}),
    "arrays": (
        {
            "n": 1,
            "v": (F8, struct.pack("4d", 1, 2, 3, 4)),
            "grid": (I2, struct.pack("6h", *range(6))),
            "label": ("|S1", b"box\0\0\0\0\0"),
            "raw": ("|u1", b"\1\2\3"),
        },
        {},
    ),
    "points": (
        {"row": [POINT, POINT], "rows": [POINT, POINT], "texts": [{"s": ("|S1", b"ab")}] * 2},
        {},
    ),
    "pointers": (
        {
            "n": 2,
            "data": (F8, struct.pack("2d", 1, 2)),
            "name": b"name",
            "chars": ("|S1", b"a\0"),
            "all": [POINT, POINT],
            "wide": "größer",
        },
        {"data": "n", "name": "\0", "chars": "n", "all": 2, "wide": "\0"},
    ),
    "lines": (
        {
            "title": {"n": 1, "chars": ("|S1", b"a")},
            "lines": [{"n": 0, "chars": None}, {"n": 2, "chars": ("|S1", b"ab")}],
            "p": [{"items": [{"m": 1, "data": (I2, b"ab")}], "count": 1}],
        },
        {
            "title.chars": "n",
            "lines.chars": "n",
            "p": 1,
            "p.items": "count",
            "p.items.data": "m",
        },
    ),
    "numbers": ({"n": 2, "items": (F8, struct.pack("2d", 1, 2))}, {"items": "n"}),
    "tail": ({"n": 2, "items": [POINT, POINT]}, {"items": "n"}),
    "mixed": (
        {"tag": 1, "i|f": (V4, b"abcd"), "u": (V4, b"efgh"), "l": None},
        {},
    ),
    "big": ({"n": 1, "v": (F8, bytes(4800)), "at": POINT}, {}),
}


def layout_of(name: str, *, by_value: bool = False) -> Any:
    """The layout of a struct and a state of it."""
    state, lengths = STATES[name]
    layout = adapters.StructLayout(ffi.typeof(f"struct {name}{'' if by_value else ' *'}"), lengths)
    if name == "mixed":
        state = state | {"l": layout.serialize(ffi.new("struct mixed *"))["l"]}
    return layout, state
