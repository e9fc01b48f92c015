"""What makes data of an object: methods and functions, with what they need."""

from __future__ import annotations

import enum
from typing import Any

import suggested_types as types

from adapters._suggest.names import written
from adapters._suggest.savers import DATA, FILE, STREAM, Saver, savers_of


class Format(enum.Enum):
    TEXT = "text"
    BINARY = "binary"


class Saving:
    """Has methods of all kinds that say that they save."""

    called: list[str]

    def __init__(self) -> None:
        self.called = []

    def to_bytes(self) -> bytes:
        return b"a state"

    def to_nothing(self) -> None:
        """Returns None."""

    def to_number(self) -> int:
        return 3

    def to_empty(self) -> bytes:
        return b""

    def to_error(self) -> bytes:
        raise ValueError("no")

    def to_function(self) -> Any:
        return lambda: 1

    def export_state(self, format: Format) -> bytes:  # noqa: A002  as libraries call it
        return format.value.encode()

    def save(self, path: str) -> None:
        with open(path, "w", encoding="utf-8") as file:
            file.write("a state")

    def write(self, file: Any) -> None:
        file.write(b"a state")

    def delete_state(self) -> bytes:
        self.called.append("delete_state")
        return b"a state"

    def compute(self) -> bytes:
        self.called.append("compute")
        return b"a state"

    def _to_private(self) -> bytes:
        self.called.append("_to_private")
        return b"a state"


def serialize_saving(saving: Saving) -> bytes:
    """Of the module, for a parameter of its type."""
    return b"serialized"


SERIALIZE = written(__name__, "serialize_saving")


def savers(obj: Any, *skip: str) -> dict[str, Saver]:
    return {each.name: each for each in savers_of(obj, skip)}


def test_which_make_data() -> None:
    saving = Saving()
    found = savers(saving)
    assert {
        name: each.way for name, each in found.items() if not name.startswith("export_state")
    } == {"to_bytes": DATA, "save": FILE, "write": STREAM, "serialize_saving": DATA}
    assert saving.called == []


def test_how_they_are_written() -> None:
    found = savers(Saving())
    assert found["to_bytes"].expression == "obj.to_bytes()"
    assert found["save"].expression == "saved(obj.save)"
    assert found["write"].expression == "written(obj.write)"
    function = found["serialize_saving"]
    assert function.expression == f"{SERIALIZE}(obj)"
    assert not function.is_method
    assert found["to_bytes"].is_method


def test_members_of_an_enumeration_choose_a_format() -> None:
    found = {each.expression for each in savers_of(Saving(), ()) if "export" in each.name}
    assert found == {
        f"obj.export_state({written(__name__, each)})" for each in ("Format.TEXT", "Format.BINARY")
    }


def test_what_ends_a_process_is_skipped() -> None:
    assert "to_bytes" not in savers(Saving(), f"{__name__}.Saving.to_bytes")
    assert "serialize_saving" not in savers(Saving(), SERIALIZE)


def test_of_the_stand_ins() -> None:
    assert savers(types.Route().go(1, 2))["to_bytes"].kind == "bytes"
    assert savers(types.Index().add("to"))["save"].way == FILE
    assert savers(types.Timer(1.0)) == {}
