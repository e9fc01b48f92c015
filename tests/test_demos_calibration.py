"""The size of work that takes a given time, by a clock that the work itself moves."""

from __future__ import annotations

import time

import pytest

from demos._support.calibration import size_for


class Work:
    """Work that takes a microsecond for each unit of its size."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.sizes: list[int] = []
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def __call__(self, size: int) -> None:
        self.sizes.append(size)
        self.now += size * 1e-6


@pytest.mark.parametrize("seconds", [0.001, 0.02, 0.5, 2.0])
def test_the_size_is_in_proportion(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)
    assert size_for(seconds, work, 100, 10**7) == pytest.approx(seconds * 1e6, abs=1)
    assert work.now < 5 * seconds


@pytest.mark.parametrize(("seconds", "size"), [(0.0, 100), (1e-9, 100), (60.0, 10**6)])
def test_the_bounds(seconds: float, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)
    assert size_for(seconds, work, 100, 10**6) == size
    assert max(work.sizes) <= size


def test_a_clock_that_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "perf_counter", lambda: 0.0)
    assert size_for(1.0, lambda _: None, 100, 10**6) == 10**6
    assert size_for(0.0, lambda _: None, 100, 10**6) == 100
