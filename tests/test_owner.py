"""The owner of a file: which process it is, and whether it is known to have ended."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from processes import in_a_child, run
from storing import TIMEOUT, owner_of, owner_of_ended_process, posix_users, proc

from adapters import _owner


def name_there(_: None) -> str:
    return _owner.name()


def test_a_process_has_one_name_and_another_has_another() -> None:
    name = _owner.name()
    assert name == _owner.name()
    host, process, started = name.split(".")
    assert process == str(os.getpid())
    assert int(host, 16) >= 0
    assert int(started) >= 0
    there = in_a_child(name_there, None)
    assert there.split(".")[0] == host
    assert there != name


def test_a_name_is_of_this_host_or_of_another() -> None:
    assert _owner.is_here(_owner.name())
    assert _owner.is_here(owner_of_ended_process())
    assert not _owner.is_here(f"00000000.{os.getpid()}.1")


def test_a_process_that_runs_is_not_dead_and_one_that_has_ended_is() -> None:
    assert not _owner.is_dead(_owner.name())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        name = owner_of(process.pid)
        assert not _owner.is_dead(name)
        process.communicate(b"\n", TIMEOUT)
    if os.name == "posix":
        assert _owner.is_dead(name)


@proc
def test_a_process_that_has_the_id_of_one_that_ended_is_another() -> None:
    assert _owner.is_dead(owner_of(os.getpid(), later=-1))


@proc
def test_the_name_of_the_command_may_hold_anything() -> None:
    program = (
        "from pathlib import Path; from adapters import _owner; name = _owner.name();"
        "Path('/proc/self/comm').write_text('a) b (c) Z');"
        "print(_owner.name() == name, _owner.is_dead(name))"
    )
    assert run("-c", program) == "True False\n"


@pytest.mark.parametrize("name", ["", "notes", "{host}", "{host}.{pid}", "{host}.pid.1", "....."])
def test_what_is_no_name_is_not_dead(name: str) -> None:
    host, process, _ = owner_of_ended_process().split(".")
    assert not _owner.is_dead(name.format(host=host, pid=process))


def test_processes_of_other_hosts_are_not_known_to_be_dead() -> None:
    _, _, process = owner_of_ended_process().partition(".")
    assert not _owner.is_dead(f"00000000.{process}")


@posix_users
def test_the_system_is_asked_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    dead, alive = owner_of_ended_process(), _owner.name()
    exists = os.path.exists
    monkeypatch.setattr(
        os.path, "exists", lambda path: not str(path).startswith("/proc") and exists(path)
    )
    assert _owner.is_dead(dead)
    assert not _owner.is_dead(alive)


def test_nothing_is_dead_where_processes_cannot_be_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dead = owner_of_ended_process()
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        is_dead = _owner.is_dead(dead)
    assert not is_dead
