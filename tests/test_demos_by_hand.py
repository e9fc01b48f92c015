"""The layer that is written by hand, the registered one, and what the demo shows of each."""

from __future__ import annotations

import multiprocessing
import re

import pytest
from demo_command import needs_posix, run

from demos._support import clusters
from demos.by_hand import (
    extract,
    find_by_hand,
    make,
    palindromes,
    palindromes_by_hand,
    palindromes_of_each,
)
from native import WordList

WORDS = ["level", "word", "", "\udcff", "noon"]


def test_the_state_is_the_words() -> None:
    words = WordList(WORDS)
    assert extract(words) == WORDS
    assert make(extract(words)) == words
    assert make(extract(words)) is not words
    assert extract(words[::-2]) == WORDS[::-2]


def test_the_work_gives_a_new_list_by_each_way() -> None:
    words = WordList(WORDS)
    found = WordList(["level", "\udcff", "noon"])
    assert palindromes(words) == found
    assert palindromes_by_hand(extract(words)) == extract(found)
    assert palindromes_of_each({"a": words, "b": found}) == {"a": found, "b": found}


@pytest.mark.slow
def test_find_by_hand_sends_no_object_of_the_extension() -> None:
    context = multiprocessing.get_context("spawn")
    with clusters.executor("processes", 2, context) as executor:
        found = find_by_hand(executor, [WordList(WORDS), WordList([])])
    assert [extract(words) for words in found] == [["level", "\udcff", "noon"], []]


def test_the_demo_and_what_it_imports_register_nothing() -> None:
    code = (
        "import adapters, demos.by_hand; print('native.specs' in sys.modules, *adapters.registry)"
    )
    assert run(code=code).stdout.startswith("False\n")


@pytest.mark.slow
@pytest.mark.parametrize("processes", ["1", "3"])
def test_each_part_is_shown(processes: str) -> None:
    result = run("by_hand", "--processes", processes)
    assert (result.returncode, result.stderr) == (0, "")
    nothing, by_hand, registered, as_lambda = re.split(r"^\d\. with ", result.stdout, flags=re.M)[
        1:
    ]
    error = "TypeError: cannot pickle '_cffi_backend."
    assert [part.count(error) for part in (nothing, by_hand, registered, as_lambda)] == [1, 1, 0, 0]
    assert ">>> pickle.dumps(words)" in nothing
    assert "level, noon, kayak, radar\n" in by_hand
    assert by_hand.index("the child sent back") < by_hand.index(">>> pickle.dumps({")
    for part in (registered, as_lambda):
        assert "level, noon, kayak, radar, rentner, reliefpfeiler, anna\n" in part
    assert f"check: {3 * int(processes)} round trips" in result.stdout


def test_the_adapter_is_gone_at_the_end() -> None:
    code = "import adapters, atexit; atexit.register(lambda: print(len(adapters.registry)))"
    assert run("by_hand", code=code).stdout.splitlines()[-1] == "0"


def test_a_registered_adapter_is_left_alone_and_said() -> None:
    result = run("by_hand", code="import native.specs")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("demos by_hand: error: this process has registered an adapter")
    assert "Traceback" not in result.stderr


@needs_posix
@pytest.mark.slow
@pytest.mark.parametrize("function", ["palindromes_by_hand", "palindromes_of_each"])
def test_a_child_that_dies_is_one_line(function: str) -> None:
    code = (
        "import os, demos.by_hand as demo\n"
        "def die(_): os._exit(3)\n"
        f"die.__module__, die.__qualname__ = 'demos.by_hand', '{function}'\n"
        f"demo.{function} = die"
    )
    result = run("by_hand", "--start-method", "fork", code=f"exec({code!r})")
    assert result.returncode == 1
    assert result.stderr.startswith("demos by_hand: error: a worker of the Executor ended: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_change_of_the_layer_is_a_failed_check() -> None:
    code = "import demos.by_hand as demo; demo.extract = lambda words: list(words)[1:]"
    result = run("by_hand", code=code)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1].endswith(": FAILED")
