"""Palindromes, found by each method, and what moving the words costs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from demo_command import run
from hypothesis import given
from hypothesis import strategies as st

from demos import palindromes
from demos.palindromes import find_native, find_palindromes, make_words
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
@pytest.mark.parametrize("count", ["0", "1", "5000"])
def test_each_method_is_in_the_table(count: str, capsys: pytest.CaptureFixture[str]) -> None:
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
