"""Large arguments and results of an executor: in segments, as if they had been copied."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from functools import partial
from pathlib import Path
from typing import Any

import children
import executors
import processes
import pytest
from children import Memory, make_memory
from executors import on_processes, on_restarting_processes
from segments_room import SIZE, folders_in, needs_fork, needs_segments, segments_in

import adapters
from adapters import _sweep
from adapters._segments import header, home, limits
from adapters._segments.sender import sender_in

on_loky = executors.on_loky
no_child_is_left = processes.no_child_is_left
TIMEOUT = 60


@pytest.fixture(scope="module", autouse=True)
def directory() -> Iterator[str]:
    """Where the folders of this module's executors are."""
    with (
        pytest.MonkeyPatch.context() as patched,
        tempfile.TemporaryDirectory(dir=home._directory()) as made,
    ):
        patched.setattr(home, "_directory", lambda: made)
        yield made
        assert folders_in(made) == []


@pytest.fixture(scope="module", params=executors.START_METHODS)
def executor(request: pytest.FixtureRequest, directory: str) -> Iterator[adapters.Executor]:
    """An executor on two processes, of each kind."""
    with on_processes(request.param) as made:
        yield made


@pytest.fixture
def one(directory: str) -> Iterator[adapters.Executor]:
    """An executor on one process."""
    with one_worker() as made:
        yield made


def one_worker(**options: Any) -> adapters.Executor:
    method = executors.START_METHODS[0]
    context: Any = processes.get_context(method)
    return adapters.Executor(max_workers=1, mp_context=context, **options)


def folder_of(executor: adapters.Executor) -> str:
    return executor._dispatcher.folder


def soon(condition: Callable[[], bool]) -> bool:
    """Whether something becomes true: both sides drop a task a bit after its result is there."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        gc.collect()
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def is_all_given_back(executor: adapters.Executor) -> bool:
    """Whether workers have given back all segments of this process."""
    return not sender_in(folder_of(executor)).trim(time.monotonic() + 1)


def is_all_free(executor: adapters.Executor) -> bool:
    """Whether all segments in the folder of an executor are free."""
    found = segments_in(folder_of(executor))
    return all(path.read_bytes()[header.STATE] == header.FREE for path in found)


def is_filled(memory: Memory, fill: int, size: int = SIZE) -> bool:
    return bytes(memory.data) == bytes([fill]) * size


class TestAnArgument:
    def test_is_the_workers_own(self, executor: adapters.Executor) -> None:
        memory = make_memory(SIZE, 5)
        for _ in range(3):
            found = executor.submit(children.write_over, memory, 7).result(TIMEOUT)
            assert found == (b"\5\5", False)
        assert is_filled(memory, 5)

    def test_is_read_only_if_it_was(self, executor: adapters.Executor) -> None:
        memory = Memory(bytes(SIZE))
        assert executor.submit(children.write_over, memory, 7).result(TIMEOUT) == (b"\0\0", True)

    def test_that_the_worker_keeps_does_not_change(self, one: adapters.Executor) -> None:
        for number in range(10):
            one.submit(children.keep, make_memory(SIZE, number)).result(TIMEOUT)
        for number in range(10, 60):
            one.submit(children.write_over, make_memory(SIZE, number), 1).result(TIMEOUT)
        expected = [number for number in range(10) for _ in (0, 1)]
        assert one.submit(children.look_at_kept).result(TIMEOUT) == expected

    @needs_fork
    def test_is_the_own_of_a_process_that_the_worker_forks(
        self, executor: adapters.Executor
    ) -> None:
        for _ in range(3):
            found = executor.submit(children.fork_and_write, make_memory(SIZE, 1)).result(TIMEOUT)
            assert found == (b"new\1", b"old\1")

    @needs_segments
    def test_of_a_task_that_is_cancelled_goes(self, one: adapters.Executor) -> None:
        tasks = [one.submit(time.sleep, 0.1)]
        tasks += [one.submit(children.write_over, make_memory(SIZE, 1), 7) for _ in range(9)]
        assert sum(task.cancel() for task in reversed(tasks)) > 1
        futures.wait(tasks, TIMEOUT)
        del tasks
        assert soon(lambda: is_all_given_back(one))


class TestAResult:
    def test_is_the_callers_own(self, executor: adapters.Executor) -> None:
        kept = [executor.submit(make_memory, SIZE, number).result(TIMEOUT) for number in range(8)]
        for number, memory in enumerate(kept):
            assert is_filled(memory, number)
            memory.data[:] = bytes(SIZE)

    def test_that_is_read_only_does_not_change(self, one: adapters.Executor) -> None:
        kept = one.submit(children.echo, Memory(bytes([9]) * SIZE)).result(TIMEOUT)
        assert memoryview(kept.data).readonly
        for number in range(40):
            one.submit(children.echo, make_memory(SIZE, number)).result(TIMEOUT)
        assert is_filled(kept, 9)

    def test_that_is_not_contiguous_is_an_error(self, one: adapters.Executor) -> None:
        memory = Memory(memoryview(bytearray(2 * SIZE))[::2])
        error = one.submit(children.echo, memory).exception(TIMEOUT)
        assert isinstance(error, adapters.SerializeError)
        assert "non-contiguous" in str(error)

    def test_is_bytes(self, executor: adapters.Executor) -> None:
        found = executor.submit(children.make_bytes, 3_000_000, 7).result(TIMEOUT)
        assert found == b"\7" * 3_000_000

    def test_goes_there_and_back(self, executor: adapters.Executor) -> None:
        memory = make_memory(SIZE, 1)
        for fill in range(2, 6):
            memory = executor.submit(children.echo, memory).result(TIMEOUT)
            memory.data[:] = bytes([fill]) * SIZE
        assert is_filled(memory, 5)

    def test_is_an_error_that_holds_memory(self, executor: adapters.Executor) -> None:
        error = executor.submit(children.raise_memory, SIZE, 5).exception(TIMEOUT)
        assert isinstance(error, children.HoldingError)
        assert is_filled(error.args[1], 5)

    def test_stays_after_shutdown(self, directory: str) -> None:
        with one_worker() as executor:
            folder = folder_of(executor)
            memory = executor.submit(make_memory, SIZE, 5).result(TIMEOUT)
        assert not folder or not os.path.exists(folder)
        assert is_filled(memory, 5)
        memory.data[:3] = b"abc"
        assert bytes(memory.data[:4]) == b"abc\5"

    @pytest.mark.slow
    def test_of_a_worker_that_ends_at_once_arrives(self, directory: str) -> None:
        if sys.version_info < (3, 11):
            pytest.skip("workers do not end after a task")
        context: Any = processes.get_context("spawn")
        with adapters.Executor(
            max_workers=1, mp_context=context, max_tasks_per_child=1
        ) as executor:
            kept = list(executor.map(partial(make_memory, SIZE), range(3), timeout=TIMEOUT))
            assert all(is_filled(memory, number) for number, memory in enumerate(kept))
            if folder_of(executor):
                assert soon(lambda: segments_in(folder_of(executor)) == [])

    def test_that_is_dropped_unread_is_freed(self, one: adapters.Executor) -> None:
        for _ in range(30):
            one.submit(make_memory, SIZE, 1)
        assert is_filled(one.submit(make_memory, SIZE, 2).result(TIMEOUT), 2)
        if folder_of(one):
            assert soon(lambda: is_all_free(one))


class TestMap:
    @pytest.mark.parametrize("chunksize", [1, 3])
    def test_memory(self, executor: adapters.Executor, chunksize: int) -> None:
        sent = [make_memory(SIZE, number) for number in range(9)]
        found = executor.map(children.echo, sent, chunksize=chunksize, timeout=TIMEOUT)
        for number, memory in enumerate(found):
            assert is_filled(memory, number)
            memory.data[0] = 1

    def test_plain_data(self, executor: adapters.Executor) -> None:
        sent = [bytes([number]) * SIZE for number in range(9)]
        assert list(executor.map(children.echo, sent, chunksize=4, timeout=TIMEOUT)) == sent

    def test_errors(self, executor: adapters.Executor) -> None:
        found = list(
            executor.map(
                children.raise_memory, [SIZE] * 4, range(4), chunksize=2, return_exceptions=True
            )
        )
        assert [error.args[1].data[-1] for error in found] == [0, 1, 2, 3]

    def test_many_in_one_message(self, executor: adapters.Executor) -> None:
        found = executor.submit(children.make_many, SIZE, 70).result(TIMEOUT)
        assert all(is_filled(memory, number) for number, memory in enumerate(found))


@needs_segments
class TestSegments:
    def test_are_used_again(self, one: adapters.Executor) -> None:
        for number in range(40):
            one.submit(children.echo, make_memory(SIZE, number)).result(TIMEOUT)
        assert 2 <= len(segments_in(folder_of(one))) <= 12  # of 80 parts; some are let go late

    def test_are_of_each_executor_alone(self, directory: str) -> None:
        with one_worker() as first, one_worker() as second:
            kept = first.submit(make_memory, SIZE, 1).result(TIMEOUT)
            back = second.submit(children.echo, kept).result(TIMEOUT)
            assert folder_of(first) != folder_of(second)
            second.shutdown()
            assert not os.path.exists(folder_of(second))
            assert is_filled(first.submit(children.echo, back).result(TIMEOUT), 1)

    def test_are_of_nested_executors_too(self, one: adapters.Executor) -> None:
        found, memory = one.submit(children.nest_executors, make_memory(SIZE, 1)).result(TIMEOUT)
        assert found == b"\1\1"
        assert is_filled(memory, 1)

    def test_that_are_gone_cost_their_task_alone(self, one: adapters.Executor) -> None:
        one.submit(children.keep, make_memory(SIZE, 0)).result(TIMEOUT)
        os.rename(folder_of(one), f"{folder_of(one)}x")
        try:
            found = one.submit(children.write_over, make_memory(SIZE, 1), 7).result(TIMEOUT)
        finally:
            os.rename(f"{folder_of(one)}x", folder_of(one))
        assert found == (b"\1\1", False)

    @pytest.mark.parametrize("most", ["0", "1", str(1 << 18)])
    def test_need_memory(self, directory: str, monkeypatch: pytest.MonkeyPatch, most: str) -> None:
        monkeypatch.setenv(limits.VARIABLE, most)
        with one_worker() as executor:
            for size in (SIZE, 300_000):
                memory = executor.submit(children.echo, make_memory(size, 3)).result(TIMEOUT)
                assert is_filled(memory, 3, size)
                memory.data[0] = 1

    def test_need_a_limit_that_is_a_number(
        self, directory: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(limits.VARIABLE, "lots")
        with pytest.raises(ValueError, match="lots"):
            one_worker()

    def test_go_when_the_executor_is_dropped(self, directory: str) -> None:
        executor = one_worker()
        folder = folder_of(executor)
        memory = executor.submit(children.echo, make_memory(SIZE, 3)).result(TIMEOUT)
        del executor
        gc.collect()
        assert not os.path.exists(folder)
        assert is_filled(memory, 3)


@needs_segments
class TestAWorkerThatIsKilled:
    def test_gives_back_what_it_has(self, directory: str) -> None:
        executor = on_restarting_processes(executors.START_METHODS[0])
        with executor:
            kept = executor.submit(make_memory, SIZE, 1).result(TIMEOUT)
            with pytest.raises(futures.BrokenExecutor):
                executor.submit(children.die_with, make_memory(SIZE, 3)).result(TIMEOUT)
            assert is_filled(executor.submit(children.echo, kept).result(TIMEOUT), 1)
            assert soon(lambda: is_all_given_back(executor))
            assert is_filled(kept, 1)

    def test_before_it_has_sent_what_it_has_filled_leaves_nothing(self, directory: str) -> None:
        with one_worker() as executor:
            folder = folder_of(executor)
            with pytest.raises(futures.BrokenExecutor):
                executor.submit(children.die_while_sending, SIZE).result(TIMEOUT)
            assert len(segments_in(folder)) == 1
        assert not os.path.exists(folder)

    @pytest.mark.slow
    def test_leaves_nothing_that_another_worker_does_not_remove(self, directory: str) -> None:
        with on_restarting_processes(executors.START_METHODS[0]) as executor:
            for _ in range(6):
                executor.submit(children.make_many, SIZE, 20).result(TIMEOUT)
                with pytest.raises(futures.BrokenExecutor):
                    executor.submit(children.kill_itself).result(TIMEOUT)
            executor.submit(make_memory, SIZE, 1).result(TIMEOUT)
            assert len(segments_in(folder_of(executor))) < 60


class TestLoky:
    def test_both_directions(self, on_loky: adapters.Executor) -> None:
        memory = make_memory(SIZE, 4)
        for number in range(5):
            memory = on_loky.submit(children.echo, memory).result(TIMEOUT)
            memory.data[:] = bytes([number]) * SIZE
        assert is_filled(memory, 4)
        sent = [bytes([number]) * SIZE for number in range(9)]
        assert list(on_loky.map(children.echo, sent, chunksize=3)) == sent

    @pytest.mark.slow
    def test_workers_that_end_when_idle_lose_nothing(self, directory: str) -> None:
        loky = pytest.importorskip("loky")
        with adapters.Executor(loky.ProcessPoolExecutor(1, timeout=0.1)) as executor:
            for number in range(3):
                memory = executor.submit(make_memory, SIZE, number).result(TIMEOUT)
                time.sleep(0.5)
                assert is_filled(memory, number)


PROGRAM = """
import functools, os, sys, signal, children, adapters
from adapters._segments import home
home._directory = functools.partial(str, {directory!r})
if __name__ == "__main__":
    executor = adapters.Executor(max_workers=1)
    memory = executor.submit(children.echo, children.make_memory(200_000, 5)).result()
    executor.submit(children.echo, children.make_memory(200_000, 5))
    print(memory.data[0], flush=True)
    {end}
"""


@needs_segments
class TestAProgram:
    @pytest.fixture
    def alone(self, directory: str) -> str:
        """Where only the program has its folders."""
        return tempfile.mkdtemp(dir=directory)

    def run(self, end: str, tmp_path: Path, directory: str) -> Any:
        script = tmp_path / "program.py"
        script.write_text(PROGRAM.format(directory=directory, end=end))
        roots = [str(Path(adapters.__file__).parents[1]), str(processes.TESTS)]
        return subprocess.run(
            [sys.executable, "-W", "error", str(script)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            start_new_session=True,
        )

    @pytest.mark.parametrize(
        "end",
        [
            "pass",
            "executor.shutdown()",
            pytest.param("del executor", marks=pytest.mark.slow),
            pytest.param("sys.exit()", marks=pytest.mark.slow),
        ],
    )
    def test_leaves_nothing(self, tmp_path: Path, alone: str, end: str) -> None:
        done = self.run(end, tmp_path, alone)
        assert done.stdout == "5\n"
        # The manager of a pool that is dropped just then may have closed its pipe.
        assert done.stderr == "" or end == "del executor"
        assert os.listdir(alone) == []

    def test_killed_leaves_what_the_next_use_of_another_one_removes(
        self, tmp_path: Path, alone: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.run("os.killpg(os.getpgid(0), signal.SIGKILL)", tmp_path, alone)
        assert segments_in(alone) != []
        monkeypatch.setattr(home, "_directory", lambda: alone)
        monkeypatch.setattr(_sweep, "_next", {})
        with one_worker():
            assert len(folders_in(alone)) == 1
        assert os.listdir(alone) == []


@pytest.mark.slow
@needs_segments
def test_1000_results_that_are_kept_need_few_descriptors(directory: str) -> None:
    program = """
import functools, resource, children, adapters, os
from adapters._segments import home
home._directory = functools.partial(str, {directory!r})
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    with adapters.Executor(max_workers=1) as executor:
        make = lambda n: executor.submit(children.make_memory, 131072, n % 256).result()
        kept = [make(n) for n in range(1000)]
        print(len(os.listdir("/dev/fd")) < 128)
    print(all(set(memory.data[::4096]) == {{n % 256}} for n, memory in enumerate(kept)))
"""
    script = Path(directory, "program.py")
    script.write_text(program.format(directory=directory))
    assert processes.run(str(script)).split() == ["True", "True"]
