"""Tasks over transports that are no executors: each failure is that of its own call."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import executors
import pytest
from gadgets import Gadget, Tool, Unbuildable

import adapters

no_child_is_left = executors.no_child_is_left
Call = Callable[..., Any]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def state_of(gadget: Gadget) -> Any:
    return gadget.state


def tool(name: str) -> Tool:
    return Tool(name)


def unbuildable() -> Unbuildable:
    return Unbuildable()


def fails(number: int) -> int:
    return number // 0


@contextmanager
def pool(method: str) -> Iterator[Call]:
    with multiprocessing.get_context(method).Pool(1) as pool:
        yield lambda task: pool.apply_async(task).get(executors.TIMEOUT)


@contextmanager
def anyio() -> Iterator[Call]:
    anyio = pytest.importorskip("anyio")
    pytest.importorskip("anyio.from_thread")
    to_process = pytest.importorskip("anyio.to_process")

    async def run(task: Call) -> Any:
        with anyio.fail_after(executors.TIMEOUT):
            return await to_process.run_sync(task)

    # Its workers end with the event loop, so one loop runs all calls.
    with anyio.from_thread.start_blocking_portal() as portal:
        yield lambda task: portal.call(run, task)


@contextmanager
def dask() -> Iterator[Call]:
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.Client(**options) as client:
        yield lambda task: client.submit(task, pure=False).result(executors.TIMEOUT)


TRANSPORTS: dict[str, Callable[[], AbstractContextManager[Call]]] = {
    f"pool, {method}": partial(pool, method) for method in executors.START_METHODS
} | {"anyio": anyio, "dask": dask}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=[pytest.mark.slow] if name == "dask" else [])
        for name in TRANSPORTS
    ],
)
def call(request: pytest.FixtureRequest) -> Iterator[Call]:
    """Makes a call in another process: `adapters.answer` opens what came back."""
    with TRANSPORTS[request.param]() as transport:
        yield lambda fn, *args: adapters.answer(transport(adapters.task(fn, *args)))


def goes_on(call: Call) -> bool:
    state = call(state_of, Gadget("next"))
    return bool(state == "next")


def test_objects_travel_there_and_back(call: Call) -> None:
    assert call(state_of, Gadget("there")) == "there"
    assert call(tool, "back").state == "back"
    assert call(os.getpid) != os.getpid()


def test_an_argument_that_cannot_be_rebuilt_is_the_error_of_its_call(call: Call) -> None:
    with pytest.raises(
        adapters.RebuildError, match=r"adapter 'gadgets\.Unbuildable' in process"
    ) as caught:
        call(state_of, Unbuildable())
    assert caught.value.process != os.getpid()
    assert goes_on(call)


def test_a_result_that_cannot_be_rebuilt_is_the_error_of_its_call(call: Call) -> None:
    with pytest.raises(
        adapters.RebuildError, match=r"adapter 'gadgets\.Unbuildable' in process"
    ) as caught:
        call(unbuildable)
    assert caught.value.process == os.getpid()
    assert goes_on(call)


def test_the_error_of_a_task_has_its_traceback(call: Call) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        call(fails, 1)
    assert "in fails\n    return number // 0" in str(caught.value.__cause__)
    assert goes_on(call)


def test_a_function_by_value(call: Call) -> None:
    gadget = Gadget("closed over")
    assert call(lambda: gadget.state) == "closed over"
