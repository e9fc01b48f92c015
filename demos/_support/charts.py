"""Pictures of what the demos measured, drawn by matplotlib, of the optional extra "plot"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from demos._support import timeline
from demos._support.table import milliseconds
from demos._support.timeline import Stage

COLOURS = {
    timeline.START: "#c7ccd1",
    timeline.REBUILD: "#e0a030",
    timeline.WAIT: "#d9596a",
    timeline.SIEVE: "#3a78b5",
    timeline.SEND: "#4f9d69",
}


def check_path(path: str) -> None:
    """Check, before the work begins, that a chart can be written to `path`.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: matplotlib does not write this type of file, or the folder does not exist.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError as error:
        raise ImportError(
            f'needs matplotlib ({error}); install the extra: pip install "pickling-adapters[plot]"'
        ) from error
    suffixes = FigureCanvasAgg.get_supported_filetypes()
    if Path(path).suffix[1:].lower() not in suffixes:
        raise ValueError(f"{path!r} ends with none of .{', .'.join(sorted(suffixes))}")
    if not Path(path).parent.is_dir() or Path(path).is_dir():
        raise ValueError(f"{path!r} cannot be written: its folder does not exist, or it is one")


def gantt(path: str, labels: Sequence[str], timelines: Sequence[Sequence[Stage]]) -> None:
    """Draw a Gantt chart: one row for each process, one bar for each of its stages.

    Args:
        path: The file of the picture.
        labels: The name of each process.
        timelines: The stages of each process in order. The last one only ends the one before it.
    """
    from matplotlib.patches import Patch

    start = min(stages[0].time for stages in timelines)
    figure, axes = _figure("What each process did when", 10, min(1.8 + 0.5 * len(timelines), 60))
    for row, stages in enumerate(timelines):
        for stage, following in pairwise(stages):
            left, width = stage.time - start, following.time - stage.time
            axes.barh(row, width, left=left, height=0.6, color=COLOURS[stage.name])
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    figure.legend(
        handles=[Patch(color=colour, label=name) for name, colour in COLOURS.items()],
        loc="outside lower center",
        ncols=len(COLOURS),
        frameon=False,
    )
    figure.savefig(path, dpi=150)


def bars(
    path: str, title: str, labels: Sequence[str], seconds: Sequence[float], colours: Sequence[str]
) -> None:
    """Draw a horizontal bar of each duration, on a logarithmic axis.

    Args:
        path: The file of the picture.
        title: The title above the chart.
        labels: The name of each bar.
        seconds: The length of each bar.
        colours: The colour of each bar, as "#rrggbb".
    """
    figure, axes = _figure(title, 9, 1.5 + 0.35 * len(labels))
    drawn = axes.barh(labels, seconds, color=colours)
    axes.bar_label(drawn, [milliseconds(each) for each in seconds], padding=4, fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("seconds, logarithmic")
    axes.margins(x=0.15)
    figure.savefig(path, dpi=150)


def _figure(title: str, width: float, height: float) -> tuple[Any, Any]:
    """A figure of so many inches, and its axes: the first row on top, no frame to the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
