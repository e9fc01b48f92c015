"""The wrong states that a factory is tried with."""

from __future__ import annotations

from typing import Any

import adapters
from adapters._conformance.case import Case
from adapters._conformance.states import difference
from adapters._conformance.wrong_states import wrong_states, wrong_states_are_refused


def test_wrong_states_are_many_and_differ() -> None:
    state = (1, "text", [2.5, {"key": b"bytes"}], memoryview(b"12345678"), None)
    found = dict(wrong_states(state))
    assert len(found) > 60
    for wanted in (
        "the state[0] missing",
        "the state reversed",
        "the state[2][1]['key'] cut in half and of other letters",
        "the state[3] all bytes 255",
        "the state[1] = None",
        "the state[2][1]['key'] missing",
    ):
        assert difference(state, found[wanted]), wanted


def test_a_factory_that_runs_out_of_memory_has_refused_the_state(native: Any) -> None:
    def refuse(state: Any) -> Any:
        raise MemoryError  # without a message, as C code raises it

    adapter = adapters.register(native, lambda obj: obj.state, refuse)
    case = Case(adapter, ["only"], [native(1)])
    assert case.run(wrong_states_are_refused) == ("passed", "")


def test_no_wrong_string_may_be_the_path_of_another_file() -> None:
    right = ["run-0001.log", "/data/wrong.log", b"other.txt", memoryview(b"/data/x.bin")]
    texts = [each if isinstance(each, str) else bytes(each).decode() for each in right]
    tried = 0
    for what, state in wrong_states(right):
        for one in state if isinstance(state, list) and what.startswith("the state[") else ():
            if isinstance(one, (str, bytes, memoryview)) and one not in right and len(one):
                text = one if isinstance(one, str) else bytes(one).decode("latin-1")
                tried += 1
                assert "/" not in text, what
                assert not any(each.startswith(text) for each in texts), what
    assert tried > 20
