"""A call for any transport that pickles, and its answer."""

from __future__ import annotations

import pickle
import threading
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import crashes
import executors
import pytest
from executors import TIMEOUT, total, unless_odd
from gadgets import Gadget
from processes import run

import adapters

no_child_is_left = executors.no_child_is_left


def sent(task: adapters.Task[Any]) -> Any:
    """The answer to a task that went to another process and back."""
    return pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(task))()))


def test_the_answer_is_the_result() -> None:
    assert adapters.answer(sent(adapters.task(total, 1, 2, start=3))) == 6
    assert adapters.answer(sent(adapters.task(crashes.same, Gadget(1)))) == Gadget(1)
    gadget = Gadget(2)
    assert adapters.answer(sent(adapters.task(lambda: gadget))) == gadget


def test_the_answer_is_the_error_with_its_traceback() -> None:
    answer = sent(adapters.task(unless_odd, 3))
    with pytest.raises(ValueError, match="no such number") as raised:
        adapters.answer(answer)
    assert "in raise_deep_inside" in str(raised.value.__cause__)


@pytest.mark.parametrize(
    ("task", "error"),
    [
        (adapters.task(crashes.same, crashes.FailsToArrive(crashes.raise_an_exception)), "rebuild"),
        (adapters.task(crashes.FailsToLeave, crashes.raise_an_exception), "serialize"),
        (adapters.task(crashes.FailsToArrive, crashes.raise_an_exception), "rebuild"),
    ],
    ids=["rebuilding an argument", "pickling the result", "rebuilding the result"],
)
def test_a_failure_anywhere_is_the_answer(task: adapters.Task[Any], error: str) -> None:
    answer = sent(task)
    with pytest.raises(adapters.AdapterError, match=f"cannot {error}"):
        adapters.answer(answer)


def test_what_does_not_pickle_is_refused_at_once() -> None:
    with pytest.raises(adapters.SerializeError, match="lock"):
        adapters.task(crashes.same, threading.Lock())


def test_only_answers_are_opened() -> None:
    for wrong in (3, None, adapters.task(abs, -1)):
        with pytest.raises(TypeError, match=r"adapters\.answer opens what an adapters\.Task ret"):
            adapters.answer(wrong)  # type: ignore[arg-type]


def test_a_task_says_what_it_calls() -> None:
    assert repr(adapters.task(unless_odd, 1)) == "<adapters.Task unless_odd>"
    assert "partial" in repr(adapters.task(__import__("functools").partial(abs, 1)))


def test_one_that_cannot_be_rebuilt_costs_a_pool_nothing(start_method: str) -> None:
    bad = crashes.FailsToArrive(crashes.raise_an_exception)
    with get_context(start_method).Pool(1) as pool:
        tasks = [adapters.task(crashes.same, each) for each in (1, bad, Gadget(3))]
        answers = pool.map_async(adapters.Task.__call__, tasks).get(TIMEOUT)
    assert adapters.answer(answers[0]) == 1
    with pytest.raises(adapters.RebuildError, match=r"crashes\.FailsToArrive"):
        adapters.answer(answers[1])
    assert adapters.answer(answers[2]) == Gadget(3)


def test_a_task_is_a_snapshot_and_each_call_has_its_own() -> None:
    numpy = pytest.importorskip("numpy")

    def add_one(array: Any) -> Any:
        array += 1
        return array

    array = numpy.zeros(3)
    task = adapters.task(add_one, array)
    array[:] = 5
    arrived = pickle.loads(pickle.dumps(task))
    for each in (task, task, arrived, arrived):
        answer = pickle.loads(pickle.dumps(each()))
        first, second = adapters.answer(answer), adapters.answer(answer)
        first += 1
        assert (second == 1).all()


SCRIPT = """
import multiprocessing, sys, threading
import adapters

LOCK = threading.Lock()
setting = None

class Point:
    lock = threading.Lock()
    def __init__(self, x):
        self.x = x

def set_up(value):
    global setting
    setting = value

def read(point):
    with LOCK, point.lock:
        return setting, Point(point.x + 1), isinstance(point, Point)

if __name__ == "__main__":
    def inside(x):
        return x + 1

    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(1, set_up, ("set up",)) as pool:
        value, point, same = adapters.answer(pool.apply(adapters.task(read, Point(1))))
        print(value, point.x, type(point) is Point, same)
        print(adapters.answer(pool.apply(adapters.task(inside, 1))))
"""


def test_the_main_script_is_that_of_the_other_process(start_method: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    assert run(str(script), start_method) == "set up 2 True True\n2\n"


def test_another_script_gets_copies_or_an_error(tmp_path: Path) -> None:
    one, other, payload = (tmp_path / name for name in ("one.py", "other.py", "payload"))
    one.write_text(
        "import sys, threading, pickle, adapters\n"
        "lock = threading.Lock()\n"
        "def main(x): return x + 1\n"
        "def locked(x):\n with lock: return x\n"
        "tasks = adapters.task(main, 1), adapters.task(locked, 1)\n"
        f"pickle.dump(tasks, open({str(payload)!r}, 'wb'))\n"
    )
    other.write_text(
        "import pickle, adapters\n"
        "def main(x): return 'another function of that name'\n"
        f"for task in pickle.load(open({str(payload)!r}, 'rb')):\n"
        "    try: print(adapters.answer(task()))\n"
        "    except adapters.RebuildError as error: print(str(error)[:64])\n"
    )
    run(str(one))
    found = run(str(other))
    assert found == "2\ncannot load locked: the main script of this process does not hav\n"
