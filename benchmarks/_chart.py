"""The ratios as a picture: a bar for each row, with its quartiles and its bound."""

from __future__ import annotations

from pathlib import Path

from benchmarks._measure import Result


def draw(path: Path, results: list[Result], machine: dict[str, str]) -> None:
    """Write a PNG of the ratios ours / peer; needs matplotlib, of the extra [plot]."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 1.5 + 0.35 * len(results)))
    names = [f"{result.row.name}\n{result.row.peer_name}" for result in results]
    ratios = [result.ratio for result in results]
    spread = [
        [result.ratio - result.low for result in results],
        [result.high - result.ratio for result in results],
    ]
    axes.barh(names, ratios, xerr=spread, color="#4477aa", ecolor="#222222")
    axes.plot([result.row.bound for result in results], names, "|", color="#cc3311", ms=14, mew=2)
    axes.axvline(1.0, color="#888888", lw=0.8)
    axes.set_xlabel("time, ours / peer; the red marks are the bounds")
    axes.set_title(f"Python {machine['Python']}, {machine['on']}", fontsize=8)
    axes.tick_params(axis="y", labelsize=7)
    axes.invert_yaxis()
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
