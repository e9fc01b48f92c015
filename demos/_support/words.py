"""Lists of words: recipes to make them elsewhere, their division, and a check of what is a word."""

from __future__ import annotations

import random
import reprlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple


class Recipe(NamedTuple):
    """A function that makes words, and its arguments: small, however many words it makes.

    With a seed, the words are the same in each process, if they depend on the module `random`.
    """

    function: Callable[..., Iterable[str]]
    arguments: tuple[Any, ...]
    seed: int | None = None

    def words(self) -> list[str]:
        """Make the words; other users of `random` do not notice the seed."""
        if self.seed is None:
            return list(self.function(*self.arguments))
        state = random.getstate()
        random.seed(self.seed)
        try:
            return list(self.function(*self.arguments))
        finally:
            random.setstate(state)

    def __str__(self) -> str:
        call = f"{self.function.__name__}({', '.join(map(repr, self.arguments))})"
        return call if self.seed is None else f"{call}, after random.seed({self.seed})"


def generated_recipes(
    generate: Callable[[int, int], Iterable[str]], count: int, length: int, lists: int, seed: int
) -> list[Recipe]:
    """Recipes for `lists` lists, `count` words in all, each list with a seed of its own.

    Args:
        generate: A function of the number of words and of the letters in each.
        count: How many words.
        length: How many letters in each word.
        lists: How many lists.
        seed: Two seeds give different words, for the same number of lists.
    """
    return [
        Recipe(generate, (stop - start, length), seed * lists + index)
        for index, (start, stop) in enumerate(chunk_bounds(count, lists))
    ]


def file_recipes(path: str, encoding: str, count: int, lists: int) -> list[Recipe]:
    """Recipes for `lists` lists of the words of a file, which has `count` words."""
    return [
        Recipe(read_words, (path, encoding, start, stop))
        for start, stop in chunk_bounds(count, lists)
    ]


def read_words(path: str, encoding: str, start: int, stop: int | None) -> Iterator[str]:
    """The words of a file with one word a line: lines `start` to `stop` - 1, counted from 0."""
    with open(path, encoding=encoding) as file:
        for line in islice(file, start, stop):
            yield line.rstrip("\n")


def chunk_bounds(count: int, chunks: int) -> list[tuple[int, int]]:
    """Divide `count` items into `chunks` chunks of equal size; return (start, stop) of each."""
    return [(count * each // chunks, count * (each + 1) // chunks) for each in range(chunks)]


def checked_words(words: Iterable[str]) -> Sequence[str]:
    """The words, of which each is a str, in a list.

    Much else reads the same backward, too: [1, 2, 1] and b"abba" equal their reverse.

    Raises:
        TypeError: `words` is one str, or no iterable, or something in it is no str.
    """
    if isinstance(words, (str, bytes, bytearray)):
        raise TypeError(
            f"words is {_described(words)}, which would be read letter by letter; pass a list of"
            " words, such as [word], and to a Pool a list of such lists"
        )
    try:
        iterator = iter(words)
    except TypeError:
        raise TypeError(
            f"words is {_described(words)}; pass a list or another iterable of str"
        ) from None
    listed = words if isinstance(words, list) else list(iterator)
    if not all(issubclass(each, str) for each in set(map(type, listed))):  # of few types
        index, wrong = next(
            (index, word) for index, word in enumerate(listed) if not isinstance(word, str)
        )
        raise TypeError(
            f"words[{index}] is {_described(wrong)}, and a word is a str; {_way(wrong)}"
        )
    return listed


def _described(wrong: object) -> str:
    """The value and its type, such as "the int 121"."""
    if wrong is None:
        return "None"
    return f"the {type(wrong).__qualname__} {reprlib.repr(wrong)}"


def _way(wrong: object) -> str:
    """What to do about something that is no word."""
    if isinstance(wrong, (bytes, bytearray)):
        return "decode it, as by word.decode()"
    if isinstance(wrong, Iterable):
        return "pass one list of words at a time, as Pool.map does with a list of lists"
    return "leave it out, or make a str of it"
