"""An object that is expensive to construct, and many tasks that use it.

It is constructed again for each task, once in each process by a hand-written initializer, and once
in each process by a shared handle. Its factory stands for what loads a model or opens an index: it
sleeps, so that all cores stay free.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple

import adapters
from demos import arguments, charts, checks, clusters
from demos.table import milliseconds

_COLOURS = {"for each task": "#d9596a", "initializer": "#3a78b5", "shared": "#4f9d69"}


class Index:
    """Stands for a native object: pickle refuses it, and constructing it takes `cost` seconds."""

    def __init__(self, cost: float, offset: int) -> None:
        time.sleep(cost)
        self.cost, self.offset = cost, offset
        self._native = (_ for _ in ())  # like a C pointer, a generator has no way through pickle

    def look_up(self, number: int) -> int:
        """What every task wants of it."""
        return number + self.offset


def _state(index: Index) -> tuple[float, int]:
    return index.cost, index.offset


def _construct(state: tuple[float, int]) -> Index:
    return Index(*state)


adapters.register(Index, _state, _construct, name="demos.Index")


def look_up(index: Index, number: int) -> int:
    """A task that gets the object itself."""
    return index.look_up(number)


def look_up_shared(handle: adapters.Shared[Index], number: int) -> int:
    """A task that gets a handle."""
    return handle.get().look_up(number)


_mine: Index


def initialize(cost: float, offset: int) -> None:
    """What people write by hand: each worker constructs its own, and keeps it in a global."""
    global _mine
    _mine = Index(cost, offset)


def look_up_mine(number: int) -> int:
    """A task that uses the global."""
    return _mine.look_up(number)


class Bar(NamedTuple):
    """How long one way took on one engine."""

    engine: str
    way: str
    took: float
    right: bool


def measure(
    engine: str, index: Index, tasks: int, workers: int, context: BaseContext
) -> Iterator[Bar]:
    """Run all tasks in each way that the engine has, from the start of its workers on."""
    numbers = range(tasks)
    expected = [number + index.offset for number in numbers]
    ways: list[tuple[str, Callable[..., int]]] = [
        ("for each task", look_up),
        ("initializer", look_up_mine),
        ("shared", look_up_shared),
    ]
    for way, function in ways:
        initializer = None
        if way == "initializer":
            if engine not in clusters.WITH_INITIALIZER:
                continue
            initializer = (initialize, (index.cost, index.offset))
        start = time.perf_counter()
        with ExitStack() as stack:
            executor = stack.enter_context(clusters.executor(engine, workers, context, initializer))
            inputs: list[Iterable[Any]] = [numbers]
            if way == "shared":
                handle = adapters.share(index, clusters.store(engine))
                inputs.insert(0, [stack.enter_context(handle)] * tasks)
            elif way == "for each task":
                inputs.insert(0, [index] * tasks)
            found = list(executor.map(function, *inputs))
            took = time.perf_counter() - start
        yield Bar(engine, way, took, found == expected)


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = arguments.parser("expensive", __doc__, processes=2)
    clusters.add_options(parser, default="all", tasks=200)
    parser.add_argument(
        "--cost",
        type=float,
        default=0.02,
        metavar="S",
        help="seconds that constructing takes (default: 0.02)",
    )
    parser.add_argument("--plot", metavar="FILE", help="draw a bar chart into FILE")
    options = parser.parse_args(argv)
    names = clusters.chosen(parser, options)
    if not 0 <= options.cost <= 10:
        parser.error("--cost is from 0 to 10")
    try:
        if options.plot:
            charts.check(options.plot)
    except (ImportError, ValueError) as error:
        parser.error(f"--plot: {error}")
    workers = options.processes or 2
    if options.engine == "mpi" and not clusters.under_mpi():
        return clusters.run_under_mpi("expensive", argv, workers)

    print(f"{options.tasks} tasks on {workers} workers, an object that takes {options.cost:g} s;")
    print("times are from the start of the workers to the last result\n", flush=True)
    bars: list[Bar] = []
    for name in names:
        index, context = Index(options.cost, 7), arguments.context(options)
        for bar in measure(name, index, options.tasks, workers, context):
            bars.append(bar)
            print(f"{name:<10} {bar.way:<14} {milliseconds(bar.took):>12}", flush=True)
    if options.plot:
        draw(options.plot, bars)
    slowest, best = max(bar.took for bar in bars), min(bar.took for bar in bars)
    print(f"\nThe slowest way takes {slowest / best:,.0f} times as long as the fastest.\n")
    right = all(bar.right for bar in bars)
    return checks.report(right, f"{len(bars)} ways gave the same {options.tasks} results")


def draw(path: str, bars: Sequence[Bar]) -> None:
    """Draw a bar for each way on each engine; needs the optional extra "plot"."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.5 + 0.35 * len(bars)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    labels = [f"{bar.engine}, {bar.way}" for bar in bars]
    drawn = axes.barh(labels, [bar.took for bar in bars], color=[_COLOURS[b.way] for b in bars])
    axes.bar_label(drawn, [milliseconds(bar.took) for bar in bars], padding=4, fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("seconds, logarithmic")
    axes.set_title("All tasks, by how the object got to them", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.15)
    axes.invert_yaxis()
    figure.savefig(path, dpi=150)
