"""Ways to fail, and objects that fail when they travel, for the workers of the crash tests.

A way to fail is a function without arguments. `FailsToLeave` calls the one that it holds when it is
serialized, `FailsToArrive` when it is rebuilt.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import connection
from typing import Any, TypeVar

import adapters

T = TypeVar("T")


class DoesNotPickleError(Exception):
    """An exception that holds a lock, which pickle refuses."""

    def __init__(self) -> None:
        super().__init__("it holds a lock", threading.Lock())


class DoesNotUnpickleError(Exception):
    """Needs two arguments, and pickle rebuilds it with the one that its base got."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} at {where}")


def raise_an_exception() -> None:
    raise ValueError("no such thing")


def raise_what_does_not_pickle() -> None:
    raise DoesNotPickleError


def raise_what_does_not_unpickle() -> None:
    raise DoesNotUnpickleError("trouble", "the mill")


def call_sys_exit() -> None:
    sys.exit(3)


def need_a_missing_adapter() -> None:
    adapters.rebuild("elsewhere.Thing", 1, "elsewhere", None)


def exit_at_once() -> None:
    os._exit(3)


def crash_in_c() -> None:
    faulthandler.disable()  # a forked child inherits it, and would print
    faulthandler._sigsegv()  # type: ignore[attr-defined]  leaves no core file


def kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after_a_while(fail: Callable[[], None]) -> None:
    time.sleep(0.1)
    fail()


class FailsToLeave:
    """A native object whose serializer fails."""

    def __init__(self, fail: Callable[[], None]) -> None:
        self.fail = fail


class FailsToArrive(FailsToLeave):
    """A native object whose factory fails."""


def fail_to_leave(thing: FailsToLeave) -> None:
    thing.fail()


def way_to_fail(thing: FailsToArrive) -> Callable[[], None]:
    return thing.fail


def fail_to_arrive(fail: Callable[[], None]) -> None:
    fail()


adapters.register(FailsToLeave, fail_to_leave, FailsToLeave)
adapters.register(FailsToArrive, way_to_fail, fail_to_arrive)


class NeedsAMissingAdapter:
    """An object whose payload names an adapter that no process has."""

    def __reduce__(self) -> Any:
        return adapters.rebuild, ("elsewhere.Thing", 1, "elsewhere", None)


def same(thing: T) -> T:
    return thing


def call(function: Callable[..., T], *arguments: Any) -> T:
    return function(*arguments)


def die_in_the_middle_of_the_result() -> bytes:
    """Return what is too large for one write; end this process when half of it is written."""
    connection.Connection._send = _write_half_and_die  # type: ignore[method-assign]
    return bytes(200_000)


def _write_half_and_die(pipe: Any, data: Any) -> None:
    if len(data) < 100:  # the length of the message, which is written first
        os.write(pipe.fileno(), data)
        return
    half = memoryview(data)[: len(data) // 2]
    while half:
        half = half[os.write(pipe.fileno(), half) :]
    kill_itself()
