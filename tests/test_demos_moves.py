"""What is counted when words move to workers."""

from __future__ import annotations

import multiprocessing
import os
import pickle

import pytest

from adapters._segments.limits import LEAST
from demos._support import moves
from demos._support.moves import (
    Measurement,
    Moved,
    in_executor,
    in_pool,
    on_workers,
    started_executor,
)
from demos._support.workers import WorkerError
from native import WordList


def test_large_parts_move_through_an_executor_in_shared_memory() -> None:
    assert moves.LARGE == LEAST
    small, large = WordList(["noon"]), WordList(["noon"] * 40_000)  # 160,000 bytes and 8 a word
    by_pipe, by_memory = in_executor([small, large, "word", "a" * 200_000])
    assert by_memory == 160_000 + 8 * 40_001 + len(pickle.dumps("a" * 200_000, 5))
    assert by_pipe < 500
    assert in_pool([large]).by_memory == 0 < 480_000 < in_pool([large]).by_pipe


def test_the_end_of_a_worker_is_one_error() -> None:
    context = multiprocessing.get_context("spawn")
    with (
        pytest.raises(WorkerError, match="a worker of the Executor ended: "),
        started_executor(context, 1) as executor,
    ):
        on_workers("", executor, os._exit, [3])
    for child in multiprocessing.active_children():
        child.join(20)


def test_a_record_has_the_ways_in_order() -> None:
    with moves.recorded("sorting", 2) as record:
        record.search_here("sorted", sorted, [["b", "a"], ["c"]])
        record.search_here("as it is", list, [["a", "b"], ["c"]])
    assert [way.way for way in record.ways] == ["sorted", "as it is"]
    assert [way.found for way in record.ways] == [["a", "b", "c"]] * 2
    assert {way.sent for way in record.ways} == {moves.NOTHING}


def test_the_comparison_is_to_the_first_way() -> None:
    one = Measurement("one", Moved(1000, 0), Moved(10, 5), 0.5, [])
    other = Measurement("other", Moved(1, 2), Moved(0, 0), 1.25, [])
    rows = [line.split() for line in moves.comparison([one, other]).splitlines()]
    assert rows[2] == ["one", "1,000", "0", "15", "500.0", "ms", "1.00"]
    assert rows[3] == ["other", "1", "2", "0", "1,250.0", "ms", "2.50"]


def test_the_beginning_of_many_words_ends_in_dots() -> None:
    assert moves.beginning(["a"] * 15) == " ".join("a" * 15)
    assert moves.beginning(["a"] * 16) == " ".join("a" * 15) + " ..."
    assert moves.beginning([]) == ""
