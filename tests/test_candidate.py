"""The verdict of a candidate, and what is shown of the evidence."""

from __future__ import annotations

import json
import math
import pickle
from typing import Any

import pytest
from suggested import CODE, candidate

NEAR = "db.total_changes is 0, was 5"


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, "proven: equal in 12 attributes and contents"),
        (
            {"proven": False, "differs": (NEAR, "db.warnings is 1, was 0")},
            "nearly: differs in db.total_changes (is 0, was 5); db.warnings (is 1, was 0)",
        ),
        ({"proven": False, "differs": ("in words",)}, "nearly: differs in in words"),
        (
            {"proven": False, "broken": ("threads at once: it hangs",)},
            "not proven: breaks threads at once: it hangs",
        ),
        (
            {"proven": False, "doubts": ("one example tells nothing", "another")},
            "not proven: one example tells nothing",
        ),
        ({"proven": False, "compared": ""}, "not proven: what it holds cannot be read"),
        ({"proven": False}, "not proven: too little was compared"),
    ],
)
def test_the_verdict(fields: dict[str, Any], verdict: str) -> None:
    found = candidate(**fields)
    assert found.verdict == verdict
    assert str(found).startswith(verdict[:60])


@pytest.mark.parametrize(
    "difference",
    [
        "len(db) is 0, was 3",
        "len(db.rows) is 0, was 3",
        "db has 0 bytes, had 7 bytes",
        "db.read has 0 at byte 3, had 4 at byte 3",
        "db.data is b'', was b'abc'",
        "bytes(db) is 0, was 1",
        "db.digest() is 'a', was 'b'",
        "db.hexdigest() is 'a', was 'b'",
        "db.nbytes is 1, was 2",
    ],
)
def test_a_difference_of_content_is_a_loss(difference: str) -> None:
    found = candidate(proven=False, differs=(NEAR, difference))
    assert found.verdict.startswith("not proven: content is lost: ")


@pytest.mark.parametrize(
    "difference", ["db.lender is 1, was 2", "db.font_size is 1, was 2", NEAR, "db['len'] is 1"]
)
def test_other_differences_are_no_loss(difference: str) -> None:
    assert candidate(proven=False, differs=(difference,)).verdict.startswith("nearly: ")


def test_the_code_can_be_pasted() -> None:
    lines = str(candidate()).splitlines()
    start = lines.index("import adapters")
    assert "\n".join(lines[start : start + CODE.count("\n")]) + "\n" == CODE


def evidence(**fields: Any) -> dict[str, str]:
    """The rows below the code: {label: text}."""
    _, _, text = str(candidate(**fields)).partition("serialize, factory)\n")
    rows: dict[str, str] = {}
    label = ""
    for line in filter(None, text.splitlines()):
        label = line[4:14].strip() or label
        rows[label] = f"{rows.get(label, '')} {line[14:]}".strip()
    return rows


def test_what_there_is_to_know_about_it() -> None:
    costs = "serialize 12.3 µs, rebuild 1.25 ms, state 132 bytes"
    assert evidence() == {"by": "constructor", "costs": costs}
    assert evidence(proven=False, differs=(NEAR,))["equal in"] == "12 attributes and contents"
    unread = evidence(unread=("wild.Db.handle", "wild.Db.lock"))["unread"]
    assert unread == "what these hold cannot be read: wild.Db.handle; wild.Db.lock"
    assert evidence(broken=("it leaks",))["breaks"] == "it leaks"
    assert "breaks" not in evidence(proven=False, broken=("it leaks",))  # as the verdict says it
    many = evidence(unread=tuple(f"wild.Db.a{number}" for number in range(9)))["unread"]
    assert many.endswith("wild.Db.a4; and 4 more")


def test_what_the_verdict_says_is_not_said_again() -> None:
    assert "doubt" not in evidence(proven=False, doubts=("tells nothing",))
    rows = evidence(proven=False, doubts=("tells nothing", "parameter a is not read"))
    assert rows["doubt"] == "parameter a is not read"
    many = evidence(doubts=tuple(map(str, range(9))))["doubt"]
    assert many.endswith("4 and 4 more")


@pytest.mark.parametrize(
    ("serialize", "size", "costs"),
    [
        (2.5, 3 << 20, "serialize 2.5 s, rebuild 1.25 ms, state 3 MiB"),
        (3e-7, 1, "serialize 0.3 µs, rebuild 1.25 ms, state 1 byte"),
        (math.nan, 1536, "rebuild 1.25 ms, state 1.5 KiB"),
        (0.0, 0, "rebuild 1.25 ms"),
    ],
)
def test_times_and_sizes(serialize: float, size: int, costs: str) -> None:
    assert evidence(serialize_seconds=serialize, state_size=size)["costs"] == costs


def test_foreign_text_does_not_reach_the_terminal() -> None:
    found = candidate(code="x = 1\n# \x1b[2J\n", doubts=("a\x1b[2J\nb",), strategy="\x07")
    assert "\x1b" not in str(found)
    assert "\x07" not in str(found)
    assert "a\\x1b[2J b" in str(found)


def test_as_data() -> None:
    data = candidate(differs=(NEAR,), serialize_seconds=math.inf).as_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["differs"] == [NEAR]
    assert data["serialize_seconds"] is None
    assert pickle.loads(pickle.dumps(candidate())) == candidate()
