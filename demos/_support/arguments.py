"""The command-line options that the demos share, and the notations for numbers and ranges."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from multiprocessing.context import BaseContext

from demos._support import charts, clusters
from demos._support.ranges import MAX_LAST, Range, validated

# multiprocessing.connection.wait takes at most 63 handles on Windows, and each worker has two.
MOST_PROCESSES = 30 if sys.platform == "win32" else 256


def parser(
    name: str, description: str | None, processes: int | None = None
) -> argparse.ArgumentParser:
    """A parser with --processes and --start-method.

    Args:
        name: The demo's name.
        description: The demo's docstring.
        processes: The default of --processes. None stands for `cores()`, and stays None in the
            parsed options.
    """
    made = argparse.ArgumentParser(
        prog=f"demos {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "--processes",
        type=integer_in(1, MOST_PROCESSES),
        default=processes,
        metavar="N",
        help=f"how many processes (default: {processes or 'one per core'})",
    )
    made.add_argument(
        "--start-method",
        choices=multiprocessing.get_all_start_methods(),
        help="how processes start (default: the platform's default)",
    )
    return made


def add_plot_option(parser: argparse.ArgumentParser, chart: str) -> None:
    """Add --plot, the path of a picture of `chart`."""
    parser.add_argument(
        "--plot", type=_picture, metavar="FILE.png", help=f"draw {chart} (needs matplotlib)"
    )


def add_engine_options(parser: argparse.ArgumentParser, engine: str, tasks: int) -> None:
    """Add --engine and --tasks with these defaults; `parse_with_engines` reads them."""
    parser.add_argument(
        "--engine",
        choices=[*clusters.MODULES, "all"],
        default=engine,
        help=f"where the tasks run (default: {engine}); all: each installed one except MPI",
    )
    parser.add_argument(
        "--tasks",
        type=integer_in(1, 10_000),
        default=tasks,
        metavar="N",
        help=f"how many of each kind (default: {tasks})",
    )


def parse_with_engines(
    parser: argparse.ArgumentParser, argv: Sequence[str]
) -> tuple[argparse.Namespace, list[str]]:
    """The parsed options, and the names of the engines that --engine selects.

    An engine that is not installed is an error of the parser.
    """
    options = parser.parse_args(argv)
    if options.engine == "all":
        return options, clusters.installed()
    if problem := clusters.missing(options.engine):
        parser.error(problem)
    return options, [options.engine]


def context(options: argparse.Namespace) -> BaseContext:
    """The multiprocessing context of --start-method."""
    made: BaseContext = multiprocessing.get_context(options.start_method)
    return made


def cores() -> int:
    """How many cores this process may use, at most MOST_PROCESSES."""
    usable = getattr(os, "sched_getaffinity", None)
    return min(len(usable(0)) if usable else os.cpu_count() or 1, MOST_PROCESSES)


def integer(text: str) -> int:
    """An integer from 0 to 2**63, written as 1000000, 1_000_000, 1e6, 10**6 or 10^6."""
    value = None
    if re.fullmatch(r"\d[\d_]{,40}", text):
        value = int(text.replace("_", ""))
    elif re.fullmatch(r"\d{1,20}(\.\d{1,20})?[eE]\+?\d{1,2}", text):
        decimal = Decimal(text)
        value = int(decimal) if decimal == int(decimal) else None
    elif power := re.fullmatch(r"(\d{1,20})(?:\*\*|\^)(\d{1,2})", text):
        value = int(power[1]) ** int(power[2])
    if value is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number such as 1000000, 1e6 or 10**6"
        )
    if value > MAX_LAST:
        raise argparse.ArgumentTypeError(f"{text} is more than 2**63")
    return value


def integer_in(least: int, most: int) -> Callable[[str], int]:
    """The type of an option that is an integer from `least` to `most`."""

    def parse(text: str) -> int:
        value = integer(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not from {least:,} to {most:,}")
        return value

    return parse


def ranges(text: str) -> list[Range]:
    """Ranges without overlaps, such as 10-30,30-50; 1e12+1e6 are the 1e6 integers from 1e12."""
    found = []
    for item in text.split(","):
        parts = re.fullmatch(r"\s*([^-+\s]+)\s*([-+])\s*([^-\s]+)\s*", item)
        if parts is None:
            raise argparse.ArgumentTypeError(f"{item!r} is not a range such as 10-30")
        first, last = integer(parts[1]), integer(parts[3])
        found.append((first, first + last if parts[2] == "+" else last))
    if len(found) > MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"{len(found)} ranges; the most is {MOST_PROCESSES}")
    try:
        return validated(found)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _picture(text: str) -> str:
    try:
        charts.check_path(text)
    except (ImportError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text
