"""What to do about a part that does not pickle."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from findings import (
    OTHER,
    Session,
    only,
)
from gadgets import Gadget, Refused

from adapters import explain


def test_it_names_the_adapter_and_what_to_do() -> None:
    late = type("Late", (Gadget,), {})
    found = only(explain([Refused(1)]))
    assert found.adapter == "gadgets.Refused"
    assert "ValueError: no such thing" in found.error
    assert "serializer" in found.advice
    found = only(explain(late(1)))
    assert found.adapter == "subclasses=True"
    assert "subclasses=True" in found.advice
    found = only(explain(OTHER.new("plain_t *")))
    assert found.type == "C type 'plain_t *'"
    assert found.adapter == "register_struct"
    assert found.advice == "call adapters.register_struct(ffi.typeof('plain_t *'))"
    found = only(explain(OTHER.new("series_t *")))
    assert found.adapter is None
    assert "lengths={'data': ...}" in found.advice
    with closing(sqlite3.connect(":memory:")) as connection:
        found = only(explain(connection))
    assert found.adapter is None
    found = only(explain([Session(x=1)]))
    assert "findings.Session" in found.advice
