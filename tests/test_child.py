"""A child under supervision: each way to end, which its parent learns, and nothing left behind."""

from __future__ import annotations

import _thread
import gc
import multiprocessing
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import children
import crashes
import pytest
from processes import run as run_python

from adapters._child import (
    INTERPRETER,
    Child,
    ChildDiedError,
    ChildRaisedError,
    legacy,
    progress,
    run,
)

METHODS = [*multiprocessing.get_all_start_methods(), INTERPRETER]
WAIT = 60
needs_signals = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no POSIX signals")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


@pytest.fixture(params=METHODS)
def start_method(request: pytest.FixtureRequest) -> str:
    """Each way in which a child can be started."""
    return str(request.param)


@pytest.fixture(autouse=True, scope="module")
def helpers_of_multiprocessing() -> None:
    """Start what multiprocessing keeps running, so that it is not taken for a leak."""
    for method in METHODS:
        run(os.getpid, method=method)


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    before = descriptors()
    yield
    gc.collect()
    assert descriptors() == before


def descriptors() -> list[int]:
    found = []
    for number in range(256):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    return found


def is_gone(process: int) -> bool:
    """Whether a process has ended, and is no zombie; waits for a moment."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def ending(function: Callable[..., Any], *args: Any, **options: Any) -> ChildDiedError:
    with Child(**{"timeout": WAIT, **options}) as child:
        process = child.call(os.getpid)
        with pytest.raises(ChildDiedError) as raised:
            child.call(function, *args)
        if hasattr(signal, "SIGKILL"):
            assert is_gone(process)
    return raised.value


def test_a_result(start_method: str) -> None:
    assert run(divmod, 7, 2, method=start_method, timeout=WAIT) == (3, 1)
    with Child(start_method, timeout=WAIT) as child:
        process = child.call(os.getpid)
        assert process != os.getpid()
        assert child.call(children.keep, "one") == 1
        assert child.call(children.keep, "two") == 2
        assert child.call(os.getpid) == process
    assert is_gone(process)


def test_a_huge_result_and_argument(start_method: str) -> None:
    huge = os.urandom(3_000_000)
    assert run(bytes, huge, method=start_method, timeout=WAIT) == huge


def test_results_that_fill_their_last_piece() -> None:
    piece = getattr(select, "PIPE_BUF", 4096)
    with Child(METHODS[0], timeout=WAIT) as child:
        for size in (*range(piece - 70, piece + 9), *range(2 * piece - 80, 2 * piece + 9)):
            assert len(child.call(bytes, size)) == size


def test_an_exception_is_told_and_the_child_goes_on(start_method: str) -> None:
    with Child(start_method, timeout=WAIT) as child:
        with pytest.raises(ChildRaisedError, match=r"^ValueError: no such thing \(at .*crashes"):
            child.call(crashes.raise_an_exception)
        with pytest.raises(ChildRaisedError, match="SystemExit: 3"):
            child.call(sys.exit, 3)
        with pytest.raises(ChildRaisedError, match=r"pickle.*lock"):
            child.call(threading.Lock)
        with pytest.raises(ChildRaisedError, match="does not load: ValueError: not here"):
            child.call(children.Refusing)
        with pytest.raises((AttributeError, pickle.PicklingError), match="local object"):
            child.call(lambda: 1)
        assert child.call(abs, -1) == 1


def test_an_exit_code(start_method: str) -> None:
    error = ending(os._exit, 3, method=start_method)
    assert (error.how, error.doing) == ("ended with exit code 3", "to call _exit")
    assert str(error) == "a child process ended with exit code 3 while it tried to call _exit"
    assert not error.hung


@needs_signals
def test_a_signal(start_method: str) -> None:
    assert ending(children.crash, method=start_method).how == "died of SIGSEGV"
    assert ending(children.kill_itself, method=start_method).how == "died of SIGKILL"


@pytest.mark.slow
def test_silence(start_method: str) -> None:
    start = time.monotonic()
    error = ending(time.sleep, 100, method=start_method, timeout=1)
    assert (error.how, error.hung) == ("said nothing for 1 s", True)
    assert time.monotonic() - start < 30


@needs_signals
def test_death_in_the_middle_of_a_result(start_method: str) -> None:
    error = ending(crashes.die_in_the_middle_of_the_result, method=start_method)
    assert error.how == "died of SIGKILL"


@needs_signals
@pytest.mark.slow
def test_silence_in_the_middle_of_a_result() -> None:
    assert ending(children.stop_while_sending, method=METHODS[0], timeout=1).hung


@pytest.mark.slow
def test_progress_is_told_and_counts_as_a_sign_of_life() -> None:
    assert run(children.work_in_steps, 3, 0.5, method=METHODS[0], timeout=1.2) == 3
    error = ending(children.work_in_steps, 1, 100, method=METHODS[0], timeout=1)
    assert (error.doing, error.hung) == ("step 0", True)
    progress("and nothing happens in a process that is no child")


def test_the_descriptors_are_closed(start_method: str) -> None:
    assert ending(children.close_descriptors, method=start_method).how.startswith("ended with")


@pytest.mark.slow
def test_the_descriptors_are_closed_and_the_child_hangs(start_method: str) -> None:
    with Child(start_method, timeout=WAIT) as child:
        process = child.call(os.getpid)
        child.call(children.hang_at_the_end)
        with pytest.raises(ChildDiedError, match="closed its pipe and was killed"):
            child.call(children.close_descriptors)
    assert is_gone(process)


def test_what_it_prints_goes_its_own_way(
    start_method: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if start_method != "forkserver":  # whose processes have the files of the forkserver
        assert run(os.write, 1, b"seen\n", method=start_method, timeout=WAIT) == 5
        assert capfd.readouterr().out == "seen\n"
    options = {"method": start_method, "timeout": WAIT, "quiet": True}
    assert run(os.write, 1, b"dropped\n", **options) == 8
    assert run(os.write, 2, b"dropped\n", **options) == 8
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@needs_fork
def test_what_it_forks_is_ended_with_it(start_method: str) -> None:
    with Child(start_method, timeout=WAIT) as child:
        forked = child.call(children.fork_and_wait)
        os.kill(forked, 0)
    assert is_gone(forked)


@needs_fork
def test_a_fork_that_returns_gives_no_second_result(start_method: str) -> None:
    with Child(start_method, timeout=WAIT) as child:
        process = child.call(os.getpid)
        assert child.call(children.fork_and_return) == process
        assert child.call(abs, -1) == 1


@needs_fork
def test_its_death_is_seen_though_another_process_holds_the_pipes(start_method: str) -> None:
    start = time.monotonic()
    error = ending(children.leave_a_daemon, method=start_method)
    os.kill(int(error.doing), signal.SIGKILL)
    assert error.how == "ended with exit code 3"
    assert time.monotonic() - start < 30


def test_the_parent_is_interrupted(start_method: str) -> None:
    start = time.monotonic()
    timer = threading.Timer(0.3, _thread.interrupt_main)
    processes = []

    def work() -> None:
        with Child(start_method, timeout=WAIT) as child:
            processes.append(child.call(os.getpid))
            timer.start()
            child.call(time.sleep, 100)

    with pytest.raises(KeyboardInterrupt):
        work()
    timer.join()
    assert is_gone(*processes)
    assert time.monotonic() - start < 30


def test_the_parent_raises_an_exception(start_method: str) -> None:
    processes = []

    def work() -> None:
        with Child(start_method, timeout=WAIT) as child:
            processes.append(child.call(os.getpid))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert is_gone(*processes)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_an_interrupt_during_the_fork_is_raised_after_it() -> None:
    program = """
import os, signal
from adapters._child import Child

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

os.register_at_fork(after_in_parent=interrupt)
try:
    Child("fork")
except KeyboardInterrupt:
    print("raised")
"""
    assert run_python("-c", program) == "raised\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_an_interrupt_of_the_group_during_the_fork_is_the_parents_alone() -> None:
    program = """
import os, signal
from adapters._child import Child

os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGINT))
with Child("fork") as child:
    print(child.call(abs, -1))
"""
    assert run_python("-c", program) == "1\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_an_interrupt_is_not_blocked_in_a_forked_child() -> None:
    with Child("fork") as child, pytest.raises(ChildRaisedError, match="KeyboardInterrupt"):
        child.call(_interrupt_itself)


def _interrupt_itself() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.slow
def test_it_ends_by_itself(start_method: str) -> None:
    with Child(start_method, timeout=WAIT) as child:
        child.call(children.keep, "until the end")
        child.finish()
        with pytest.raises(ChildDiedError):
            child.call(abs, 1)
    with Child(start_method, timeout=WAIT) as child:
        child.finish()
    with Child(start_method, timeout=1) as child:
        child.call(children.hang_at_the_end)
        with pytest.raises(ChildDiedError, match="did not end within 1 s while it tried to stop"):
            child.finish("to stop")
    with Child(start_method, timeout=WAIT) as child:
        child.call(children.fail_at_the_end, 4)
        with pytest.raises(ChildDiedError, match="exit code 4"):
            child.finish()


def test_what_cannot_be_started() -> None:
    before = descriptors()
    with pytest.raises(ValueError, match="nothing") as raised:
        Child("nothing")
    assert descriptors() == before
    del raised  # its traceback holds the child


UNGUARDED = """
import os
from adapters import _child
print("the main script runs")
try:
    print(_child.run(os.getpid, method={method!r}, quiet=True) != os.getpid())
except _child.ChildDiedError as error:
    print(error)
"""


@pytest.mark.parametrize("how", ["file", "prompt", "-c"])
def test_an_interpreter_does_not_run_the_main_script(how: str, tmp_path: Path) -> None:
    program = UNGUARDED.format(method=INTERPRETER)
    if how == "file":
        file = tmp_path / "unguarded.py"
        file.write_text(program)
        said = run_python(str(file))
    else:
        said = run_python("-", input=program) if how == "prompt" else run_python("-c", program)
    assert said == "the main script runs\nTrue\n"


def test_a_spawned_child_runs_the_main_script_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "unguarded.py"
    file.write_text(UNGUARDED.format(method="spawn"))
    done = subprocess.run(
        [sys.executable, str(file)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=WAIT,
    )
    assert "ended with exit code 1 (it runs the main script again" in done.stdout
    assert "if __name__ == '__main__':) while it tried to start" in done.stdout


ORPHAN = """
import os, time
from adapters import _child
if __name__ == "__main__":
    child = _child.Child({method!r}, timeout=1.5, folder=True)
    print(child.call(os.getpid), flush=True)
    {then}
"""


@needs_signals
@pytest.mark.slow
@pytest.mark.parametrize("then", ["child.call(time.sleep, 100)", "time.sleep(100)"])
def test_it_ends_after_a_parent_that_was_killed(
    start_method: str, then: str, tmp_path: Path
) -> None:
    file = tmp_path / "parent.py"
    file.write_text(ORPHAN.format(method=start_method, then=then))
    folder = tmp_path / "temporary"
    folder.mkdir()
    variables = {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(folder)}
    with subprocess.Popen(
        [sys.executable, str(file)], env={**os.environ, **variables}, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout
        process = int(parent.stdout.readline())
        time.sleep(0.2)  # until the call has begun
        parent.kill()
    assert is_gone(process)
    if "child" not in then:  # else it is killed by its alarm
        assert [each for each in os.listdir(folder) if each.startswith("adapters")] == []


@pytest.mark.parametrize("end", [lambda child: None, lambda child: child.finish(), None])
def test_a_folder_of_its_own_is_empty_and_goes_with_it(
    start_method: str, end: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, "relative"])
    with Child(start_method, timeout=WAIT, folder=True) as child:
        where, temporary, found, path = child.call(children.where_it_works)
        assert found == []
        assert str(tmp_path / "relative") in path
        assert child.call(children.write_at, os.path.join(where, "left")) is None
        assert os.path.dirname(temporary) == os.path.dirname(where) != os.path.dirname(tmp_path)
        if end is not None:
            end(child)
        else:
            with pytest.raises(ChildDiedError):
                child.call(os._exit, 3)
    assert not os.path.exists(os.path.dirname(where))


def kind_of_legacy() -> str:
    return type(legacy()).__name__


@needs_fork
def test_a_forked_child_has_what_its_parent_leaves_to_it() -> None:
    with Child("fork", legacy=threading.Lock()) as one, Child("fork", legacy=[1]) as other:
        assert one.call(kind_of_legacy) == "lock"
        assert other.call(kind_of_legacy) == "list"
    assert legacy() is None
