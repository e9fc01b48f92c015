"""The words that the options of a command line ask for."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from demos._support import supply
from demos.palindromes import generate_words


def prepared(*argv: str, processes: int = 2) -> supply.Supply:
    parser = argparse.ArgumentParser()
    supply.add_options(parser)
    options = parser.parse_args(argv)
    options.processes = processes
    return supply.prepare(options, generate_words)


def test_each_form_has_the_same_words() -> None:
    words = prepared("--count", "1001", "--length", "5", processes=3)
    assert [len(each) for each in words.lists] == [333, 334, 334]
    assert [recipe.words() for recipe in words.recipes] == words.lists
    assert [list(each) for each in words.slices] == words.lists
    assert list(words.whole) == [word for each in words.lists for word in each]
    assert {len(word) for word in words.whole} == {5}
    assert words.description.startswith("1,001 words, random ones of 5 letters, in 3 lists: made")
    assert "packed into a native.WordList of 5,005 bytes in " in words.description


def test_the_seed_says_which_words() -> None:
    assert prepared("--seed", "3").lists == prepared("--seed", "3").lists
    assert prepared().lists == prepared("--seed", "0").lists != prepared("--seed", "1").lists


def test_the_words_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("été\nword\nAnna\n", encoding="latin-1")
    words = prepared("--words", str(file), "--encoding", "latin-1")
    assert words.lists == [["été"], ["word", "Anna"]]
    assert words.description.startswith("3 words, those of words.txt, in 2 lists")
    with pytest.raises(ValueError, match=r"can't decode .*; name its --encoding"):
        prepared("--words", str(file))
