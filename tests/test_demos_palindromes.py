"""The article's calls and what they return, and the demo that measures what moving words costs."""

from __future__ import annotations

import inspect
import multiprocessing
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from functools import partial
from itertools import islice
from multiprocessing.pool import MaybeEncodingError
from pathlib import Path
from typing import Any

import pytest
from demo_command import ENVIRONMENT, run
from hypothesis import given
from hypothesis import strategies as st

from demos import palindromes
from demos.palindromes import (
    find_in_recipe,
    find_native,
    find_palindromes,
    generate_words,
    listify,
    make_words,
    send_generator,
)
from native import WordList


def assert_words(words: object, count: int, length: int) -> None:
    assert type(words) is list
    assert len(words) == count
    assert all(re.fullmatch(f"[a-z]{{{length}}}", word) for word in words)


# The calls of the article.


def test_generate_words_is_a_generator_of_two_parameters() -> None:
    assert list(inspect.signature(generate_words).parameters) == ["word_count", "word_length"]
    words = generate_words(5, 4)
    assert inspect.isgenerator(words)
    assert_words(list(words), 5, 4)
    assert_words(list(generate_words(word_count=3, word_length=7)), 3, 7)
    assert list(generate_words(0, 1)) == []
    assert_words(list(islice(generate_words(10**18, 2), 3)), 3, 2)


def test_the_letters_are_equally_frequent() -> None:
    letters = "".join(generate_words(50_000, 5))
    for letter in "abcdefghijklmnopqrstuvwxyz":  # of each about 9,615, give or take 97
        assert 8_900 < letters.count(letter) < 10_350


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((-1, 4), "word_count is -1; it has to be 0 or more"),
        ((4, 0), "word_length is 0; a word has 1 letter or more"),
        ((0, -2), "word_length is -2; a word has"),
    ],
)
def test_no_words_of_no_letters(arguments: tuple[int, int], reason: str) -> None:
    with pytest.raises(ValueError, match="^" + reason):
        listify(generate_words, *arguments)


def test_listify_makes_a_list_of_what_a_generator_yields() -> None:
    assert_words(listify(generate_words, 5, 4), 5, 4)
    assert_words(listify(generate_words, word_count=5, word_length=4), 5, 4)
    assert_words(listify(generate_words, 5, word_length=4), 5, 4)
    assert listify(range, 3) == [0, 1, 2]
    assert listify(lambda **kwdargs: kwdargs, a=1, b=2) == ["a", "b"]


def test_make_words_is_listify_with_generate_words() -> None:
    assert type(make_words) is partial
    assert (make_words.func, make_words.args) == (listify, (generate_words,))
    assert_words(make_words(4000, 4), 4000, 4)
    assert_words(make_words(word_count=2, word_length=1), 2, 1)
    assert make_words(4000, 4) != make_words(4000, 4)


def test_find_palindromes_of_the_words_that_read_the_same_backward() -> None:
    words = ["noon", "word", "", "a", "Anna", "anna", "été", "racecar"]
    expected = ["noon", "a", "anna", "été", "racecar"]
    forms: list[Iterable[str]] = [words, tuple(words), iter(words), WordList(words)]
    for form in forms:
        assert find_palindromes(form) == expected
    assert find_palindromes(generate_words(50, 1)) != []
    assert find_palindromes([]) == []


@pytest.mark.parametrize(
    "words", [[["noon"]], [[1, 2, 1]], [b"abba"], [None], [""[:0], 0], "noon", b"noon", None]
)
def test_find_palindromes_refuses_what_is_no_word(words: Any) -> None:
    with pytest.raises(TypeError, match=r"^words"):
        find_palindromes(words)


@pytest.mark.slow
@pytest.mark.parametrize("call", [0, 1])
def test_the_calls_of_the_docstring_run_as_a_script(
    call: int, start_method: str, tmp_path: Path
) -> None:
    assert palindromes.__doc__ is not None
    script = palindromes.__doc__[palindromes.__doc__.index("    from multiprocessing") :]
    script = textwrap.dedent(script[: script.index("You can't pass")])
    assert "Pool().map(find_palindromes, [make_words(4000, 4) for x in range(2)])" in script
    if call == 1:
        [native] = re.findall(r"^ +(Pool\(\)\.map.*WordList.*)$", palindromes.__doc__, re.M)
        script = re.sub(r"Pool\(\)\.map.*(?=\))", native, script)
    chosen = f"import multiprocessing\nmultiprocessing.set_start_method({start_method!r})\n"
    script = script.replace('"__main__":\n', '"__main__":\n' + textwrap.indent(chosen, "    "))
    file = tmp_path / "article.py"
    file.write_text("from native import WordList\n" + script)
    result = subprocess.run(
        [sys.executable, str(file)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stderr == ""
    lists = eval(result.stdout)
    assert len(lists) == 2
    assert any(lists)  # one of 676 words is a palindrome: of 8000 all others, once in 140,000 runs
    for found in lists:
        assert_words(found, len(found), 4)
        assert found == find_palindromes(found)


def test_a_pool_refuses_a_generator_and_says_what_is_no_word() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert send_generator(pool) == "TypeError: cannot pickle 'generator' object"
        with pytest.raises(TypeError, match="cannot pickle 'generator' object"):
            pool.apply(find_palindromes, [generate_words(5, 4)])
        with pytest.raises(MaybeEncodingError, match="cannot pickle 'generator' object"):
            pool.apply(generate_words, (5, 4))
        with pytest.raises(TypeError, match=r"words is the str 'noon', .* a list of such lists$"):
            pool.map(find_palindromes, ["noon", "word"])
        assert pool.map(find_palindromes, [["noon", "word"], WordList(["a"])]) == [["noon"], ["a"]]
        assert_words(pool.apply(make_words, (50, 4)), 50, 4)


# The other inputs, and the demo.


@given(st.lists(st.text()))
def test_python_and_native_agree_on_what_a_palindrome_is(words: list[str]) -> None:
    words += [word + word[::-1] for word in words] + ["", "a", "Aa", "noon"]
    expected = [word for word in words if word and list(word) == list(reversed(word))]
    assert find_palindromes(words) == expected
    assert find_native(WordList(words)) == expected


def test_a_worker_finds_the_palindromes_of_a_recipe() -> None:
    recipe = palindromes.Recipe(generate_words, (4000, 4), 0)
    expected = find_palindromes(recipe.words())
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(find_in_recipe, [recipe, recipe]) == [expected, expected]


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
    assert "a generator as input: TypeError: cannot pickle 'generator' object\n" in output
    assert f"\n  generate_words({int(count) // 3}, 4), after random.seed(0)\n" in output


def test_words_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "words.txt"
    file.write_text("été\nword\nAnna\nanna\n", encoding="latin-1")
    assert palindromes.main(["--words", str(file), "--encoding", "latin-1"]) == 0
    output = capsys.readouterr().out
    assert "palindromes: été anna\n" in output
    assert f"\n  read_words({str(file)!r}, 'latin-1', 0, 2)\n" in output


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
