"""Find the palindromes among many words on a Pool: what it costs to move the words there.

The article makes random words with a generator and looks for palindromes in a Pool. A generator
does not pickle: it is a frame in the middle of a function. A list of str does, but moving it takes
longer than finding the palindromes where the words are. Two inputs are cheaper: a recipe, the
function and its arguments, from which each worker makes its own words; and slices of a
native.WordList, which keeps the words in C memory and travels by its adapter. An adapters.Executor
does not send the words of a slice through a pipe: they go to the worker in shared memory.

The demo does the same work in one process, with each of the three inputs on a Pool, and on an
Executor, and compares the bytes that moved, and how they did, and the times. Try --count 4e6.
"""

from __future__ import annotations

import argparse
import os
import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.reduction import ForkingPickler
from multiprocessing.synchronize import Barrier
from pickle import PickleBuffer
from typing import Any, NamedTuple

import adapters
import native.specs  # noqa: F401  registers WordList
from demos._support import arguments, checks, clusters, interrupts
from demos._support.pool import WatchedPool
from demos._support.progress import progress
from demos._support.table import milliseconds, table
from demos._support.words import (
    Recipe,
    chunk_bounds,
    file_recipes,
    generate_words,
    generated_recipes,
    listify,
    read_words,
)
from demos._support.workers import REPLY_TIMEOUT, WorkerError
from native import WordList

__all__ = ["find_palindromes", "generate_words", "listify", "main", "make_words"]

FEW = 15  # palindromes to print
STR_OVERHEAD = 57  # bytes that a str takes beside its letters, with its place in a list
MOST = 10**10  # bytes of words
LARGE = 1 << 17  # bytes of a part that an Executor moves in shared memory, and not through a pipe


def make_words(
    count: int = 8000, length: int = 4, lists: int = 2, seed: int = 0
) -> list[list[str]]:
    """`lists` lists of random words, `count` words in all."""
    return [recipe.words() for recipe in generated_recipes(count, length, lists, seed)]


def find_palindromes(words: Iterable[str]) -> list[str]:
    """The words that read the same backward; the empty word does not count."""
    return [word for word in words if word and word == word[::-1]]


def find_in_recipe(recipe: Recipe) -> list[str]:
    """The palindromes among the words that a recipe makes."""
    return find_palindromes(recipe.words())


def find_native(words: WordList) -> list[str]:
    """The palindromes of a WordList, found in C."""
    return words.palindromes()


class Moved(NamedTuple):
    """The bytes that went through a pipe, and those that went through shared memory."""

    by_pipe: int
    by_memory: int


NOTHING = Moved(0, 0)


class Measurement(NamedTuple):
    """One method: the bytes that moved to the workers and back, the time, and the palindromes."""

    method: str
    sent: Moved
    returned: Moved
    seconds: float
    found: list[str]


def in_one_process(
    method: str, find: Callable[[Any], list[str]], inputs: Sequence[Any]
) -> Measurement:
    """Find the palindromes in this process, where nothing moves."""
    start = time.perf_counter()
    found = [word for each in inputs for word in find(each)]
    return Measurement(method, NOTHING, NOTHING, time.perf_counter() - start, found)


def on_workers(
    method: str,
    workers: WatchedPool | adapters.Executor,
    find: Callable[[Any], list[str]],
    inputs: Sequence[Any],
) -> Measurement:
    """Find the palindromes with `map`; the bytes are counted after the time is taken.

    Raises:
        WorkerError: a worker ended.
    """
    start = time.perf_counter()
    try:
        results = list(workers.map(find, inputs))
    except BrokenExecutor as error:
        raise WorkerError(f"a worker of the Executor ended: {error}") from None
    seconds = time.perf_counter() - start
    found = [word for each in results for word in each]
    count = in_pool if isinstance(workers, WatchedPool) else in_executor
    return Measurement(method, count(inputs), count(results), seconds, found)


def in_pool(moved: Sequence[Any]) -> Moved:
    """How objects move through a Pool, each in a message."""
    return Moved(sum(len(ForkingPickler.dumps(each)) for each in moved), 0)


def in_executor(moved: Sequence[Any]) -> Moved:
    """How objects move through an adapters.Executor, where there is room in shared memory."""
    sizes = []
    for each in moved:
        buffers: list[PickleBuffer] = []
        sizes.append(len(adapters.dumps(each, buffer_callback=buffers.append)))
        sizes += [buffer.raw().nbytes for buffer in buffers]
    shared = sum(size for size in sizes if size >= LARGE)
    return Moved(sum(sizes) - shared, shared)


@contextmanager
def started_executor(context: BaseContext, processes: int) -> Iterator[adapters.Executor]:
    """An Executor whose workers run, and have imported what they need."""
    barrier = context.Barrier(processes)
    initializer = (_keep_barrier, (barrier,))
    with clusters.executor("processes", processes, context, initializer) as executor:
        with interrupts.deferred():  # all but the first worker start here
            on_workers("", executor, _meet, [WordList([])] * processes)
        yield executor


_barrier: Barrier


def _keep_barrier(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _meet(words: WordList) -> list[str]:
    """A task that ends when each worker has one of them."""
    _barrier.wait(REPLY_TIMEOUT)
    return words.palindromes()


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = arguments.parser("palindromes", __doc__, processes=2)
    parser.add_argument(
        "--count", type=arguments.integer, metavar="N", help="how many words (default: 8000)"
    )
    parser.add_argument(
        "--length",
        type=arguments.integer_in(1, 10_000),
        metavar="N",
        help="letters in a word (default: 4)",
    )
    parser.add_argument("--seed", type=arguments.integer, metavar="N", help="which random words")
    parser.add_argument("--words", metavar="FILE", help="take the words of a file, one a line")
    parser.add_argument(
        "--encoding", type=_encoding, metavar="NAME", help="of the file (default: utf-8-sig)"
    )
    options = parser.parse_args(argv)
    processes = options.processes
    start = time.perf_counter()
    try:
        recipes, source = _recipes(options, processes)
        lists = [recipe.words() for recipe in recipes]
        made = time.perf_counter() - start
        whole = WordList([word for words in lists for word in words])
    except (OSError, ValueError) as error:
        parser.error(str(error))
    packed = time.perf_counter() - start - made
    slices = [whole[start:stop] for start, stop in chunk_bounds(len(whole), processes)]
    print(f"{len(whole):,} words, {source}, in {processes} lists: made in {milliseconds(made)},")
    print(f"packed into a native.WordList of {whole.nbytes:,} bytes in {milliseconds(packed)}\n")

    functions = (find_palindromes, find_in_recipe, find_native)
    context = arguments.context(options)
    measured: list[Measurement] = []
    with progress("finding palindromes", 6) as update:

        def run(measure: Callable[..., Measurement], method: str, *inputs: Any) -> None:
            update(method, len(measured))
            measured.append(measure(method, *inputs))

        with WatchedPool(context, processes, *functions) as pool:
            run(in_one_process, "one process, lists of str", find_palindromes, lists)
            run(on_workers, "Pool.map, lists of str", pool, find_palindromes, lists)
            run(on_workers, "Pool.map, recipes *", pool, find_in_recipe, recipes)
            run(in_one_process, "one process, a WordList", find_native, [whole])
            run(on_workers, "Pool.map, WordList slices", pool, find_native, slices)
        with started_executor(context, processes) as executor:
            run(on_workers, "adapters.Executor, WordList slices", executor, find_native, slices)
    _print_results(measured, recipes)
    found = measured[0].found
    same = all(each.found == found for each in measured)
    return checks.report(
        same and all(word == word[::-1] for word in found),
        f"{len(measured)} ways found the same {len(found):,} palindromes",
    )


def _print_results(measured: list[Measurement], recipes: list[Recipe]) -> None:
    first = measured[0].seconds
    rows = [
        (
            each.method,
            f"{each.sent.by_pipe:,}",
            f"{each.sent.by_memory:,}",
            f"{sum(each.returned):,}",
            milliseconds(each.seconds),
            f"{each.seconds / max(first, 1e-9):,.2f}",
        )
        for each in measured
    ]
    print(table(("method", "bytes by pipe", "by memory", "back", "time", "to first"), rows))
    print("* the workers make the words, too, which the other times do not include")
    print(f"An Executor moves the parts of an object from {LARGE:,} bytes on in shared memory.\n")
    factor = measured[1].seconds / max(first, 1e-9)
    print(f"With lists of str, the Pool takes {factor:,.1f} times as long as one process.\n")
    found = measured[0].found
    shown = " ".join(found[:FEW]) + (" ..." if len(found) > FEW else "")
    print(f"palindromes: {shown or 'none'}")
    generator = recipes[0].function(*recipes[0].arguments)
    try:
        pickle.dumps(generator)
    except TypeError as error:
        print(f"a generator as input: TypeError: {error}: it is a frame in the middle of its")
        print("function. What moves in its place is a recipe, the function and its arguments:")
        print(f"  {recipes[0].function.__name__}{recipes[0].arguments}\n")


def _recipes(options: argparse.Namespace, lists: int) -> tuple[list[Recipe], str]:
    """A recipe for each list of words, and where the words come from."""
    if options.words is None:
        if options.encoding is not None:
            raise ValueError("--encoding is that of --words FILE")
        count = 8000 if options.count is None else options.count
        length = 4 if options.length is None else options.length
        if (size := count * (STR_OVERHEAD + length)) > MOST:
            raise ValueError(f"as str, {count:,} words take {size:,} bytes; {MOST:,} is the most")
        recipes = generated_recipes(count, length, lists, options.seed or 0)
        return recipes, f"random ones of {length} letters"
    if (options.count, options.length, options.seed) != (None, None, None):
        raise ValueError("--count, --length and --seed are for generated words, not for --words")
    encoding = options.encoding or "utf-8-sig"
    try:
        count = sum(1 for _ in read_words(options.words, encoding, 0, None))
    except UnicodeError as error:
        raise ValueError(f"{options.words}: {error}; name its --encoding") from None
    recipes = file_recipes(options.words, encoding, count, lists)
    return recipes, f"those of {os.path.basename(options.words)}"


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise argparse.ArgumentTypeError(f"{name!r} is not a text encoding") from None
    return name
