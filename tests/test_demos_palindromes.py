"""Palindromes, found by each method, and what moving the words costs."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import re
from pathlib import Path

import pytest
from demo_command import run
from hypothesis import given
from hypothesis import strategies as st

from adapters._segments.limits import LEAST
from demos import palindromes
from demos._support.workers import WorkerError
from demos.palindromes import (
    find_native,
    find_palindromes,
    in_executor,
    in_pool,
    make_words,
    on_workers,
    started_executor,
)
from native import WordList


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


@pytest.mark.slow
@pytest.mark.parametrize("count", ["0", "1", "5000", "120000"])
def test_each_method_is_in_the_table(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert palindromes.main(["--count", count, "--processes", "3"]) == 0
    output = capsys.readouterr().out
    ways = r"^(?:one process|Pool\.map|adapters\.Executor), .*?((?:  +[\d,]+){3})  "
    moved = [
        [int(number.replace(",", "")) for number in row.split()]
        for row in re.findall(ways, output, re.MULTILINE)
    ]
    assert len(moved) == 6
    assert moved[0] == moved[3] == [0, 0, 0]
    assert not any(by_memory for _, by_memory, _ in moved[:5])
    by_pipe, by_memory, _ = moved[5]
    if count == "5000":
        assert moved[1][0] > 30_000  # 6 bytes of str pickle a word and more
        assert moved[2][0] < 500
        assert (by_pipe > 30_000, by_memory) == (True, 0)  # slices of less than 128 KiB
    if count == "120000":
        assert (by_pipe < 1000, by_memory) == (True, 120_000 * 12 + 3 * 8)
    assert "TypeError: cannot pickle 'generator' object" in output


def test_large_parts_move_through_an_executor_in_shared_memory() -> None:
    assert palindromes.LARGE == LEAST
    small, large = WordList(["noon"]), WordList(["noon"] * 40_000)  # 160,000 bytes and 8 a word
    by_pipe, by_memory = in_executor([small, large, "word", "a" * 200_000])
    assert by_memory == 160_000 + 8 * 40_001 + len(pickle.dumps("a" * 200_000, 5))
    assert by_pipe < 500
    assert in_pool([large]).by_memory == 0 < 480_000 < in_pool([large]).by_pipe


def test_the_end_of_a_worker_is_one_error() -> None:
    context = multiprocessing.get_context("spawn")
    with (
        pytest.raises(WorkerError, match="a worker of the Executor ended: "),
        started_executor(context, 1) as executor,
    ):
        on_workers("", executor, os._exit, [3])
    for child in multiprocessing.active_children():
        child.join(20)


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
        (["--length", "0"], "argument --length: 0 is not from 1"),
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


def test_what_does_not_fit_into_memory_is_refused() -> None:
    result = run("palindromes", "--count", "1e12")
    assert result.returncode == 2
    assert "bytes" in result.stderr
    assert "Traceback" not in result.stderr
