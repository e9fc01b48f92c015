"""Words to look for palindromes in: generated, read from a file, or as a recipe for either."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

_ALPHABET = string.ascii_lowercase.encode()
# Byte b stands for letter b % 26; the bytes left over would make some letters more frequent.
_EVEN = 256 - 256 % len(_ALPHABET)
_LETTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
_UNEVEN = bytes(range(_EVEN, 256))
_BLOCK = 1 << 16


class Recipe(NamedTuple):
    """How to make words: a function and its arguments, which are small whatever it makes."""

    function: Callable[..., Iterable[str]]
    arguments: tuple[Any, ...]

    def words(self) -> list[str]:
        """Make them."""
        return listify(self.function(*self.arguments))


def generate_words(count: int, length: int = 4, seed: int = 0) -> Iterator[str]:
    """Random words of lower case letters, as a generator.

    Args:
        count: How many.
        length: Letters in each, at least 1.
        seed: The same seed gives the same words.
    """
    drawn = random.Random(seed)
    letters, position = "", 0
    for _ in range(count):
        while position + length > len(letters):
            block = drawn.randbytes(_BLOCK).translate(_LETTERS, _UNEVEN)
            letters, position = letters[position:] + block.decode(), 0
        yield letters[position : position + length]
        position += length


def listify(words: Iterable[str]) -> list[str]:
    """A list of what a generator yields, since a generator cannot be passed to another process."""
    return list(words)


def read_words(path: str, encoding: str, start: int, stop: int | None) -> Iterator[str]:
    """The words of a file, one a line, from line `start` (0 is the first) on, before `stop`."""
    with open(path, encoding=encoding) as file:
        for line in islice(file, start, stop):
            yield line.rstrip("\n")


def generated_recipes(count: int, length: int, lists: int, seed: int) -> list[Recipe]:
    """Recipes of `lists` lists of generated words, `count` in all."""
    return [
        Recipe(generate_words, (stop - start, length, seed * lists + index))
        for index, (start, stop) in enumerate(shares(count, lists))
    ]


def file_recipes(path: str, encoding: str, count: int, lists: int) -> list[Recipe]:
    """Recipes of `lists` lists of a file's words, of which there are `count`."""
    return [
        Recipe(read_words, (path, encoding, start, stop)) for start, stop in shares(count, lists)
    ]


def shares(count: int, parts: int) -> list[tuple[int, int]]:
    """`count` things in `parts` shares of one size, as (start, stop) of each."""
    return [(count * part // parts, count * (part + 1) // parts) for part in range(parts)]
