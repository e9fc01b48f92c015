"""What `adapters bench` measures, and what it advises."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from gadgets import Gadget

import adapters
from adapters._cli.bench import Costs, costs

QUICK = Costs(
    body=100,
    buffers=0,
    serialize=1e-6,
    rebuild=1e-6,
    task=1e-5,
    share=1e-3,
    first_get=1e-4,
    later_get=1e-6,
)


@pytest.mark.parametrize(
    ("changes", "tasks", "advice"),
    [
        ({}, None, "Send it with each task"),
        ({"task": 1e-3}, 2, "has 2 tasks or more"),
        ({"task": 5e-3}, 1, "even for one task"),
        ({"task": 1e-3, "later_get": 1e-3}, None, "Send it with each task"),
    ],
)
def test_the_advice_follows_from_the_costs(changes: Any, tasks: int | None, advice: str) -> None:
    found = QUICK._replace(**changes)
    assert found.break_even == tasks
    assert advice in found.advice()
    assert found.as_dict()["break_even"] == tasks


def test_times_and_sizes_are_printed_with_their_units() -> None:
    text = str(QUICK._replace(body=1234567, task=2.5, share=0.0421))
    assert "1,234,567 bytes" in text
    assert [line.split()[-2:] for line in text.splitlines()[4:6]] == [["2.5", "s"], ["42.1", "ms"]]
    assert "1 us" in text


def test_bodies_and_buffers_are_counted_apart() -> None:
    found = costs(Gadget(bytearray(100_000)))
    assert found.buffers == 100_000
    assert 0 < found.body < 1000
    assert min(found[2:4]) > 0


def test_what_cannot_be_sent_is_an_error() -> None:
    with pytest.raises(adapters.SerializeError, match="cannot pickle"):
        costs(threading.Lock())
