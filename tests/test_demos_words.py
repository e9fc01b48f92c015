"""Words that are generated or read from a file, and recipes for them."""

from __future__ import annotations

import re
from pathlib import Path
from types import GeneratorType

from hypothesis import given
from hypothesis import strategies as st

from demos._support.words import (
    Recipe,
    chunk_bounds,
    file_recipes,
    generate_words,
    generated_recipes,
    listify,
    read_words,
)
from demos.palindromes import make_words


def test_generate_words_is_a_generator_of_random_lower_case_words() -> None:
    words = generate_words(50_000, 5, seed=1)
    assert isinstance(words, GeneratorType)
    found = listify(words)
    assert len(found) == 50_000
    assert all(re.fullmatch("[a-z]{5}", word) for word in found)
    letters = "".join(found)
    for letter in "abcdefghijklmnopqrstuvwxyz":  # of each about 9,615, give or take 97
        assert 9_000 < letters.count(letter) < 10_250
    assert found == listify(generate_words(50_000, 5, seed=1))
    assert found != listify(generate_words(50_000, 5, seed=2))


def test_recipes_make_the_same_words_anywhere() -> None:
    recipes = generated_recipes(1001, 4, 3, seed=7)
    assert [len(recipe.words()) for recipe in recipes] == [333, 334, 334]
    assert [recipe.words() for recipe in recipes] == make_words(1001, 4, 3, seed=7)
    assert recipes[0] == Recipe(generate_words, (333, 4, 21))


def test_the_lines_of_a_file_are_divided(tmp_path: Path) -> None:
    file = tmp_path / "words"
    file.write_bytes("Ana\r\nété\n\nötö\nx".encode("utf-16"))
    recipes = file_recipes(str(file), "utf-16", 5, 2)
    assert [recipe.words() for recipe in recipes] == [["Ana", "été"], ["", "ötö", "x"]]
    assert listify(read_words(str(file), "utf-16", 0, None)) == ["Ana", "été", "", "ötö", "x"]


@given(st.integers(0, 1000), st.integers(1, 20))
def test_chunks_cover_everything_once(count: int, chunks: int) -> None:
    found = [number for start, stop in chunk_bounds(count, chunks) for number in range(start, stop)]
    assert found == list(range(count))
