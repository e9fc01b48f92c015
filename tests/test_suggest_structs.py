"""Drafts of C structs: their fields, and how long their arrays may be."""

from __future__ import annotations

import ast
from typing import Any

import cffi
import pytest
import structs

import adapters
from adapters._suggest.draft import Draft, code
from adapters._suggest.structs import struct_drafts

ffi = cffi.FFI()
ffi.cdef("""
struct table { int id; int n; int cells_count; int n_rows; double *rows, *cells, *rest; };
""")


def drafts(name: str) -> list[Draft]:
    return struct_drafts(structs.ffi.new(f"struct {name} *"))


def lengths(draft: Draft) -> dict[str, Any]:
    """The lengths in the code of a draft."""
    call: Any = ast.parse(draft.whole).body[-1]
    given = {each.arg: each.value for each in call.value.keywords}
    return dict(ast.literal_eval(given["lengths"])) if given else {}


def test_plain_fields_need_no_length() -> None:
    (draft,) = drafts("point")
    assert draft.doubts == ()
    assert ast.unparse(ast.parse(draft.whole)) == (
        "import adapters\nimport structs\n"
        "adapters.register_struct(structs.ffi.typeof('struct point *'))"
    )
    assert code(draft, "") == draft.whole


def test_a_struct_by_value() -> None:
    (draft,) = struct_drafts(structs.ffi.new("struct point *")[0])
    assert 'typeof("struct point")' in draft.whole


def test_a_number_in_the_struct_may_be_the_length() -> None:
    draft = drafts("tail")[0]
    assert lengths(draft) == {"items": "n"}
    assert "field items has as many items as n says" in draft.doubts[0]


def test_the_right_lengths_are_among_those_that_are_tried() -> None:
    found = [lengths(each) for each in drafts("pointers")]
    assert {**structs.STATES["pointers"][1], "all": "n"} in found
    assert found == [each for n, each in enumerate(found) if each not in found[:n]]


def test_the_number_with_the_name_of_an_array_comes_first() -> None:
    draft = struct_drafts(ffi.new("struct table *"))[0]
    assert lengths(draft) == {"rows": "n_rows", "cells": "cells_count", "rest": "n"}


def test_each_length_is_a_doubt() -> None:
    for draft in drafts("pointers"):
        assert len(draft.doubts) == len(lengths(draft))


@pytest.mark.parametrize("name", ["point", "tail", "numbers", "pointers"])
def test_the_code_registers(name: str) -> None:
    draft = drafts(name)[0]
    ctype = structs.ffi.typeof(f"struct {name} *")
    try:
        exec(compile(draft.whole, "wild_adapter", "exec"), {})
        assert any(each.target is ctype for each in adapters.registry)
    finally:
        adapters.unregister(ctype)


def test_what_is_no_struct() -> None:
    assert struct_drafts(structs.ffi.new("int *")) == []
    assert struct_drafts(structs.ffi.new("int[3]")) == []
