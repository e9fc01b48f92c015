"""Durations of the stages of a process."""

from __future__ import annotations

from demos._support.timeline import NAMES, Stage, durations


def test_durations_are_summed_by_name_and_the_last_stage_has_none() -> None:
    stages = [Stage("wait", 10.0), Stage("sieve", 10.5), Stage("wait", 11.0), Stage("done", 13.0)]
    spent = durations(stages)
    assert spent == {"start": 0.0, "rebuild": 0.0, "wait": 2.5, "sieve": 0.5, "send": 0.0}
    assert tuple(spent) == NAMES
