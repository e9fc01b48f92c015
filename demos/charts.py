"""A Gantt chart of what each process did when; needs the optional extra "plot"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from demos import timeline
from demos.timeline import Stage

COLOURS = {
    timeline.START: "#c7ccd1",
    timeline.REBUILD: "#e0a030",
    timeline.WAIT: "#d9596a",
    timeline.SIEVE: "#3a78b5",
    timeline.SEND: "#4f9d69",
}


def check(path: str) -> None:
    """Find out whether `draw` can write `path`, before there is anything to draw.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: it does not write such files, or the folder does not exist.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError as error:
        raise ImportError(
            f'needs matplotlib ({error}); install the extra: pip install "pickling-adapters[plot]"'
        ) from error
    kinds = FigureCanvasAgg.get_supported_filetypes()
    if Path(path).suffix[1:].lower() not in kinds:
        raise ValueError(f"{path!r} ends with none of .{', .'.join(sorted(kinds))}")
    if not Path(path).parent.is_dir() or Path(path).is_dir():
        raise ValueError(f"{path!r} cannot be written: its folder does not exist, or it is one")


def draw(path: str, labels: Sequence[str], history: Sequence[Sequence[Stage]]) -> None:
    """Draw a bar for each stage of each process, one row a process.

    Args:
        path: The picture's file.
        labels: What to call each process.
        history: The stages of each process in order; the last one only ends the one before it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    start = min(entered[0].time for entered in history)
    figure = Figure(figsize=(10, min(1.8 + 0.5 * len(history), 60)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for row, entered in enumerate(history):
        for stage, following in pairwise(entered):
            left, width = stage.time - start, following.time - stage.time
            axes.barh(row, width, left=left, height=0.6, color=COLOURS[stage.name])
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds")
    axes.set_title("What each process did when", loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)
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
