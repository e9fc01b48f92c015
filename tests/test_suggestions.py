"""What `suggest` returns: a sequence, and how it is shown."""

from __future__ import annotations

import io
import json
import pickle
import textwrap

import pytest
from suggested import CODE, candidate, suggestions

LOST = candidate(proven=False, differs=("len(db) is 0, was 3",), strategy="path and opener")
NEAR = candidate(proven=False, differs=("db.total_changes is 0, was 5",), strategy="constructor")


def test_it_is_a_sequence() -> None:
    found = suggestions(candidate(), LOST)
    assert len(found) == 2
    assert list(found) == [candidate(), LOST]
    assert found[-1] == LOST
    assert found[:1] == (candidate(),)
    assert found.candidates == (candidate(), LOST)
    assert not suggestions()
    assert repr(found) == "<Suggestions for wild.Db: 2 candidates, 1 proven>"


def test_the_best_one() -> None:
    assert suggestions(LOST, candidate()).best == candidate()
    assert suggestions(LOST).best is None


@pytest.mark.parametrize(
    ("candidates", "headline"),
    [
        ((candidate(), LOST), "1 adapter is proven"),
        ((candidate(), candidate(), NEAR), "2 adapters are proven"),
        ((NEAR, LOST), "no adapter is proven, 1 nearly"),
        ((LOST,), "no adapter is proven"),
        ((), "no adapter was found"),
    ],
)
def test_the_headline(candidates: tuple[object, ...], headline: str) -> None:
    found = suggestions(*candidates)  # type: ignore[arg-type]
    assert found.headline == f"wild.Db: {headline} (41 trials, 2.35 s)"
    assert str(found).startswith(found.headline)


def test_the_first_in_full_and_then_the_others() -> None:
    module = candidate(code="import pkg\n\nfactory = pkg.loads\n", strategy="two functions")
    text = str(suggestions(candidate(), LOST, module, advice=("give another example",)))
    _, _, shown = text.partition(str(candidate()))
    assert shown == textwrap.dedent("""

        Others:
            path and opener: not proven: content is lost: len(db) (is 0, was 3)
                return wild.Db(*state)
            two functions: proven: equal in 12 attributes and contents
                factory = pkg.loads

            do        give another example""")


def test_many_others_are_counted() -> None:
    text = str(suggestions(*[LOST] * 12))
    assert text.count("path and opener: ") == 8
    assert text.endswith("    and 3 more")


@pytest.mark.parametrize("code", ["def factory(:", "x = 1\n", "\0"])
def test_code_without_a_factory_has_no_first_line(code: str) -> None:
    text = str(suggestions(candidate(), candidate(code=code)))
    assert text.endswith("    constructor: proven: equal in 12 attributes and contents")


def test_that_it_pickles_already_comes_first() -> None:
    first = str(suggestions(candidate(), pickles=True)).splitlines()[0]
    assert first.startswith("wild.Db already pickles: ")
    assert "already pickles" not in str(suggestions(candidate()))


def test_nothing_was_found() -> None:
    text = str(suggestions(advice=("give an example that differs: .timeout would tell",)))
    assert text == (
        "wild.Db: no adapter was found (41 trials, 2.35 s)\n\n"
        "    do        give an example that differs: .timeout would tell"
    )


def test_as_data() -> None:
    data = suggestions(candidate(), LOST, advice=("a",)).as_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["proven"] is True
    assert data["candidates"][1]["strategy"] == "path and opener"
    assert data["candidates"][0]["code"] == CODE
    assert suggestions(LOST).as_dict()["proven"] is False


def test_it_pickles() -> None:
    found = suggestions(candidate(), advice=("a",), pickles=True)
    assert str(pickle.loads(pickle.dumps(found))) == str(found)


def test_in_colours_it_has_the_same_text() -> None:
    rich = pytest.importorskip("rich.console")
    found = suggestions(candidate(), NEAR, LOST, pickles=True, advice=("give another one",))
    for terminal in (False, True):
        console = rich.Console(file=io.StringIO(), force_terminal=terminal, soft_wrap=True)
        console.print(found, markup=False, highlight=False)
        printed = console.file.getvalue()
        assert ("\x1b[" in printed) is terminal
        if not terminal:
            assert printed == f"{found}\n"
