"""Find the palindromes among many random words on a Pool, with the functions of the article.

    from multiprocessing import Pool
    from demos.palindromes import find_palindromes, make_words

    if __name__ == "__main__":
        print(Pool().map(find_palindromes, [make_words(4000, 4) for x in range(2)]))

You can't pass a generator to a Pool, nor get one back: it is a function call that is suspended,
and does not pickle. So `make_words` makes a list of what `generate_words` yields. A list of str
pickles, but to move it takes longer than to find the palindromes where the words are. Two inputs
take its place: a recipe, the function and its arguments, from which each worker makes its own
words; and a native.WordList, which keeps the words in C memory, and travels by its adapter, as do
its slices. It moves faster, though short words take more bytes in it:

        Pool().map(find_palindromes, [WordList(make_words(4000, 4)) for x in range(2)])

An adapters.Executor does not send the words of a large slice through a pipe: they go to the worker
in shared memory.

The demo does the same work in one process, with each of the three inputs on a Pool, and on an
Executor, and compares the bytes that moved, and how they did, and the times. Try --count 1e6.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from multiprocessing.pool import Pool
from typing import Any, TypeVar

import native.specs  # noqa: F401  registers WordList
from demos._support import arguments, checks, moves, supply
from demos._support.pool import WatchedPool
from demos._support.words import Recipe as Recipe  # of find_in_recipe, for who imports that
from demos._support.words import checked_words
from native import WordList

Item = TypeVar("Item")


def generate_words(word_count: int, word_length: int) -> Iterator[str]:
    """Generate random words of lower case letters."""
    if word_count < 0:
        raise ValueError(f"word_count is {word_count}; it has to be 0 or more")
    if word_length < 1:
        raise ValueError(f"word_length is {word_length}; a word has 1 letter or more")
    for _ in range(word_count):
        yield "".join(random.choices(string.ascii_lowercase, k=word_length))


def listify(f: Callable[..., Iterable[Item]], *args: Any, **kwdargs: Any) -> list[Item]:
    """A list of what the generator yields that `f(*args, **kwdargs)` returns."""
    return list(f(*args, **kwdargs))


make_words = partial(listify, generate_words)  # make_words(4000, 4) is a list of 4000 words


def find_palindromes(words: Iterable[str]) -> list[str]:
    """The words that read the same backward; the empty word does not count.

    Raises:
        TypeError: `words` is one str, or no iterable, or something in it is no str.
    """
    return [word for word in checked_words(words) if word and word == word[::-1]]


def send_generator(pool: Pool | WatchedPool) -> str:
    """Try to pass a generator to a Pool; return the error, which is pickle's."""
    try:
        pool.map(find_palindromes, [generate_words(4000, 4)])
    except TypeError as error:
        return f"TypeError: {error}"
    return "no error"


def find_in_recipe(recipe: Recipe) -> list[str]:
    """The palindromes among the words that a worker makes by itself."""
    return find_palindromes(recipe.words())


def find_native(words: WordList) -> list[str]:
    """The palindromes of a WordList, found in C; `find_palindromes` takes one, too."""
    return words.palindromes()


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = arguments.parser("palindromes", __doc__, processes=2)
    supply.add_options(parser)
    options = parser.parse_args(argv)
    try:
        words = supply.prepare(options, generate_words)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(words.description, end="\n\n")

    context, processes = arguments.context(options), options.processes
    functions = (find_palindromes, find_in_recipe, find_native)
    with moves.recorded("finding palindromes", 6) as record:
        with WatchedPool(context, processes, *functions) as pool:
            record.search_here("one process, lists of str", find_palindromes, words.lists)
            record.search_on(pool, "Pool.map, lists of str", find_palindromes, words.lists)
            record.search_on(pool, "Pool.map, recipes *", find_in_recipe, words.recipes)
            record.search_here("one process, a WordList", find_native, [words.whole])
            record.search_on(pool, "Pool.map, WordList slices", find_native, words.slices)
            refusal = send_generator(pool)
        with moves.started_executor(context, processes) as executor:
            way = "adapters.Executor, WordList slices"
            record.search_on(executor, way, find_native, words.slices)
    return _report(record.ways, refusal, words.recipes[0])


def _report(ways: list[moves.Measurement], refusal: str, recipe: Recipe) -> int:
    print(moves.comparison(ways))
    print("* this time includes making the words, in the workers")
    print(f"An Executor moves parts of {moves.LARGE:,} bytes or more in shared memory.\n")
    factor = ways[1].seconds / max(ways[0].seconds, 1e-9)
    print(f"With lists of str, the Pool takes {factor:,.1f} times as long as one process.\n")
    found = ways[0].found
    print(f"palindromes: {moves.beginning(found) or 'none'}")
    print(f"a generator as input: {refusal}")
    print("What moves in its place is a list, or a recipe, the function and its arguments:")
    print(f"  {recipe}\n")
    same = all(way.found == found for way in ways)
    return checks.report(
        same and all(word == word[::-1] for word in found),
        f"{len(ways)} ways found the same {len(found):,} palindromes",
    )
