"""The options of the pipe sieve."""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing.context import BaseContext
from typing import NamedTuple

from demos._support import arguments
from demos._support.ranges import Range, split


class Options(NamedTuple):
    """What to sieve, and how.

    Attributes:
        ranges: The ranges in ascending order.
        count_only: Whether they are only counted.
        context: How their processes start.
        plot: The file of a picture, or None.
    """

    ranges: list[Range]
    count_only: bool
    context: BaseContext
    plot: str | None


def parse(argv: Sequence[str], description: str | None) -> Options:
    """The options on the command line; an error of the parser ends the program."""
    parser = arguments.parser("pipe_sieve", description)
    integers = parser.add_mutually_exclusive_group()
    integers.add_argument(
        "--limit",
        type=arguments.integer,
        metavar="N",
        help="the primes below N, such as 1e9 or 10**9 (default: 1e8)",
    )
    integers.add_argument(
        "--ranges",
        type=arguments.ranges,
        metavar="A-B,C-D",
        help="the primes from A on, below B, and so on, such as 10-30,30-50; A+L is A-(A+L)",
    )
    parser.add_argument(
        "--count",
        action="store_true",
        help="with --limit: only count; no range is kept or needs the primes of another one",
    )
    arguments.add_plot_option(parser, "what each process did when")
    options = parser.parse_args(argv)
    if options.ranges and options.processes not in (None, len(options.ranges)):
        parser.error("--ranges has a process for each range; leave --processes out")
    if options.ranges and options.count:
        parser.error("--count is for --limit: --ranges shows how primes go from range to range")
    limit = 10**8 if options.limit is None else options.limit
    ranges = options.ranges or split(limit, options.processes or arguments.cores())
    return Options(ranges, options.count, arguments.context(options), options.plot)
