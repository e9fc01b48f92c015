"""States that contain their own object: what the search for it finds, and what pickling says."""

from __future__ import annotations

import copy
import pickle
import sys
import threading
from random import Random
from typing import Any

import pytest
from both_forms import accelerator, in_python
from gadgets import Gadget, ffi

import adapters
from adapters._wire import cycles
from adapters._wire.cycles import Progress, is_in_progress, reaches


class Holder:
    """An ordinary object that holds another one."""

    def __init__(self, part: Any = None) -> None:
        self.part = part


TARGET = Gadget("the object")


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ([1, TARGET], True),
        ({TARGET: 1}, True),
        ({"deep": [(1, Holder(TARGET))]}, True),
        (Gadget([TARGET]), True),
        ([threading.Lock(), TARGET], False),  # the pickler stops there, too
        ([TARGET, threading.Lock()], True),
        ([Gadget("another")], False),
        (None, False),
    ],
    ids=range(8),
)
def test_the_search_finds_an_object_where_pickling_meets_it(state: Any, found: bool) -> None:
    assert reaches(state, TARGET) is found


def test_an_object_is_in_progress_while_its_mark_is_held() -> None:
    assert not is_in_progress(TARGET)
    mark = Progress(TARGET)
    assert is_in_progress(TARGET)
    assert not is_in_progress(Gadget("another"))
    seen_by_others: list[bool] = []
    thread = threading.Thread(target=lambda: seen_by_others.append(is_in_progress(TARGET)))
    thread.start()
    thread.join(30)
    assert seen_by_others == [False]
    assert list(mark) == []
    del mark
    assert not is_in_progress(TARGET)


@pytest.mark.skipif(accelerator is not None, reason="in C, it is made whole")
def test_a_mark_that_the_recursion_limit_left_half_made_ends_silently() -> None:
    mark = Progress.__new__(Progress)
    del mark  # what it would raise fails the test, as an unraisable exception


def cycle_of(length: int) -> Gadget:
    first = Gadget([])
    last = first
    for _ in range(length - 1):
        last = Gadget([last])
    first.state.append(last)  # type: ignore[attr-defined]
    return first


def cycle_through_python() -> Gadget:
    holder = Holder()
    gadget = holder.part = Gadget({"holder": holder})
    return gadget


def cycle_through_key() -> Gadget:
    gadget = Gadget()
    gadget.state = {gadget: 1}
    return gadget


@pytest.mark.parametrize("dumps", [pickle.dumps, pickle._dumps, adapters.dumps, copy.deepcopy])
@pytest.mark.parametrize(
    "cycle",
    [
        lambda: cycle_of(1),
        lambda: cycle_of(2),
        lambda: cycle_of(9),
        cycle_through_python,
        cycle_through_key,
    ],
)
def test_a_cycle_through_a_state_is_a_clear_error(dumps: Any, cycle: Any) -> None:
    gadget = cycle()
    for _ in range(2):  # nothing is left behind by the first failure
        with pytest.raises(adapters.SerializeError, match="contains the object itself") as caught:
            dumps(gadget)
        assert caught.value.subject == "gadgets.Gadget"
        del caught
    assert not is_in_progress(gadget)


def test_an_object_that_failed_before_is_not_taken_for_a_cycle() -> None:
    gadget = Gadget([ffi.new("struct node *")])
    kept = []
    for _ in range(3):
        with pytest.raises(TypeError, match="CDataOwn") as caught:
            copy.deepcopy(gadget)
        kept.append(caught.value)  # with its traceback, in whose frames the pickling goes on
    gadget.state = [Gadget("fine")]
    assert copy.deepcopy(gadget).state == [Gadget("fine")]


def test_the_same_object_in_two_states_is_no_cycle() -> None:
    shared = Gadget("shared")
    left, right = pickle.loads(pickle.dumps([Gadget([shared]), Gadget([shared])]))
    assert left.state[0] is right.state[0]


# Marks


@pytest.fixture(params=["as it is", "in Python"])
def marks(request: pytest.FixtureRequest) -> Any:
    """`Progress` and `is_in_progress`, as they are used here and in Python."""
    return in_python("_wire.cycles") if request.param == "in Python" else cycles


def test_marks_of_many_objects_go_in_any_order(marks: Any) -> None:
    objects = [object() for _ in range(3000)]  # more than a table has room for
    held = {index: marks.Progress(obj) for index, obj in enumerate(objects)}
    order = [*held]
    Random(3).shuffle(order)
    for place, index in enumerate(order):
        assert marks.is_in_progress(objects[index])
        del held[index]
        assert not marks.is_in_progress(objects[index])
        if place % 500 == 0:
            assert [marks.is_in_progress(obj) for obj in objects] == [
                index in held for index in range(len(objects))
            ]
    assert not any(map(marks.is_in_progress, objects))


def test_a_mark_is_an_empty_iterator(marks: Any) -> None:
    mark = marks.Progress(TARGET)
    assert iter(mark) is mark
    assert [*mark] == list(mark) == []
    assert next(mark, "empty") == "empty"
    assert marks.is_in_progress(TARGET)


def test_a_mark_holds_nothing(marks: Any) -> None:
    gadget = Gadget()
    references = sys.getrefcount(gadget)
    mark = marks.Progress(gadget)
    assert sys.getrefcount(gadget) == references
    del gadget, mark


@pytest.mark.skipif(accelerator is None, reason="in Python, the first one ends it")
@pytest.mark.parametrize("first", [0, 1])
def test_of_two_marks_of_one_object_each_counts(first: int) -> None:
    held = [Progress(TARGET), Progress(TARGET)]
    del held[first]
    assert is_in_progress(TARGET)
    held.clear()
    assert not is_in_progress(TARGET)


def test_a_mark_may_go_in_another_thread(marks: Any) -> None:
    held = [marks.Progress(TARGET)]
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join(30)
    assert not marks.is_in_progress(TARGET)


@pytest.mark.usefixtures("restless_threads")
def test_each_thread_has_marks_of_its_own(marks: Any) -> None:
    objects = [object() for _ in range(50)]
    wrong: list[Any] = []
    ready = threading.Barrier(5)

    def use(number: int) -> None:
        ready.wait(30)
        for turn in range(20):
            mine = [marks.Progress(obj) for obj in objects[number * 10 :][:10]]
            found = [marks.is_in_progress(obj) for obj in objects]
            if found != [number * 10 <= index < number * 10 + 10 for index in range(50)]:
                wrong.append((number, turn, found))
            del mine

    threads = [threading.Thread(target=use, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    assert not any(map(marks.is_in_progress, objects))
