"""The hand-written layer, and that each part of the demo shows what it says."""

from __future__ import annotations

from processes import run

from demos.by_hand import LetterCounts, extract, make


def test_the_state_of_letter_counts_is_complete() -> None:
    counts = LetterCounts("abca?")
    assert extract(counts) == {"a": 2, "b": 1, "c": 1}
    assert make(extract(counts)).numbers() == counts.numbers()
    assert extract(counts + LetterCounts("zz")) == {"a": 2, "b": 1, "c": 1, "z": 2}


def test_by_hand_shows_the_real_error_first() -> None:
    output = run("-m", "demos", "by_hand")  # in a new process: no C type is registered
    assert output.count("TypeError: cannot pickle '_cffi_backend.") == 2
    assert output.index("TypeError") < output.index("adapters.register(LetterCounts")
