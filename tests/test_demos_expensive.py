"""What an expensive object costs by each way: its answers, and how often it is constructed."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal

import pytest
from demo_command import constructed, finish, needs_posix, run, start

import adapters
from demos import expensive
from demos._support import checks
from demos.expensive import LEAST, WAYS, Primes, look_up, measure
from native import Sieve

ON_PROCESSES = ("expensive", "--engine", "processes")


def test_only_the_limit_travels_and_a_rebuild_constructs_again() -> None:
    primes = Primes(10**6)
    payload = pickle.dumps(primes)
    assert adapters.to_spec(primes).state == 10**6
    assert len(payload) < 200
    twin = pickle.loads(payload)
    assert (twin.limit, twin.sieve) == (primes.limit, primes.sieve)
    assert twin.id != primes.id
    assert look_up(twin, 999_983) == (True, twin.id)
    assert look_up(twin, 999_985) == (False, twin.id)


def test_the_state_of_the_sieve_alone_is_its_bitmap() -> None:
    payload = pickle.dumps(Primes(10**6).sieve)
    assert len(payload) > 10**6 / 30
    assert pickle.loads(payload) == Sieve(0, 10**6).finish()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "least", "most"),
    [("for each task", 12, 12), ("initializer", 1, 2), ("shared", 1, 2), ("shared bitmap", 0, 0)],
)
def test_how_often_each_way_constructs(way: str, least: int, most: int, start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    primes = Primes(LEAST)
    measured = measure("processes", way, primes, 12, 2, context)
    assert (measured.way, measured.right) == (way, True)
    assert least <= measured.constructed <= most


def test_all_ways_are_tested() -> None:
    [marker, _] = test_how_often_each_way_constructs.pytestmark
    assert [way for way, _, _ in marker.args[1]] == list(WAYS)


def test_a_wrong_answer_is_a_failed_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "is_prime", lambda number: number == LEAST - 1)
    assert expensive.main([*ON_PROCESSES[1:], "--tasks", "3", "--cost", "0"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith(": FAILED")


@pytest.mark.slow
@pytest.mark.parametrize("processes", ["1", "3"])
def test_the_table(processes: str) -> None:
    result = run(*ON_PROCESSES, "--processes", processes, "--tasks", "9", "--cost", "0")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("an object with the 1,229 primes below 10,000, constructed in ")
    found = constructed(result.stdout)
    assert list(found) == list(WAYS)
    assert found["for each task"] == 9
    assert 1 <= found["initializer"] <= int(processes)
    assert 1 <= found["shared"] <= int(processes)
    assert found["shared bitmap"] == 0
    assert " 1.0  " in result.stdout


@pytest.mark.parametrize("cost", ["-0.1", "2.1", "nan", "inf", "much"])
def test_nonsense_is_refused(cost: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        expensive.main(["--cost", cost])
    assert exit_.value.code == 2
    assert "--cost" in capsys.readouterr().err


@needs_posix
@pytest.mark.slow
@pytest.mark.parametrize("function", ["look_up", "initialize", "look_up_shared"])
def test_a_worker_that_dies_is_one_line(function: str) -> None:
    code = (
        "import os, demos.expensive as demo\n"
        "def die(*_): os._exit(3)\n"
        f"die.__module__, die.__qualname__ = 'demos.expensive', '{function}'\n"
        f"demo.{function} = die"
    )
    arguments = [*ON_PROCESSES, "--tasks", "4", "--cost", "0", "--start-method", "fork"]
    result = run(*arguments, code=f"exec({code!r})")
    assert result.returncode == 1
    assert result.stderr.startswith("demos expensive: error: a worker of the Executor ended: ")
    assert len(result.stderr.splitlines()) == 1


@needs_posix
@pytest.mark.slow
def test_ctrl_c_is_one_line(start_method: str) -> None:
    process = start(*ON_PROCESSES, "--cost", "0.2", "--start-method", start_method, after=0.5)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = finish(process)
    assert (process.returncode, errors) == (130, "demos expensive: stopped by Ctrl-C\n")
