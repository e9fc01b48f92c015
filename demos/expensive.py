"""Many tasks that use one object that is expensive to construct.

The objects of the article cannot be pickled, and take long to construct. Sent as an argument, such
an object is constructed again for each task. The usual remedy is an initializer, written by hand,
that constructs the object once in each worker and keeps it in a global; not every engine has
initializers. A shared handle of adapters does the same on every engine.

The factory of this demo stands for one that loads a model or opens an index. It sleeps, so that it
uses no core.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple

import adapters
from demos._support import arguments, charts, checks, clusters
from demos._support.table import milliseconds

_COLOURS = {"for each task": "#d9596a", "initializer": "#3a78b5", "shared": "#4f9d69"}


class Index:
    """A native object that pickle refuses, and whose construction takes `cost` seconds."""

    def __init__(self, cost: float, offset: int) -> None:
        time.sleep(cost)
        self.cost, self.offset = cost, offset
        self._native = (_ for _ in ())  # a generator does not pickle, as a C pointer does not

    def look_up(self, number: int) -> int:
        """The work of each task."""
        return number + self.offset


def serialize(index: Index) -> tuple[float, int]:
    """The arguments of the constructor."""
    return index.cost, index.offset


def factory(state: tuple[float, int]) -> Index:
    """A new Index, after `cost` seconds."""
    return Index(*state)


adapters.register(Index, serialize, factory, name="demos.Index")


def look_up(index: Index, number: int) -> int:
    """A task that receives the object itself."""
    return index.look_up(number)


def look_up_shared(handle: adapters.Shared[Index], number: int) -> int:
    """A task that receives a shared handle."""
    return handle.get().look_up(number)


_index: Index


def initialize(cost: float, offset: int) -> None:
    """A hand-written initializer: construct the object of this worker, and keep it in a global."""
    global _index
    _index = Index(cost, offset)


def look_up_global(number: int) -> int:
    """A task that uses the global of its worker."""
    return _index.look_up(number)


class Measurement(NamedTuple):
    """The seconds of all tasks on one engine by one method, and whether the results are right."""

    engine: str
    method: str
    seconds: float
    right: bool


def measure(
    engine: str, index: Index, tasks: int, workers: int, context: BaseContext
) -> Iterator[Measurement]:
    """Run all tasks by each method of the engine; the times include the start of the workers."""
    numbers = range(tasks)
    expected = [number + index.offset for number in numbers]
    methods: list[tuple[str, Callable[..., int]]] = [
        ("for each task", look_up),
        ("initializer", look_up_global),
        ("shared", look_up_shared),
    ]
    for method, function in methods:
        initializer = None
        if method == "initializer":
            if engine not in clusters.WITH_INITIALIZER:
                continue
            initializer = (initialize, (index.cost, index.offset))
        start = time.perf_counter()
        with ExitStack() as stack:
            executor = stack.enter_context(clusters.executor(engine, workers, context, initializer))
            inputs: list[Iterable[Any]] = [numbers]
            if method == "shared":
                handle = adapters.share(index, clusters.store(engine))
                inputs.insert(0, [stack.enter_context(handle)] * tasks)
            elif method == "for each task":
                inputs.insert(0, [index] * tasks)
            found = list(executor.map(function, *inputs))
            seconds = time.perf_counter() - start
        yield Measurement(engine, method, seconds, found == expected)


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = arguments.parser("expensive", __doc__, processes=2)
    arguments.add_engine_options(parser, engine="all", tasks=200)
    parser.add_argument(
        "--cost",
        type=float,
        default=0.02,
        metavar="S",
        help="seconds that the construction takes, from 0 to 10 (default: 0.02)",
    )
    arguments.add_plot_option(parser, "a bar chart of the times")
    options, selected = arguments.parse_with_engines(parser, argv)
    if not 0 <= options.cost <= 10:
        parser.error("--cost is from 0 to 10")
    tasks, workers = options.tasks, options.processes
    if clusters.needs_mpiexec(selected):
        return clusters.run_under_mpiexec("expensive", argv, workers)

    print(f"{tasks} tasks on {workers} workers, an object that takes {options.cost:g} s;")
    print("times are from the start of the workers to the last result\n", flush=True)
    index, context = Index(options.cost, 7), arguments.context(options)
    measured: list[Measurement] = []
    for engine in selected:
        for each in measure(engine, index, tasks, workers, context):
            measured.append(each)
            print(f"{engine:<10} {each.method:<14} {milliseconds(each.seconds):>12}", flush=True)
    seconds = [each.seconds for each in measured]
    if options.plot:
        charts.bars(
            options.plot,
            "All tasks, by how the object got to them",
            [f"{each.engine}, {each.method}" for each in measured],
            seconds,
            [_COLOURS[each.method] for each in measured],
        )
    ratio = max(seconds) / min(seconds)
    print(f"\nThe slowest method takes {ratio:,.0f} times as long as the fastest.\n")
    right = all(each.right for each in measured)
    return checks.report(right, f"{len(measured)} ways gave the same {tasks} results")
