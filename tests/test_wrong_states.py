"""The wrong states that a factory is tried with."""

from __future__ import annotations

from adapters._conformance.states import difference
from adapters._conformance.wrong_states import wrong_states


def test_wrong_states_are_many_and_differ() -> None:
    state = (1, "text", [2.5, {"key": b"bytes"}], memoryview(b"12345678"), None)
    found = dict(wrong_states(state))
    assert len(found) > 60
    for wanted in (
        "the state[0] missing",
        "the state reversed",
        "the state[2][1]['key'] cut in half",
        "the state[3] all bytes 255",
        "the state[1] = None",
        "the state[2][1]['key'] missing",
    ):
        assert difference(state, found[wanted]), wanted
