"""One class made to travel: by a hand-written layer, by one register call, by a lambda adapter.

The class of this demo keeps its numbers in C memory, and pickle refuses it. The article's remedy is
a layer written by hand: extract the essential information, send that, and construct a new object
from it on the other side. Both processes must call the layer for each object, and it does not help
for an object inside a list. adapters is that layer, written once: after one register call the
objects themselves travel, and the child knows neither function.

Each part sends an object to a child process, which adds its own counts and sends back a new one.
"""

from __future__ import annotations

import pickle
import string
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

from cffi import FFI

import adapters
from demos._support import arguments, checks
from demos._support.progress import progress
from demos._support.workers import PIPE, WorkerGroup

_ffi = FFI()

PARENT_TEXT = "the quick brown fox jumps over the lazy dog"
CHILD_TEXT = "a man a plan a canal panama"


class LetterCounts:
    """How often each letter from a to z occurs in a text: 26 numbers in C memory."""

    def __init__(self, text: str = "") -> None:
        self._numbers = _ffi.new("uint64_t[26]")
        for letter in text:
            if letter in string.ascii_lowercase:
                self._numbers[ord(letter) - ord("a")] += 1

    def __add__(self, other: LetterCounts) -> LetterCounts:
        total = LetterCounts()
        for index in range(26):
            total._numbers[index] = self._numbers[index] + other._numbers[index]
        return total

    def numbers(self) -> list[int]:
        """The 26 numbers."""
        return list(self._numbers)

    @classmethod
    def of_numbers(cls, numbers: Sequence[int]) -> LetterCounts:
        """Counts with these 26 numbers."""
        made = cls()
        made._numbers[0:26] = list(numbers)
        return made


# The hand-written layer: two functions, and a child that must call both.


def extract(counts: LetterCounts) -> dict[str, int]:
    """The essential information: the letters that occur, and how often."""
    return {a: n for a, n in zip(string.ascii_lowercase, counts.numbers(), strict=True) if n}


def make(state: dict[str, int]) -> LetterCounts:
    """A new object from what `extract` returned."""
    return LetterCounts.of_numbers([state.get(letter, 0) for letter in string.ascii_lowercase])


def add_by_hand(connection: Connection) -> None:
    """A child that calls `make` for what it receives, and `extract` for what it sends."""
    counts = make(connection.recv())
    connection.send(extract(counts + LetterCounts(CHILD_TEXT)))


def add(connection: Connection) -> None:
    """A child that receives and sends the objects themselves, in a list."""
    connection.send([counts + LetterCounts(CHILD_TEXT) for counts in connection.recv()])


def exchange(context: BaseContext, child: Callable[[Connection], None], sent: Any) -> Any:
    """Send `sent` to a new process that runs `child`; return what that sends back."""
    with WorkerGroup(context, PIPE) as group:
        worker = group.start(f"the process of {child.__name__}", child)
        with progress("waiting for a child") as update:
            update("", 0)
            worker.send(lambda: sent)
            return group.gather([worker])[0]


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    options = arguments.parser("by_hand", __doc__, processes=1).parse_args(argv)
    context = arguments.context(options)
    children = options.processes
    counts = LetterCounts(PARENT_TEXT)
    expected = (counts + LetterCounts(CHILD_TEXT)).numbers()
    arrived: list[list[int]] = []

    print("1. with nothing\n")
    _print_error(counts)

    print("2. with a layer written by hand\n")
    print("     parent: connection.send(extract(counts)); result = make(connection.recv())")
    print("     child:  counts = make(connection.recv()); ...; connection.send(extract(result))\n")
    for _ in range(children):
        arrived.append(make(exchange(context, add_by_hand, extract(counts))).numbers())
    _print_result(arrived[-1], pickle.dumps(extract(counts)))
    print("   Each program that sends one repeats this, and inside a list it does not help:\n")
    _print_error([counts])

    print("3. with one register call\n")
    print("     adapters.register(LetterCounts, extract, make)\n")
    print("     parent: connection.send([counts]); [result] = connection.recv()")
    print("     child:  knows neither extract nor make\n")
    arrived += _with_adapter(context, children, counts, extract, make)

    print("4. with a lambda adapter\n")
    print("     adapters.register(")
    print("         LetterCounts, lambda c: c.numbers(), lambda n: LetterCounts.of_numbers(n)")
    print("     )\n")
    arrived += _with_adapter(
        context,
        children,
        counts,
        lambda counts: counts.numbers(),
        lambda numbers: LetterCounts.of_numbers(numbers),
    )
    return checks.report(
        all(numbers == expected for numbers in arrived),
        f"{len(arrived)} objects went to another process and a new one came back of each",
    )


def _with_adapter(
    context: BaseContext,
    children: int,
    counts: LetterCounts,
    serialize: Callable[[LetterCounts], Any],
    factory: Callable[[Any], LetterCounts],
) -> list[list[int]]:
    adapters.register(LetterCounts, serialize, factory)
    try:
        arrived = []
        for _ in range(children):
            [result] = exchange(context, add, [counts])
            arrived.append(result.numbers())
        _print_result(arrived[-1], pickle.dumps([counts]))
    finally:
        adapters.unregister(LetterCounts)
    return arrived


def _print_error(value: object) -> None:
    shown = "[counts]" if isinstance(value, list) else "counts"
    try:
        pickle.dumps(value)
    except TypeError as error:
        print(f"     >>> pickle.dumps({shown})\n     TypeError: {error}\n")


def _print_result(numbers: list[int], payload: bytes) -> None:
    print(f"   sent {len(payload)} bytes; a child's result has {sum(numbers)} letters\n")
