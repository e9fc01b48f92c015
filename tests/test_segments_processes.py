"""Whether a process that has taken a segment has ended."""

from __future__ import annotations

import os

import pytest
import segments_room
from segments_room import needs_fork

from adapters._segments import processes
from adapters._segments.processes import has_ended, identity

killed_child = segments_room.killed_child


def test_this_one_runs() -> None:
    assert identity()[0] == os.getpid()
    assert not has_ended(*identity())


@needs_fork
def test_one_that_was_killed_has_ended() -> None:
    process = int(killed_child(lambda: str(os.getpid()).encode()))
    assert has_ended(process, identity()[1])
    assert not has_ended(process, identity()[1] + 1)  # where its id means another one


def test_no_process_has_not_ended() -> None:
    assert not has_ended(0, identity()[1])


def test_one_of_another_user_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not has_ended(1, identity()[1])


def test_a_system_without_namespaces_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise FileNotFoundError

    processes._namespace.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", refuse)
        assert identity() == (os.getpid(), 0)
    processes._namespace.cache_clear()


@needs_fork
def test_a_child_asks_again() -> None:
    """In a namespace of its own it may have the id of its parent."""
    identity()
    found = segments_room.in_a_child(lambda: bytes([processes._namespace.cache_info().currsize]))
    assert found == b"\0"
