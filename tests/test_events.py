"""The logger `adapters`: what it is told, and that nothing is printed by itself."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from typing import Any

import children
import executors
import pytest
from executors import Manual, on_processes, on_restarting_processes
from gadgets import Gadget

import adapters
from adapters import _events
from adapters._segments.sender import Sender, close_sender
from adapters.stores import Local

ARRIVE = """
import pickle, sys
{setup}
pickle.loads(sys.stdin.buffer.read())
"""


def told(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    assert {record.name for record in caplog.records} <= {"adapters", "concurrent.futures"}
    return [each.getMessage() for each in caplog.records if each.levelno == level]


@pytest.mark.parametrize("logs", [True, False])
def test_what_arrives_is_logged_where_logging_is_set_up(logs: bool) -> None:
    class Local(Gadget):
        pass

    adapters.register(Local, lambda local: local.state, Gadget, name="local.Local")
    payload = pickle.dumps([Gadget(1), Local(2)])
    adapters.unregister(Local)
    setup = "import logging; logging.basicConfig(level='DEBUG')" if logs else ""
    command = [sys.executable, "-c", ARRIVE.format(setup=setup)]
    options: Any = {"cwd": Path(__file__).parent, "timeout": 60, "check": True}
    run = subprocess.run(command, input=payload, capture_output=True, **options)
    errors = run.stderr.decode()
    if not logs:
        assert errors == ""
    else:
        assert "DEBUG:adapters:importing gadgets, which an object that arrived has" in errors
        assert "DEBUG:adapters:<Adapter 'local.Local' version 1" in errors
        assert "has arrived by value" in errors


def test_states_that_are_put_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "adapters")
    with adapters.share(Gadget(1)):
        (line,) = told(caplog, logging.DEBUG)
    assert line.startswith("put the state of a gadgets.Gadget into stores.Local(), under '/")


def test_no_room_for_a_state_is_a_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.stores._local._has_room", lambda *_: False)
    with pytest.raises(adapters.StoreError):
        adapters.share(bytes(1 << 20), Local())
    assert told(caplog, logging.WARNING)[0].startswith("cannot keep a state in ")


def test_no_room_for_parts_is_a_warning_once(
    caplog: pytest.LogCaptureFixture, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("resource")
    folder = str(tmp_path)
    sender = Sender(folder)
    monkeypatch.setattr(sender, "_segment_for", lambda size: None)
    assert [sender.hand_over([b"abc"], 3) for _ in range(3)] == [None] * 3
    assert told(caplog, logging.WARNING) == [
        f"no room in {folder} for a part of 3 bytes: it goes in its message, which takes longer"
    ]
    caplog.clear()
    monkeypatch.setenv("ADAPTERS_SEGMENTS_BYTES", "0")  # that is wanted
    assert Sender(folder).hand_over([b"abc"], 3) is None
    assert told(caplog, logging.WARNING) == []
    close_sender(folder)


@pytest.mark.slow
@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("restarting", [True, False])
def test_the_death_of_a_worker_is_a_warning(
    caplog: pytest.LogCaptureFixture, restarting: bool, mapped: bool
) -> None:
    make = on_restarting_processes if restarting else on_processes
    with make(executors.START_METHODS[0]) as executor:
        if mapped:
            results = executor.map(children.die_at, [1, 2], timeout=60, return_exceptions=True)
            assert {type(result) for result in results} == {futures.process.BrokenProcessPool}
        else:
            futures.wait([executor.submit(children.kill_itself), executor.submit(abs, -1)], 60)
    lines = told(caplog, logging.WARNING)
    if restarting:
        assert set(lines) == {"a worker of a ProcessPoolExecutor has died, and another one is made"}
    else:
        (line,) = lines
        assert line.startswith("a ProcessPoolExecutor is broken, and its tasks are lost: ")


def test_a_warning_is_not_printed_by_itself() -> None:
    program = "from adapters import _events; _events.warning('no %s', 'room')"
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert run.stderr == run.stdout == b""


def test_logging_that_is_half_imported_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "logging", type(sys)("logging"))
    _events.debug("%s", 1)


class Mute:
    """Its repr fails."""

    def __repr__(self) -> str:
        raise ValueError("no repr")


def test_what_a_payload_says_stays_in_its_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "adapters")
    payload = pickle.dumps(Gadget(1)).replace(b"gadgets", b"ga\ngets")
    with pytest.raises(adapters.RebuildError):
        pickle.loads(payload)
    _events.debug("%s has %d", Mute(), 3)
    lines = told(caplog, logging.DEBUG)
    assert lines[0].startswith(r"importing ga\ngets, which")
    assert lines[1] == "a Mute has 3"


def test_a_task_that_is_cancelled_while_its_pool_breaks_tells_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Source(futures.Future[Any]):
        def exception(self, timeout: float | None = None) -> BaseException:
            task._settle(None, None, cancelled=True)  # as another thread does just then
            return futures.BrokenExecutor("it broke")

    with adapters.Executor(Manual()) as executor:
        task: Any = executor.submit(abs, -1)
        task._copy_state(Source())
        assert task.cancelled()
    assert told(caplog, logging.WARNING) == []
