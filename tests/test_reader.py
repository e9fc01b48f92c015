"""Constants, lengths and lines: what no pickler writes is an error."""

from __future__ import annotations

import pytest
from payloads import assert_not_understood


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
