"""The proof: the conformance kit on code, in a child process."""

from __future__ import annotations

import time

import pytest
import suggested_types as types
from exploring import WAIT, needs_fork

import adapters
from adapters._suggest.proof import Proof, prove

pytestmark = needs_fork

CODE = """
import adapters
import suggested_types

def serialize(obj):
    return {{"seconds": obj.seconds, "label": obj.label}}

def factory(state):
    return {make}

adapters.register(suggested_types.Timer, serialize=serialize, factory=factory)
"""
RIGHT = 'suggested_types.Timer(state["seconds"], label=state["label"])'


def proven(make: str, seconds: float = WAIT, rebuilds: int = 100) -> Proof:
    objs = (types.Timer(2.5, "tea"),)
    end = time.monotonic() + seconds
    text, options = CODE.format(make=make), {"in_main": False, "ready": False, "batteries": True}
    return prove(objs, text, **options, rebuilds=rebuilds, end=end)


@pytest.mark.slow
def test_what_keeps_its_promises() -> None:
    proof = proven(RIGHT)
    assert proof.broken == {}
    assert "2 attributes" in proof.compared
    assert not any(each.target is types.Timer for each in adapters.registry)


@pytest.mark.slow
def test_a_broken_promise_is_named() -> None:
    broken = proven('suggested_types.Timer(state["seconds"])').broken
    assert "round_trip_in_a_spawned_child" in broken
    assert "label" in broken["round_trip_in_a_spawned_child"]


@pytest.mark.parametrize("make", ["1 +", pytest.param("no_such_name", marks=pytest.mark.slow)])
def test_code_that_does_not_run(make: str) -> None:
    assert proven(make).broken


def test_code_that_ends_the_process() -> None:
    broken = proven("1\nimport os; os._exit(3)").broken
    assert "exit code 3" in broken["kit"]


def test_no_time_is_left() -> None:
    assert "no time left" in proven(RIGHT, seconds=0).broken["kit"]


@pytest.mark.slow
def test_too_little_time_is_left() -> None:
    assert "no time left" in proven(RIGHT, seconds=0.3).broken["kit"]


@pytest.mark.slow
def test_a_promise_that_takes_too_long_is_given_up() -> None:
    begin = time.monotonic()
    slow = f"__import__('time').sleep(0.02) or {RIGHT}"
    broken = proven(slow, seconds=6, rebuilds=5000).broken
    assert "no time left" in broken["kit"]
    assert time.monotonic() - begin < 12
