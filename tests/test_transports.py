"""One registration serves every transport, and the child sends objects of its own back."""

from __future__ import annotations

import concurrent.futures
import copy
import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import children
import cloudpickle
import pytest
from gadgets import Gadget
from processes import through_joblib

import adapters

TIMEOUT = 60


def by_process_arguments(context: Any, obj: Any) -> Any:
    ours, theirs = context.Pipe()
    process = context.Process(target=children.answer_argument, args=(obj, theirs))
    process.start()
    theirs.close()
    assert ours.poll(TIMEOUT)
    answer = ours.recv()
    process.join(TIMEOUT)
    assert process.exitcode == 0
    ours.close()
    return answer


def by_pipe(context: Any, obj: Any) -> Any:
    ours, theirs = context.Pipe()
    process = context.Process(target=children.answer, args=(theirs,))
    process.start()
    theirs.close()
    ours.send(obj)
    assert ours.poll(TIMEOUT)
    answer = ours.recv()
    process.terminate()
    process.join(TIMEOUT)
    ours.close()
    return answer


def by_queue(context: Any, obj: Any) -> Any:
    inbox, outbox = context.Queue(), context.Queue()
    process = context.Process(target=children.answer_queue, args=(inbox, outbox))
    process.start()
    inbox.put(obj)
    answer = outbox.get(timeout=TIMEOUT)
    process.join(TIMEOUT)
    for queue in (inbox, outbox):
        queue.close()
        queue.join_thread()
    return answer


def by_pool(context: Any, obj: Any) -> Any:
    with context.Pool(1) as pool:
        return pool.map_async(children.send_back, [obj]).get(TIMEOUT)[0]


def by_executor(context: Any, obj: Any) -> Any:
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        return executor.submit(children.send_back, obj).result(TIMEOUT)


def by_manager(context: Any, obj: Any) -> Any:
    with context.Manager() as manager:
        shared = manager.list([None])
        process = context.Process(target=children.put_into, args=(shared, 0, obj))
        process.start()
        process.join(TIMEOUT)
        assert process.exitcode == 0
        return shared[0]


TRANSPORTS = [by_process_arguments, by_pipe, by_queue, by_pool, by_executor, by_manager]


@pytest.fixture(params=["by import", "by value"])
def native(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A type whose adapter the child gets by importing its provider, or with the object."""
    if request.param == "by import":
        yield Gadget
        return

    class Native(Gadget):
        pass

    adapters.register(Native, lambda native: native.state, lambda state: Native(state))
    yield Native
    adapters.unregister(Native)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_object_travels_and_the_child_sends_another_back(
    native: Any, transport: Callable[[Any, Any], Any], start_method: str
) -> None:
    context = multiprocessing.get_context(start_method)
    came_back, made_there, pid = transport(context, native([1, "two"]))
    assert came_back == native([1, "two"])
    assert made_there == native(("made in the child", [1, "two"]))
    assert pid != os.getpid()


def test_joblib_takes_it_there_and_back(native: Any) -> None:
    [[came_back, made_there, pid]] = through_joblib(children.send_back, [native(3)])
    assert (came_back, made_there) == (native(3), native(("made in the child", 3)))
    assert pid != os.getpid()


@dataclass
class Box:
    content: object
    label: str = "box"


NESTED = {
    "in a list": lambda gadget: [1, [gadget]],
    "in a dict": lambda gadget: {"key": {"inner": gadget}},
    "in a tuple": lambda gadget: (gadget, None),
    "in a dataclass": lambda gadget: Box(gadget),
    "in another's state": lambda gadget: Gadget({"part": gadget}),
    "as a key": lambda gadget: [*{gadget: 1}],
}


@pytest.mark.parametrize("nest", NESTED.values(), ids=NESTED.keys())
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_it_travels_inside_anything(nest: Callable[[Any], Any], protocol: int) -> None:
    assert pickle.loads(pickle.dumps(nest(Gadget(7)), protocol)) == nest(Gadget(7))


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps, copy.deepcopy])
def test_the_same_object_twice_arrives_as_one(native: Any, dumps: Callable[[Any], Any]) -> None:
    gadget = native("one")
    message = dumps([gadget, {"again": gadget}])
    first, second = message if isinstance(message, list) else pickle.loads(message)
    assert first is second["again"]
    assert first == gadget
    assert first is not gadget


def test_deepcopy_makes_a_second_native_object(native: Any) -> None:
    gadget = native(["inner"])
    made = native.made
    twin = copy.deepcopy(gadget)
    assert twin == gadget
    assert twin.state is not gadget.state
    assert twin.memory != gadget.memory
    assert native.made == made + 1


def test_copy_makes_a_second_native_object(native: Any) -> None:
    gadget = native("state")
    twin = copy.copy(gadget)
    assert twin == gadget
    assert twin.memory != gadget.memory


def test_cloudpickle_takes_one_in_a_closure(native: Any) -> None:
    gadget = native(5)
    function = pickle.loads(cloudpickle.dumps(lambda: gadget))
    assert function() == gadget
    assert function() is not gadget
