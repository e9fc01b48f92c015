"""Recipes for words, their division, and the refusal of what is no word."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos._support.words import (
    Recipe,
    checked_words,
    chunk_bounds,
    file_recipes,
    generated_recipes,
    read_words,
)
from demos.palindromes import generate_words
from native import WordList


class Word(str):
    """A str in a class of its own."""


def fail_after_a_word() -> Iterator[str]:
    yield random.choice(["noon", "level"])
    raise ValueError("no more words")


def test_recipes_make_the_same_words_anywhere() -> None:
    recipes = generated_recipes(generate_words, 1001, 4, 3, seed=7)
    lists = [recipe.words() for recipe in recipes]
    assert [len(words) for words in lists] == [333, 334, 334]
    assert lists == [recipe.words() for recipe in recipes]
    assert recipes[0] == Recipe(generate_words, (333, 4), 21)
    assert str(recipes[0]) == "generate_words(333, 4), after random.seed(21)"


@pytest.mark.parametrize("lists", [1, 2, 5])
def test_no_two_lists_are_the_same(lists: int) -> None:
    recipes = [
        recipe
        for seed in (0, 1, 2)
        for recipe in generated_recipes(generate_words, 20 * lists, 8, lists, seed)
    ]
    assert len({tuple(recipe.words()) for recipe in recipes}) == 3 * lists


def test_a_recipe_leaves_random_as_it_was() -> None:
    random.seed(5)
    expected = [random.random() for _ in range(3)]
    random.seed(5)
    found = [random.random()]
    Recipe(generate_words, (10, 4), 1).words()
    found.append(random.random())
    with pytest.raises(ValueError, match="no more words"):
        Recipe(fail_after_a_word, (), 1).words()
    assert [*found, random.random()] == expected


def test_a_recipe_without_a_seed_does_not_seed() -> None:
    recipe = Recipe(generate_words, (10, 4))
    assert recipe.words() != recipe.words()
    assert str(recipe) == "generate_words(10, 4)"


def test_the_lines_of_a_file_are_divided(tmp_path: Path) -> None:
    file = tmp_path / "words"
    file.write_bytes("Ana\r\nété\n\nötö\nx".encode("utf-16"))
    recipes = file_recipes(str(file), "utf-16", 5, 2)
    assert [recipe.words() for recipe in recipes] == [["Ana", "été"], ["", "ötö", "x"]]
    assert list(read_words(str(file), "utf-16", 0, None)) == ["Ana", "été", "", "ötö", "x"]


@given(st.integers(0, 1000), st.integers(1, 20))
def test_chunks_cover_everything_once(count: int, chunks: int) -> None:
    found = [number for start, stop in chunk_bounds(count, chunks) for number in range(start, stop)]
    assert found == list(range(count))


@pytest.mark.parametrize(
    "words",
    [["ab", "", "noon"], ("a", Word("b")), {"key": 1}, WordList(["x", "été"]), [Word("noon")], []],
    ids=repr,
)
def test_any_iterable_of_str_is_words(words: object) -> None:
    expected = list(words)  # type: ignore[call-overload]
    assert list(checked_words(words)) == expected  # type: ignore[arg-type]
    assert list(checked_words(word for word in expected)) == expected


ONE = "which would be read letter by letter; pass a list of words, such as [word], and to a Pool"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("noon", f"words is the str 'noon', {ONE} a list of such lists"),
        ("", "words is the str '', which"),
        (b"noon", "words is the bytes b'noon', which"),
        (None, "words is None; pass a list or another iterable of str"),
        (7, "words is the int 7; pass a list or"),
        ([["ab", "ba"]], "words[0] is the list ['ab', 'ba'], and a word is a str; pass one list"),
        (["a", [1, 2, 1]], "words[1] is the list [1, 2, 1], and a word is a str; pass one list of"),
        ([b"abba"], "words[0] is the bytes b'abba', and a word is a str; decode it"),
        (["a", None], "words[1] is None, and a word is a str; leave it out, or"),
        (("a", "b", 0), "words[2] is the int 0, and a word is a str; leave it out, or make a str"),
        (iter(["a", ()]), "words[1] is the tuple (), and a word is a str; pass one list"),
        ([WordList(["a"])], "words[0] is the WordList <native.WordList, 1 words>, and a word"),
    ],
    ids=repr,
)
def test_what_is_no_word_is_refused(words: object, reason: str) -> None:
    with pytest.raises(TypeError, match="^" + re.escape(reason)):
        checked_words(words)  # type: ignore[arg-type]


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(TypeError) as raised:
        checked_words("noon" * 1000)
    assert len(str(raised.value)) < 200
