"""The rows of `adapters.dumps` beside `pickle.dumps`. Making them checks what arrives."""

from __future__ import annotations

import copyreg
import importlib
import pickle
from typing import Any

import pytest

pytest.importorskip("benchmarks", reason="not part of what is installed")

from benchmarks import __main__ as command
from benchmarks import dumps
from benchmarks._measure import Gap, Row
from benchmarks._small_types import Open

NAMES = [*dumps.KINDS, dumps.ARRAYS, "10000 of a subclass"]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {name: (make, 3, bound) for name, (make, _, bound) in dumps.KINDS.items()}
    monkeypatch.setattr(dumps, "KINDS", kinds)


def test_the_topic_is_one_of_the_command() -> None:
    assert dumps in command.TOPICS


@pytest.mark.usefixtures("few")
def test_each_kind_has_a_row_with_its_bound() -> None:
    pytest.importorskip("numpy")
    rows = list(dumps.rows())
    assert [row.name for row in rows] == [f"adapters.dumps, {name}" for name in NAMES]
    assert max(len(row.name) for row in rows) <= command._WIDTH
    assert [row.bound for row in rows if isinstance(row, Row)] == [1.05, 1.3, 1.3, 1.3, 1.3, 1.5]
    beside = [set(row.others) for row in rows if isinstance(row, Row)]
    assert beside == [{"cloudpickle"}] * 5 + [set()]


@pytest.mark.usefixtures("few")
def test_without_numpy_its_arrays_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", find)
    gaps = [row for row in dumps.rows() if isinstance(row, Gap)]
    assert [gap.name for gap in gaps] == [f"adapters.dumps, {dumps.ARRAYS}"]


def test_the_dicts_are_about_a_megabyte() -> None:
    make, count, _ = dumps.KINDS["1 MB of dicts"]
    size = len(pickle.dumps([make(number) for number in range(count)], dumps.PROTOCOL))
    assert 0.95e6 < size < 1.05e6


def test_each_sample_has_a_late_subclass_that_pickle_does_not_know() -> None:
    found = []

    def find() -> Any:
        found.append(dumps._late_subclass())
        assert found[-1] not in copyreg.dispatch_table
        return found[-1]

    sample = dumps._first_message(find, 3)
    assert sample() > 0
    assert sample() > 0
    assert len(set(found)) == 2
    assert all(cls.__base__ is Open for cls in found)
