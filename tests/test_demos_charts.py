"""Charts: which files can be written, and that each kind of chart is a picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from demos._support import charts
from demos._support.timeline import Stage

pytest.importorskip("matplotlib")


@pytest.mark.parametrize("name", ["picture", "picture.nonsense", "no/such/folder/picture.png", "."])
def test_a_path_that_cannot_be_written_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends with none of|cannot be written"):
        charts.check_path(str(tmp_path / name))


def test_each_chart_is_a_picture(tmp_path: Path) -> None:
    gantt, bars = tmp_path / "gantt.png", tmp_path / "bars.png"
    charts.check_path(str(gantt))
    charts.gantt(str(gantt), ["a range"], [[Stage("wait", 1.0), Stage("done", 2.0)]])
    charts.bars(str(bars), "durations", ["one", "two"], [0.1, 20.0], ["#d9596a", "#3a78b5"])
    for picture in (gantt, bars):
        assert picture.read_bytes().startswith(b"\x89PNG")
