"""Lists of words, generated or read from a file, and picklable recipes to make them elsewhere."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

_ALPHABET = string.ascii_lowercase.encode()
# A random byte b gives the letter b % 26. Bytes from 234 = 9 * 26 on are dropped, as they would
# make the first letters of the alphabet more frequent.
_LETTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
_DROPPED = bytes(range(256 - 256 % len(_ALPHABET), 256))
_BLOCK = 1 << 16  # random bytes drawn at once


class Recipe(NamedTuple):
    """A function that makes words, and its arguments: small, however many words it makes."""

    function: Callable[..., Iterable[str]]
    arguments: tuple[Any, ...]

    def words(self) -> list[str]:
        """Make the words."""
        return listify(self.function(*self.arguments))


def generate_words(count: int, length: int = 4, seed: int = 0) -> Iterator[str]:
    """Generate random words of lower case letters.

    Args:
        count: How many words.
        length: How many letters in each word, at least 1.
        seed: The same seed gives the same words.
    """
    generator = random.Random(seed)
    letters, position = "", 0
    for _ in range(count):
        while position + length > len(letters):
            block = generator.randbytes(_BLOCK).translate(_LETTERS, _DROPPED)
            letters, position = letters[position:] + block.decode(), 0
        yield letters[position : position + length]
        position += length


def listify(words: Iterable[str]) -> list[str]:
    """A list of what a generator yields; a generator itself does not pickle."""
    return list(words)


def read_words(path: str, encoding: str, start: int, stop: int | None) -> Iterator[str]:
    """The words of a file with one word a line: lines `start` to `stop` - 1, counted from 0."""
    with open(path, encoding=encoding) as file:
        for line in islice(file, start, stop):
            yield line.rstrip("\n")


def generated_recipes(count: int, length: int, lists: int, seed: int) -> list[Recipe]:
    """Recipes for `lists` lists of generated words, `count` words in all."""
    return [
        Recipe(generate_words, (stop - start, length, seed * lists + index))
        for index, (start, stop) in enumerate(chunk_bounds(count, lists))
    ]


def file_recipes(path: str, encoding: str, count: int, lists: int) -> list[Recipe]:
    """Recipes for `lists` lists of the words of a file, which has `count` words."""
    return [
        Recipe(read_words, (path, encoding, start, stop))
        for start, stop in chunk_bounds(count, lists)
    ]


def chunk_bounds(count: int, chunks: int) -> list[tuple[int, int]]:
    """Divide `count` items into `chunks` chunks of equal size; return (start, stop) of each."""
    return [(count * each // chunks, count * (each + 1) // chunks) for each in range(chunks)]
