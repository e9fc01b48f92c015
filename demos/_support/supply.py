"""The words that a command line asks for, in each form that can be searched."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from demos._support import arguments
from demos._support.table import milliseconds
from demos._support.words import (
    Recipe,
    chunk_bounds,
    file_recipes,
    generated_recipes,
    read_words,
)
from native import WordList

STR_OVERHEAD = 57  # bytes that a str takes beside its letters, with its place in a list
MOST = 10**10  # bytes of words

Generate = Callable[[int, int], Iterable[str]]


class Supply(NamedTuple):
    """The same words in each form, and a text about them.

    Attributes:
        recipes: One for each process.
        lists: What the recipes make.
        whole: All words.
        slices: As many words of `whole` as each list has.
        description: Where the words are from, and how long it took to make them.
    """

    recipes: list[Recipe]
    lists: list[list[str]]
    whole: WordList
    slices: list[WordList]
    description: str


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which words; `prepare` reads them."""
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


def prepare(options: argparse.Namespace, generate: Generate) -> Supply:
    """Make the words.

    Args:
        options: What a parser with `add_options` has parsed.
        generate: A function of the number of words and of the letters in each.

    Raises:
        OSError: the file cannot be read.
        ValueError: the options contradict each other, or the words are too many, or the file is
            not in this encoding.
    """
    start = time.perf_counter()
    recipes, source = _recipes(options, generate)
    lists = [recipe.words() for recipe in recipes]
    made = time.perf_counter()
    whole = WordList(word for words in lists for word in words)
    packed = time.perf_counter()
    bounds = chunk_bounds(len(whole), len(recipes))
    description = (
        f"{len(whole):,} words, {source}, in {len(lists)} lists:"
        f" made in {milliseconds(made - start)},\npacked into a native.WordList of"
        f" {whole.nbytes:,} bytes in {milliseconds(packed - made)}"
    )
    slices = [whole[first:last] for first, last in bounds]
    return Supply(recipes, lists, whole, slices, description)


def _recipes(options: argparse.Namespace, generate: Generate) -> tuple[list[Recipe], str]:
    """A recipe for each process, and where the words come from."""
    if options.words is not None:
        return _file_recipes(options)
    if options.encoding is not None:
        raise ValueError("--encoding is that of --words FILE")
    count = 8000 if options.count is None else options.count
    length = 4 if options.length is None else options.length
    if (size := count * (STR_OVERHEAD + length)) > MOST:
        raise ValueError(f"as str, {count:,} words take {size:,} bytes; {MOST:,} is the most")
    recipes = generated_recipes(generate, count, length, options.processes, options.seed or 0)
    return recipes, f"random ones of {length} letters"


def _file_recipes(options: argparse.Namespace) -> tuple[list[Recipe], str]:
    if (options.count, options.length, options.seed) != (None, None, None):
        raise ValueError("--count, --length and --seed are for generated words, not for --words")
    encoding = options.encoding or "utf-8-sig"
    try:
        count = sum(1 for _ in read_words(options.words, encoding, 0, None))
    except UnicodeError as error:
        raise ValueError(f"{options.words}: {error}; name its --encoding") from None
    recipes = file_recipes(options.words, encoding, count, options.processes)
    return recipes, f"those of {os.path.basename(options.words)}"


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise argparse.ArgumentTypeError(f"{name!r} is not a text encoding") from None
    return name
