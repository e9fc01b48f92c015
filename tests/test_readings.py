"""What can be read of an object, and by which code."""

from __future__ import annotations

import enum
import threading
from pathlib import Path
from typing import Any

import pytest

from adapters._comparison.reading import Reader
from adapters._suggest.readings import Reading, contents_of, readings_of


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Thing:
    """Holds whatever is given."""

    def __init__(self, **held: Any) -> None:
        self.__dict__.update(held)

    @property
    def derived(self) -> list[int]:
        return [1, 2]

    @property
    def failing(self) -> int:
        raise ValueError("no")

    def get_level(self) -> int:
        return 3


def readings(obj: Any, *skip: str) -> dict[str, Reading]:
    reader = Reader(dict.fromkeys(skip, ""), ())
    return {each.name: each for each in readings_of(obj, reader, skip)}


def contents(obj: Any, *skip: str) -> dict[str, Any]:
    """{expression: its value}."""
    found = contents_of(obj, skip)
    return {each.expression: eval(each.expression, {"obj": obj}) for each in found}


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, "text", b"data", [1, [2]], {"a": [1]}, (1, 2), {1}, Level.HIGH, 1j],
    ids=repr,
)
def test_a_value_that_travels_is_read_and_given_back(value: Any) -> None:
    found = readings(Thing(held=value))["held"]
    data = eval(found.expression, {"obj": Thing(held=value)})
    assert eval(found.back.replace("{}", "data"), {"data": data}) == value
    assert found.held


@pytest.mark.parametrize("value", [threading.Lock(), lambda: 1, open], ids=["lock", "lambda", "io"])
def test_a_value_that_does_not_travel_has_no_expression(value: Any) -> None:
    found = readings(Thing(held=value)).get("held")
    assert found is None or found.expression in ("", "obj.held")
    if value is not open:
        assert found is not None
        assert found.expression == ""


def test_properties_and_getters() -> None:
    found = readings(Thing())
    assert found["derived"].expression == "list(obj.derived)"
    assert found["get_level"].expression == "obj.get_level()"
    assert found["get_level"].plain == "level"
    assert not found["derived"].held
    assert found["failing"].expression == ""


def test_a_number_that_means_something_here_only() -> None:
    assert readings(Thing(native_handle=140_000_000))["native_handle"].expression == ""


def test_the_path_of_a_file(tmp_path: Path) -> None:
    found = readings(Thing(where=str(tmp_path), gone=f"{tmp_path}/gone", relative="."))
    assert found["where"].text == str(tmp_path)
    assert found["gone"].text == found["relative"].text == ""


class Sequence:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> int:
        return [5, 6][index]


class Mapping:
    def keys(self) -> list[str]:
        return ["a", "b"]

    def __getitem__(self, key: str) -> str:
        return key * 2

    def __len__(self) -> int:
        return 2


class Number:
    def __int__(self) -> int:
        return 7

    def __float__(self) -> float:
        return 7.5

    def __str__(self) -> str:
        return "seven"


class Iterator:
    """Reading it would use it up."""

    left = 3

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> int:
        self.left -= 1
        if self.left < 0:
            raise StopIteration
        return self.left

    def __len__(self) -> int:
        return self.left


def test_contents_of_sequences_and_mappings() -> None:
    assert list(contents(Sequence()).values()) == [[5, 6]]
    assert list(contents(Mapping()).values()) == [{"a": "aa", "b": "bb"}]


def test_contents_of_numbers_and_texts() -> None:
    assert contents(Number()) == {"int(obj)": 7, "float(obj)": 7.5, "str(obj)": "seven"}
    assert contents(Number(), f"{Number.__module__}.Number.__int__") == {
        "float(obj)": 7.5,
        "str(obj)": "seven",
    }


def test_contents_of_buffers() -> None:
    assert contents(memoryview(b"abc"))["memoryview(obj).tobytes()"] == b"abc"


def test_what_is_used_up_by_reading_is_not_read() -> None:
    iterator = Iterator()
    assert contents(iterator) == {}
    assert iterator.left == 3


class Written:
    def __repr__(self) -> str:
        return "Written(3)"


def test_a_repr_is_what_str_returns_too() -> None:
    assert contents(Written()) == {"str(obj)": "Written(3)", "repr(obj)": "Written(3)"}


class Addressed:
    def __repr__(self) -> str:
        return f"<Addressed at {id(self):#x}>"


@pytest.mark.parametrize("obj", [Thing(), Addressed()], ids=["plain", "address"])
def test_a_text_that_all_objects_have_tells_nothing(obj: Any) -> None:
    assert contents(obj) == {}
