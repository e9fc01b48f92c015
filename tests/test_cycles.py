"""States that contain their own object: what the search for it finds, and what pickling says."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from gadgets import Gadget

from adapters._wire.cycles import Progress, in_progress, reaches


class Holder:
    def __init__(self, part: Any) -> None:
        self.part = part


TARGET = Gadget("the object")


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ([1, TARGET], True),
        ({TARGET: 1}, True),
        ({"deep": [(1, Holder(TARGET))]}, True),
        (Gadget([TARGET]), True),
        ([threading.Lock(), TARGET], False),  # the pickler stops there, too
        ([TARGET, threading.Lock()], True),
        ([Gadget("another")], False),
        (None, False),
    ],
    ids=range(8),
)
def test_the_search_finds_an_object_where_pickling_meets_it(state: Any, found: bool) -> None:
    assert reaches(state, TARGET) is found


def test_an_object_is_in_progress_while_its_mark_is_held() -> None:
    assert not in_progress(TARGET)
    mark = Progress(TARGET)
    assert in_progress(TARGET)
    assert not in_progress(Gadget("another"))
    seen_by_others: list[bool] = []
    thread = threading.Thread(target=lambda: seen_by_others.append(in_progress(TARGET)))
    thread.start()
    thread.join(30)
    assert seen_by_others == [False]
    assert list(mark) == []
    del mark
    assert not in_progress(TARGET)
