"""The workers of an executor get the registrations of the caller, from the first task on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import executors
import pytest
from executors import CALLS, TIMEOUT, Immediate, record
from gadgets import Gadget

import adapters
from adapters._execution import messages, registrations
from adapters._execution.packing import BY_NAME, Packed

no_child_is_left = executors.no_child_is_left


class Native:
    """A type without an adapter, until a test registers one."""

    def __init__(self, value: object) -> None:
        self.value, self._lock = value, threading.Lock()


class Another(Native):
    pass


@pytest.fixture
def registered() -> Iterator[type[Native]]:
    adapters.register(Native, lambda native: native.value, lambda value: Native(value))
    yield Native
    adapters.unregister(Native)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> set[bytes]:
    """What a worker knows that has just started."""
    known = {b""}
    monkeypatch.setattr(registrations, "_known", known)
    return known


def test_the_digest_follows_what_is_registered(registered: type[Native]) -> None:
    with_it = registrations.digest()
    adapters.unregister(registered)
    without = registrations.digest()
    adapters.register(registered, lambda native: native.value, lambda value: Native(value))
    assert len({with_it, without}) == 2
    adapters.register(Another, lambda native: native.value, lambda value: Another(value))
    assert registrations.digest() not in (with_it, without)
    adapters.unregister(Another)


def test_nothing_registered_is_known_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = adapters.Registry()
    monkeypatch.setattr(registrations, "registry", registry)
    monkeypatch.setattr(registrations, "_digest", (-1, b"old"))
    assert registrations.digest() == b""
    assert not registrations.lacks(b"")


def test_a_process_with_the_same_registrations_lacks_none(known: set[bytes]) -> None:
    digest = registrations.digest()
    assert not registrations.lacks(digest)
    assert digest in known
    assert registrations.lacks(b"another")


def test_a_worker_says_what_it_lacks_before_anything_runs(known: set[bytes]) -> None:
    CALLS.clear()
    form: Any = (BY_NAME, "", None, "")
    message = Packed((record, (-1,), {}), form).message
    item = messages.run_call((b"unknown", {}, form, None), *message)
    assert item == (messages.LACKS, [])
    assert CALLS == []
    item = messages.run_call((b"unknown", {}, form, registrations.keys()), *message)
    assert messages.open_result(item) == (-1, None)
    assert b"unknown" in known
    assert CALLS == [-1]


def test_what_cannot_be_had_is_left_out(known: set[bytes]) -> None:
    registrations.learn(b"caller", ["2:1:no_such_module:no.Name", "damaged", None])
    assert b"caller" in known


def test_only_a_result_needs_it(start_method: str) -> None:
    with executors.on_processes(start_method) as executor:
        assert executor.submit(abs, -1).result(TIMEOUT) == 1  # the workers are there
        adapters.register(Native, lambda native: native.value, lambda value: Native(value))
        try:
            made = [executor.submit(Native, number) for number in range(10)]
            assert [future.result(TIMEOUT).value for future in made] == [*range(10)]
            mapped = executor.map(Native, range(10), chunksize=3)
            assert [native.value for native in mapped] == [*range(10)]
        finally:
            adapters.unregister(Native)


def test_an_executor_is_asked_twice_at_most(registered: type[Native], known: set[bytes]) -> None:
    class Counting(Immediate):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            sent.append(fn)
            return super().submit(fn, *args, **kwargs)

    sent: list[Any] = []
    digest = registrations.digest()
    real = registrations.lacks
    registrations.lacks = lambda caller: caller not in known  # type: ignore[assignment]
    try:
        with adapters.Executor(Counting()) as executor:
            for _ in range(3):
                assert executor.submit(abs, -1).result(TIMEOUT) == 1
    finally:
        registrations.lacks = real
    assert len(sent) == 4
    assert digest in known


def test_a_registration_that_cannot_be_sent_costs_nothing(
    start_method: str,
) -> None:
    lock = threading.Lock()
    with executors.on_processes(start_method) as executor:
        assert executor.submit(abs, -1).result(TIMEOUT) == 1
        adapters.register(Another, lambda native: lock, lambda value: Another(lock))
        try:
            assert executor.submit(abs, -2).result(TIMEOUT) == 2
            assert executor.submit(Gadget, 3).result(TIMEOUT) == Gadget(3)
        finally:
            adapters.unregister(Another)
