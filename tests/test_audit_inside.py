"""Payloads inside payloads: each is audited once, and reports and time grow with the payload."""

from __future__ import annotations

import json
import pickle
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from fuzz_crafted import sized
from payloads import REBUILD, Outside, text

import adapters
from adapters._payload.audit import audit

VIEW = b"h\0h\1\x98\x85R0"  # loads(READONLY_BUFFER(the payload)), dropped
COPY = b"h\0h\2h\1\x85R\x85R0"  # loads(bytes(the payload))


def wrapped(body: bytes, often: bytes, times: int) -> bytes:
    """A payload that loads another one, once for each time."""
    begin = b"cpickle\nloads\nq\x000" + sized(body) + b"q\x010cbuiltins\nbytes\nq\x020"
    return b"\x80\x05" + begin + often * times + b"N."


def by_value(body: bytes, _: bytes, times: int) -> bytes:
    """The same for adapters by value, each with another name."""
    begin = REBUILD + b"q\0cbuiltins\nbytes\nq\1" + sized(body) + b"q\x02000"
    objects = (
        b"h\0" + text(f"2:1:f:n{number}") + b"h\1h\2\x85R\x86N\x86R0" for number in range(times)
    )
    return b"\x80\x05" + begin + b"".join(objects) + b"N."


WAYS: dict[str, tuple[Callable[..., bytes], bytes]] = {
    "views": (wrapped, VIEW),
    "copies": (wrapped, COPY),
    "adapters by value": (by_value, b""),
}


@pytest.mark.parametrize("way", WAYS)
def test_levels_of_payloads_that_are_met_many_times(way: str) -> None:
    wrap, often = WAYS[way]
    payload = pickle.dumps(Outside(eval, ("1",)))
    for _ in range(9):
        payload = wrap(payload, often, 6)
    started = time.process_time()
    report = audit(payload)
    printed, told = str(report), json.dumps(report.as_dict())
    assert time.process_time() - started < 1
    assert report.complete
    assert not report.only_adapters
    assert len(printed) < 100 * len(payload)
    assert len(told) < 200 * len(payload)
    assert "builtins.eval" in printed
    assert "builtins.eval" in told


@pytest.mark.parametrize("way", WAYS)
def test_a_large_payload_that_is_met_many_times(way: str) -> None:
    wrap, often = WAYS[way]
    payload = wrap(pickle.dumps([*range(20_000)]), often, 2000)
    started = time.process_time()
    report = audit(payload)
    assert report.complete
    assert len(str(report)) < 50 * len(payload)
    assert time.process_time() - started < 2


def test_a_payload_of_equal_bytes_is_listed_once() -> None:
    inner = pickle.dumps(Outside(eval, ("1",)))
    calls = [Outside(pickle.loads, (bytes(bytearray(inner)),)) for _ in range(3)]
    other = Outside(pickle.loads, (pickle.dumps(1),))
    report = audit(pickle.dumps([*calls, other]))
    assert [inside.size for inside in report.nested] == [len(inner), len(pickle.dumps(1))]


def test_an_adapter_by_value_is_audited_at_the_first_that_has_it() -> None:
    first, second, third = audit(by_value(pickle.dumps(1), b"", 3)).adapters
    assert first.nested is not None
    assert second.nested is third.nested is None
    assert all(adapter.by_value for adapter in (first, second, third))


def test_a_problem_inside_is_one_of_the_whole_wherever_it_is_met_again() -> None:
    damaged = b"\xff"
    report = audit(pickle.dumps([Outside(pickle.loads, (damaged,)) for _ in range(2)]))
    assert not report.complete
    inside = pickle.dumps(Outside(pickle.loads, (damaged,)))
    assert not audit(wrapped(inside, VIEW, 3)).complete


def test_payloads_inside_have_a_limit_of_bytes() -> None:
    payload = pickle.dumps("x" * 100_000)
    for _ in range(4):
        payload = wrapped(payload, VIEW, 1)
    assert audit(payload).complete
    for _ in range(3):
        payload = wrapped(payload, VIEW, 1)
    report = audit(payload)
    assert not report.complete
    assert "payloads inside payloads have too many bytes to be followed" in str(report)


def test_calls_and_globals_with_long_names() -> None:
    name = text("x" * 1000) + b"q\x000"
    many = b"h\0h\0\x93" * 3000
    started = time.process_time()
    report = audit(b"\x80\x04" + name + b"(" + many + b"t.")
    assert time.process_time() - started < 2
    assert report.globals[0].times == 3000
    for module, attribute in (("x" * 1001, "y"), ("x", "y" * 1001)):
        report = audit(b"\x80\x04" + text(module) + text(attribute) + b"\x93.")
        assert "a global with more than 1000 characters" in str(report)
        assert not report.globals
        assert not report.complete


NOT_PRINTABLE: dict[str, bytes] = {
    "a long version": b"(" + text("x") + pickle.dumps(1 << 20_000, 2)[2:-1] + text("m") + b"Nt",
    "a long negative version": b"(" + text("x") + pickle.dumps(-1 << 20_000, 2)[2:-1]
    + text("m") + b"Nt",
    "a long version in a key": text(f"2:{'9' * 19}:m:x") + b"N\x86",
    "a long name": b"(" + text("x" * 5000) + b"K\1" + text("m") + b"Nt",
    "a long module": b"(" + text("x") + b"K\1" + text("m" * 5000) + b"Nt",
    "a long key": text("2:1:m:" + "x" * 5000) + b"N\x86",
    "a long module in a key": text("2:1:" + "x" * 5000 + ":m") + b"N\x86",
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_PRINTABLE)
def test_what_no_adapter_has_is_no_adapter(name: str) -> None:
    payload = REBUILD + NOT_PRINTABLE[name] + b"R."
    report = audit(payload)
    assert not report.adapters
    assert not report.complete
    assert len(str(report)) + len(json.dumps(report.as_dict())) < 1500
    with pytest.raises(adapters.UntrustedError, match="as neither plain data nor adapters do"):
        adapters.loads(payload, trusted=["x"])


PRINTABLE: dict[str, bytes] = {
    "a surrogate in a name": REBUILD + text("2:1:m:\ud800") + b"N\x86R.",
    "a NUL in a name": REBUILD + text("2:1:m:a\0b") + b"N\x86R.",
    "control characters in a module": REBUILD + text("2:1:\x1b[2J\x9b\u202e:x") + b"N\x86R.",
    "a line break in a module": REBUILD + text("2:1:a\nverdict\x85\u2028:x") + b"N\x86R.",
    "surrogates in a global": text("\ud800") + text("\udfff\n") + b"\x93.",
    "a surrogate as an argument": b"cos\nsystem\n" + text("\ud800\x1b\n") + b"\x85R.",
    "a long argument": b"cos\nsystem\n" + text("\n" * 50_000) + b"\x85R.",
    "a long integer": b"cos\nsystem\n" + pickle.dumps(1 << 90_000, 2)[2:-1] + b"\x85R.",
    "a long memo index": b"Np" + b"9" * 4300 + b"\n.",
    "a memo index of 21 digits": b"g" + b"9" * 21 + b"\n.",
    "an extension code": b"\x84\xff\xff\xff\xff.",
    "a newer form": REBUILD + text("9" * 18 + ":" + "\ud800\n" * 5000) + b"N\x86R.",
    "a class": REBUILD + text("2:1:m:x") + b"Nc\x1b\xc2\x85\n\xe2\x80\xae\n\x87R.",
    "no opcode": b"\x1b.",
}


@pytest.mark.parametrize("name", PRINTABLE)
def test_each_audit_can_be_printed(name: str) -> None:
    report = audit(PRINTABLE[name])
    printed = str(report)
    assert printed.isascii()
    assert all(line.isprintable() and len(line) < 1500 for line in printed.split("\n"))
    assert json.loads(json.dumps(report.as_dict(), default=None))["size"] == report.size


def test_numbers_are_read_as_far_as_this_process_reads_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not hasattr(sys, "set_int_max_str_digits"):
        pytest.skip("this Python has no such limit")
    before = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(640)
        report: Any = audit(b"L" + b"7" * 700 + b"L\n.")
        assert "a number in text" in str(report)
        assert audit(b"L" + b"7" * 600 + b"L\n.").complete
    finally:
        sys.set_int_max_str_digits(before)
