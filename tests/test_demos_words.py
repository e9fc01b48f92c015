"""The words and the palindromes, and what moving them costs."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import GeneratorType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos import palindromes
from demos.palindromes import find_native, find_palindromes, generate_words, listify, make_words
from demos.pool import WatchedPool
from demos.words import Recipe, file_recipes, generated_recipes, read_words, shares
from demos.workers import ChildError
from native import WordList


@pytest.mark.parametrize(
    "arguments", [["palindromes", "--count", "1e12"], ["prime_sieve", "--limit", "1e15"]]
)
def test_what_does_not_fit_into_memory_is_refused(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demos", *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "bytes" in done.stderr
    assert "Traceback" not in done.stderr


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


def test_make_words_makes_two_lists_of_four_letter_words() -> None:
    one, other = make_words()
    assert len(one) + len(other) == 8000
    assert {len(word) for word in one + other} == {4}
    assert one != other


@given(st.lists(st.text()))
def test_python_and_native_agree_on_what_a_palindrome_is(words: list[str]) -> None:
    words += [word + word[::-1] for word in words] + ["", "a", "Aa", "noon"]
    expected = [word for word in words if word and list(word) == list(reversed(word))]
    assert find_palindromes(words) == expected
    assert find_native(WordList(words)) == expected


def test_recipes_make_the_same_words_anywhere() -> None:
    recipes = generated_recipes(1001, 4, 3, seed=7)
    assert [len(recipe.words()) for recipe in recipes] == [333, 334, 334]
    assert [recipe.words() for recipe in recipes] == make_words(1001, 4, 3, seed=7)
    assert recipes[0] == Recipe(generate_words, (333, 4, 21))


def test_a_file_is_shared_out_by_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "words"
    file.write_bytes("Ana\r\nété\n\nötö\nx".encode("utf-16"))
    recipes = file_recipes(str(file), "utf-16", 5, 2)
    assert [recipe.words() for recipe in recipes] == [["Ana", "été"], ["", "ötö", "x"]]
    assert listify(read_words(str(file), "utf-16", 0, None)) == ["Ana", "été", "", "ötö", "x"]


@given(st.integers(0, 1000), st.integers(1, 20))
def test_shares_cover_everything_once(count: int, parts: int) -> None:
    found = [number for start, stop in shares(count, parts) for number in range(start, stop)]
    assert found == list(range(count))


@pytest.mark.slow
@pytest.mark.parametrize("count", ["0", "1", "5000"])
def test_each_way_is_in_the_table(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert palindromes.main(["--count", count, "--processes", "3"]) == 0
    output = capsys.readouterr().out
    rows = re.findall(r"^(one process|Pool\.map).{19} +([\d,]+) +([\d,]+) ", output, re.MULTILINE)
    moved = [int(there.replace(",", "")) for _, there, _ in rows]
    assert len(moved) == 5
    assert moved[0] == moved[3] == 0
    if count == "5000":
        assert moved[1] > 30_000  # 6 bytes of str pickle a word and more
        assert moved[2] < 500
    assert "TypeError: cannot pickle 'generator' object" in output


def test_words_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "words.txt"
    file.write_text("été\nword\nAnna\nanna\n", encoding="latin-1")
    assert palindromes.main(["--words", str(file), "--encoding", "latin-1"]) == 0
    assert "palindromes: été anna\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--words", "FILE"], "utf-8' codec can't decode"),
        (["--words", "no such file"], "No such file"),
        (["--words", "FILE", "--encoding", "klingon"], "'klingon' is not a text encoding"),
        (["--words", "FILE", "--encoding", "hex"], "'hex' is not a text encoding"),
        (["--words", "FILE", "--count", "7"], "not for --words"),
        (["--encoding", "utf-8"], "--encoding is that of --words FILE"),
        (["--length", "0"], "--length 0 is not from 1"),
    ],
)
def test_nonsense_is_refused(
    arguments: list[str], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "FILE"
    file.write_bytes(b"\xe9t\xe9\n")
    with pytest.raises(SystemExit) as exit_:
        palindromes.main([str(file) if each == "FILE" else each for each in arguments])
    assert exit_.value.code == 2
    assert reason in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_worker_of_the_pool_is_an_error_at_once(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    begun = time.monotonic()
    with WatchedPool(context, 2, time.sleep) as pool:
        multiprocessing.active_children()[0].kill()
        with pytest.raises(ChildError, match="a worker of the pool ended with exit code"):
            pool.map(time.sleep, [20, 20])
    assert time.monotonic() - begun < 10
    assert not multiprocessing.active_children()


def test_a_worker_that_ends_at_once_is_an_error_too() -> None:
    with pytest.raises(ChildError, match="a worker of the pool ended with exit code 7"):
        WatchedPool(multiprocessing.get_context("spawn"), 2, _Ends())  # type: ignore[arg-type]
    assert not multiprocessing.active_children()


class _Ends:
    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (7,)
