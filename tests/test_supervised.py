"""Reading in a child: what crashes or hangs there is left out, and the rest is read."""

from __future__ import annotations

import os
from functools import partial

import pytest
from deadly import Deadly, Hanging, end, fail, read_one

from adapters._child import Child
from adapters._comparison.supervised import NotComparedError, read

start = partial(Child, timeout=0.7, quiet=True)


@pytest.mark.slow
def test_what_ends_a_process_is_left_out() -> None:
    getters, unread = read(start, read_one, Deadly)
    assert getters["", ".size"] == 3
    prefix = "deadly.Deadly."
    assert unread.keys() == {prefix + name for name in ("crashing", "ending", "hanging")}
    assert "SIGABRT" in unread[prefix + "crashing"] or os.name == "nt"
    assert unread[prefix + "ending"] == "a process that read it ended with exit code 7"
    assert unread[prefix + "hanging"] == "a process that read it said nothing for 0.7 s"


@pytest.mark.slow
def test_too_many_hang() -> None:
    with pytest.raises(NotComparedError, match=r"said nothing for 0.7 s .* to read"):
        read(start, read_one, Hanging)


def test_what_is_no_getters_fault() -> None:
    with pytest.raises(NotComparedError, match="ArithmeticError: not here"):
        read(start, fail)
    with pytest.raises(NotComparedError, match=r"exit code 9 .* to call end"):
        read(start, end)
