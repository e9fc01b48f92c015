"""Constants, lengths and lines: what no pickler writes is an error."""

from __future__ import annotations

import pickle

import pytest
from payloads import assert_not_understood, load

CONSTANTS = [
    b"I01\n",
    b"I00\n",
    b"I-7\n",
    b"I0\n",
    b"L5L\n",
    b"L-5\n",
    b"J\xfe\xff\xff\xff",
    b"M\xfe\xff",
    b"\x8a\0",
    b"\x8a\2\0\xff",
    b"\x8b\2\0\0\0\0\xff",
    b"F-1.5e3\n",
    b"G?\xf8\0\0\0\0\0\0",
    b"V\\u0041\xe9\n",
    b"X\2\0\0\0\xc3\xa9",
    b"\x8d\3\0\0\0\0\0\0\0\xed\xa0\x80",
    b"S'a\"b'\n",
    b'S"ab"\n',
    b"U\2ab",
    b"T\2\0\0\0ab",
    b"B\2\0\0\0ab",
    b"\x8e\2\0\0\0\0\0\0\0ab",
]


@pytest.mark.parametrize("payload", CONSTANTS)
def test_a_constant_is_what_pickle_reads(payload: bytes) -> None:
    expected = pickle.loads(payload + b".")
    assert repr(load(payload + b".")) == repr(expected)


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"C\x05abc.", "needs 5 bytes, and the payload has 4"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff.", "needs 18446744073709551615 bytes"),
        (b"\x8b\xff\xff\xff\xff.", "negative"),
        (b"\x8c\x01\xff.", "not utf-8"),
        (b"I1_0\n.", "number in text"),
        (b"L" + b"9" * 5000 + b"\n.", "number in text"),
        (b"Fx\n.", "not a float"),
        (b"S'a\\x00'\n.", "Python 2"),
        (b"Vabc", "a line does not end"),
    ],
)
def test_what_cannot_be_read_is_a_problem(payload: bytes, problem: str) -> None:
    assert_not_understood(payload, problem)
