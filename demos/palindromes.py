"""Find the palindromes among many words on a Pool: what it costs to move the words there.

The article makes random words with a generator and looks for palindromes in a Pool. A generator
does not pickle: it is a frame in the middle of a function. A list of str does, but moving it takes
longer than finding the palindromes where the words are. Two inputs are cheaper: a recipe, the
function and its arguments, from which each worker makes its own words; and slices of a
native.WordList, which keeps the words in C memory and travels by its adapter.

The demo does the same work in one process and with each of the three inputs, and compares the
bytes that moved and the times.
"""

from __future__ import annotations

import argparse
import os
import pickle
import time
from collections.abc import Callable, Iterable, Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any, NamedTuple

import native.specs  # noqa: F401  registers WordList
from demos import arguments, checks
from demos.pool import WatchedPool
from demos.progress import progress
from demos.table import milliseconds, table
from demos.words import (
    Recipe,
    chunk_bounds,
    file_recipes,
    generate_words,
    generated_recipes,
    listify,
    read_words,
)
from native import WordList

__all__ = ["find_palindromes", "generate_words", "listify", "main", "make_words"]

FEW = 15  # palindromes to print
STR_OVERHEAD = 57  # bytes that a str takes beside its letters, with its place in a list
MOST = 10**10  # bytes of words


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


class Measurement(NamedTuple):
    """One method: the bytes that moved to the workers and back, the time, and the palindromes."""

    method: str
    sent: int
    returned: int
    seconds: float
    found: list[str]


def in_one_process(
    method: str, find: Callable[[Any], list[str]], inputs: Sequence[Any]
) -> Measurement:
    """Find the palindromes in this process, where nothing moves."""
    start = time.perf_counter()
    found = [word for each in inputs for word in find(each)]
    return Measurement(method, 0, 0, time.perf_counter() - start, found)


def on_a_pool(
    method: str, pool: WatchedPool, find: Callable[[Any], list[str]], inputs: Sequence[Any]
) -> Measurement:
    """Find the palindromes with `Pool.map`; the bytes are counted after the time is taken."""
    start = time.perf_counter()
    results = pool.map(find, inputs)
    seconds = time.perf_counter() - start
    found = [word for each in results for word in each]
    return Measurement(method, _pickled_size(inputs), _pickled_size(results), seconds, found)


def _pickled_size(moved: Sequence[Any]) -> int:
    return sum(len(ForkingPickler.dumps(each)) for each in moved)


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
    with (
        WatchedPool(arguments.context(options), processes, *functions) as pool,
        progress("finding palindromes", 5) as update,
    ):
        measured: list[Measurement] = []

        def run(measure: Callable[..., Measurement], method: str, *inputs: Any) -> None:
            update(method, len(measured))
            measured.append(measure(method, *inputs))

        run(in_one_process, "one process, lists of str", find_palindromes, lists)
        run(on_a_pool, "Pool.map, lists of str", pool, find_palindromes, lists)
        run(on_a_pool, "Pool.map, recipes *", pool, find_in_recipe, recipes)
        run(in_one_process, "one process, a WordList", find_native, [whole])
        run(on_a_pool, "Pool.map, WordList slices", pool, find_native, slices)
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
            f"{each.sent:,}",
            f"{each.returned:,}",
            milliseconds(each.seconds),
            f"{each.seconds / max(first, 1e-9):,.2f}",
        )
        for each in measured
    ]
    print(table(("method", "bytes sent", "bytes returned", "time", "to first"), rows))
    print("* the workers make the words, too, which the other times do not include\n")
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
