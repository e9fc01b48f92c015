"""How an audit is read: by people, by programs and in other processes."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from gadgets import Gadget
from payloads import GOLDEN, paths

import adapters
from adapters._payload.audit import audit

# An object with a buffer, a spec, a call, a payload inside, and what an audit cannot follow.
INSIDE = b"cbuiltins\nprint\n(Vinside\ntR."
MIXED = (
    b"\x80\x05cadapters\nrebuild\n(Vgadgets.Gadget\nK\1Vgadgets\n\x97tR0"
    + b"cadapters\nSpec\n(Vgadgets.Gadget\nK\1Vgadgets\nC\5statetR0"
    + b"cpickle\nloads\nC%c%b\x85R0\x82\x05." % (len(INSIDE), INSIDE)
)
REPORT = """\
payload of 155 bytes, protocol 5: 15 values, 1 buffers out of band
adapters:
  gadgets.Gadget version 1, provider gadgets: 2 objects, 1 as specs, states of 1 to 7 bytes
globals:
  adapters.rebuild, 1 time, first at byte 2
  adapters.Spec, 1 time, first at byte 52
  pickle.loads, 1 time, first at byte 105
  module gadgets, 2 times, first at byte 50
calls:
  adapters.rebuild by REDUCE, 1 time, first at byte 50
  adapters.Spec by REDUCE, 1 time, first at byte 103
  pickle.loads by REDUCE, 1 time, first at byte 150
loads inside:
    payload of 28 bytes, protocol 0: 3 values
    globals:
      builtins.print, 1 time, first at byte 0
    calls:
      builtins.print on 'inside' by REDUCE, 1 time, first at byte 26
    verdict: it runs code of its own choice; load it only if you trust the sender
not understood:
  at byte 152: it names a global by extension code 5
verdict: it cannot be followed to the end, so there may be more in it"""


NEEDS_ADAPTERS = (
    "nothing but plain data and the adapters above; loading imports the modules above ({}) and runs"
    " the factories of the adapters; what states hold is not known"
)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_report_is_json(path: Path) -> None:
    report = audit(path.read_bytes())
    told = json.loads(json.dumps(report.as_dict()))
    assert told["complete"] is True
    assert told["foreign"] == []
    assert told["adapters"][0]["by_value"] is False
    assert told["size"] == report.size


def test_json_has_payloads_inside_too() -> None:
    told = json.loads(json.dumps(audit(MIXED).as_dict()))
    assert told["complete"] is False
    assert told["foreign"] == ["pickle.loads"]
    assert told["nested"][0]["foreign"] == ["builtins.print"]
    assert told["nested"][0]["complete"] is True
    assert told["problems"][0]["message"] == "it names a global by extension code 5"


def test_all_that_is_found_is_printed() -> None:
    assert str(audit(MIXED)) == REPORT


@pytest.mark.parametrize(
    ("obj", "verdict"),
    [
        ([1, "text"], "nothing but plain data"),
        ([Gadget(1)], NEEDS_ADAPTERS.format("gadgets")),
        ([len], "it runs code of its own choice; load it only if you trust the sender"),
    ],
)
def test_the_last_line_is_a_verdict(obj: Any, verdict: str) -> None:
    assert str(audit(pickle.dumps(obj))).splitlines()[-1] == f"verdict: {verdict}"


def test_modules_that_loading_imports_are_listed_and_in_the_verdict() -> None:
    report = audit(b"cadapters\nrebuild\n(Vx\nI1\nVthis\nNtR.")
    assert report.imports == (adapters.GlobalFound("this", 1, 33),)
    assert report.only_adapters
    assert "  module this, 1 time, first at byte 33" in str(report).splitlines()
    assert str(report).splitlines()[-1] == "verdict: " + NEEDS_ADAPTERS.format("this")
    many = b"".join(b"h\0(Vx\nI1\nVm%d\nNtR" % number for number in range(9))
    report = audit(b"(cadapters\nrebuild\nq\x000" + many + b"t.")
    assert "(m0, m1, m2, m3, m4 and 4 more)" in str(report)


def test_what_trusted_loading_refuses_is_listed_and_in_the_verdict() -> None:
    report = audit(pickle.dumps({"f": adapters.rebuild}))
    assert report.refused[0].message == "it holds adapters.rebuild itself, as data"
    assert str(report).splitlines()[-3:] == [
        "refused by trusted loading:",
        f"  at byte {report.refused[0].offset}: it holds adapters.rebuild itself, as data",
        "verdict: trusted loading refuses it, for what is said above",
    ]


def test_names_cannot_move_the_cursor() -> None:
    text = str(audit("c\x1b[2J\u202e\nx\n".encode() + b"V\x1b]0;evil\x07\n\x85R."))
    assert text.replace("\n", "").isascii()
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("name", ["b\u0443tes", "\x1b[2J", "\u202e"])
def test_each_name_is_printed_in_ascii(name: str) -> None:
    assert ascii(f"builtins.{name}") in str(audit(f"cbuiltins\n{name}\n.".encode()))


def test_long_names_are_shortened() -> None:
    report = audit(b"cos\n" + b"x" * 1000 + b"\n(V" + b"y" * 5000 + b"\ntR.")
    assert max(map(len, str(report).splitlines())) < 300
    assert report.globals[0].path == f"os.{'x' * 1000}"
    assert report.calls[0].argument == "y" * 1000


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_pickle_of_an_audit_or_a_part_names_adapters_alone(protocol: int) -> None:
    report = audit(MIXED)
    parts = (report.globals[0], report.calls[0], report.adapters[0], report.problems[0])
    for part in (report, *parts):
        payload = pickle.dumps(part, protocol)
        twin = pickle.loads(payload)
        assert (type(twin), twin) == (type(part), part)
        assert {path.rpartition(".")[0] for path in paths(audit(payload))} == {"adapters"}


@pytest.mark.parametrize("protocol", range(2, 6))
def test_pickles_that_name_the_modules_of_the_parts_load(protocol: int) -> None:
    path = Path(__file__).parent / "golden" / "public" / f"audit_1.{protocol}.pickle"
    payload = path.read_bytes()
    assert "adapters._payload.audit.Problem" in paths(audit(payload))
    report = pickle.loads(payload)
    assert type(report) is adapters.Audit
    parts = (report.globals[1], report.calls[2], report.adapters[0], report.problems[0])
    assert parts == (
        ("pickle.loads", 1, 82),
        ("pickle.loads", "REDUCE", None, 1, 190),
        ("gadgets.Gadget", 1, "gadgets", (12,), 0, 79, None),
        ("it names a global by extension code 5", 195),
    )
    assert [type(part) for part in parts] == [
        adapters.GlobalFound,
        adapters.CallFound,
        adapters.AdapterFound,
        adapters.Problem,
    ]
    assert paths(report.nested[0]) == ["builtins.print"]
