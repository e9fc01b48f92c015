"""Interpreters of one process, each with a lock of its own: payloads, handles and the Executor.

They have the same process id, and nothing else in common: what one sends, another has to rebuild.
"""

from __future__ import annotations

import os
import sys
from concurrent import futures
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from interpreters import Part, describe, get, refuse, send_back

import adapters
from adapters import _accelerated

interpreters = pytest.importorskip("_interpreters", reason="Python 3.13 has interpreters")
PATH = [str(Path(adapters.__file__).parents[1]), str(Path(__file__).parent), *sys.path]


def run_in_another(program: str) -> str:
    """Run a program in a new interpreter; what it has written to the descriptor `out`."""
    interpreter = interpreters.create()
    try:
        return run_in(interpreter, program)
    finally:
        interpreters.destroy(interpreter)


def run_in(interpreter: Any, program: str) -> str:
    reader, writer = os.pipe()
    try:
        begin = f"import sys; sys.path[:] = {PATH!r}\nimport os; out = {writer}\n"
        failure = interpreters.exec(interpreter, begin + program)
        assert failure is None, failure
    finally:
        os.close(writer)
    with open(reader) as file:
        return file.read()


class Interpreters(Executor):
    """As `InterpreterPoolExecutor(1)` of Python 3.14, where there is none."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1)
        self._interpreter = interpreters.create()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._threads.submit(self._run, adapters.dumps((fn, args, kwargs)))

    def _run(self, task: bytes) -> Any:
        answer = run_in(
            self._interpreter,
            "import adapters\n"
            f"function, args, kwargs = adapters.loads({task!r})\n"
            "os.write(out, repr(adapters.dumps(function(*args, **kwargs))).encode())",
        )
        return adapters.loads(eval(answer))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._threads.shutdown(cancel_futures=cancel_futures)
        if self._interpreter is not None:
            interpreters.destroy(self._interpreter)
            self._interpreter = None


POOLS: dict[str, Any] = {"a stand-in": Interpreters}
if hasattr(futures, "InterpreterPoolExecutor"):
    POOLS["InterpreterPoolExecutor"] = lambda: futures.InterpreterPoolExecutor(1)


def test_a_payload_is_rebuilt_in_another_one() -> None:
    data = adapters.dumps([Part("there")])
    there = run_in_another(
        f"import adapters\n(part,) = adapters.loads({data!r})\nimport interpreters\n"
        "os.write(out, repr(interpreters.describe(part)).encode())"
    )
    assert eval(there) == ("there", 1)


def test_it_has_the_hot_paths_in_c_where_this_one_has() -> None:
    there = run_in_another(
        "from adapters._accelerated import accelerator\n"
        "os.write(out, repr(accelerator is not None).encode())"
    )
    assert eval(there) == (_accelerated.accelerator is not None)


@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS.keys())
def test_through_the_executor(pool: Any) -> None:
    with adapters.Executor(pool()) as executor:
        assert executor.submit(describe, Part("there")).result(60)[0] == "there"
        part = executor.submit(send_back, Part("and back")).result(60)
        assert (type(part), part.state) == (Part, ["and back"])
        large = executor.submit(describe, Part(memoryview(bytes(2_000_000)))).result(60)
        assert large[0] == (bytes(4), 2_000_000)
        with pytest.raises(ValueError, match="not here"):
            executor.submit(refuse, 1).result(60)


@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS.keys())
def test_a_handle_is_rebuilt_once_in_each(pool: Any) -> None:
    with adapters.Executor(pool()) as executor, adapters.share(Part("shared")) as handle:
        original = handle.get()
        assert executor.submit(get, handle).result(60) == ("shared", 1, True)
        assert handle.get() is original
