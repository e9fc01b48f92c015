"""The arguments that the demos share, and how numbers may be written in them."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sys
from decimal import Decimal
from multiprocessing.context import BaseContext

from demos.ranges import TOP, Range, checked

# Windows waits for 63 handles at once, and each child has two.
MOST_PROCESSES = 30 if sys.platform == "win32" else 256


def parser(
    name: str, description: str | None, processes: int | None = None
) -> argparse.ArgumentParser:
    """A parser with --processes and --start-method.

    Args:
        name: The demo's name.
        description: Its docstring.
        processes: The default number of processes; None means one per core.
    """
    made = argparse.ArgumentParser(
        prog=f"demos {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "--processes",
        type=process_count,
        metavar="N",
        help=f"how many processes (default: {processes or 'one per core'})",
    )
    made.add_argument(
        "--start-method",
        choices=multiprocessing.get_all_start_methods(),
        help="how processes start (default: the platform's way)",
    )
    return made


def context(arguments: argparse.Namespace) -> BaseContext:
    """The multiprocessing context of --start-method."""
    made: BaseContext = multiprocessing.get_context(arguments.start_method)
    return made


def cores() -> int:
    """How many cores this process may use, at most MOST_PROCESSES."""
    usable = getattr(os, "sched_getaffinity", None)
    return min(len(usable(0)) if usable else os.cpu_count() or 1, MOST_PROCESSES)


def process_count(text: str) -> int:
    """A number of processes."""
    count = number(text)
    if not 1 <= count <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to {MOST_PROCESSES}")
    return count


def number(text: str) -> int:
    """A whole number from 0 to 2**63, written as 1000000, 1_000_000, 1e6, 10**6 or 10^6."""
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
    if value > TOP:
        raise argparse.ArgumentTypeError(f"{text} is more than 2**63")
    return value


def ranges(text: str) -> list[Range]:
    """Ranges without overlaps, such as 10-30,30-50; 1e12+1e6 is 1e6 integers from 1e12 on."""
    found = []
    for item in text.split(","):
        parts = re.fullmatch(r"\s*([^-+\s]+)\s*([-+])\s*([^-\s]+)\s*", item)
        if parts is None:
            raise argparse.ArgumentTypeError(f"{item!r} is not a range such as 10-30")
        first, last = number(parts[1]), number(parts[3])
        found.append((first, first + last if parts[2] == "+" else last))
    if len(found) > MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"{len(found)} ranges; at most {MOST_PROCESSES} can be")
    try:
        return checked(found)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
