"""The proof: the conformance kit on the code as it is suggested, run in a child process.

The code is a module there, which the children of the kit import. The process of the author is not
touched: nothing is registered in it, and its main script is not run again.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import adapters
from adapters._child import Child, ChildDiedError, ChildRaisedError, legacy, progress
from adapters._conformance.case import collect
from adapters._conformance.promises import NAMES
from adapters._conformance.run import Run
from adapters._suggest import refusals, trial
from adapters._wire.ctype import ctype_of

if TYPE_CHECKING:
    from adapters._conformance.report import Result

_SILENCE = 10.0  # seconds that a child of the kit may be silent
_LATE = 1.0  # seconds after which a promise that is being checked is given up
_GRACE = 15.0  # seconds more for the child that runs the kit
# A child of a forkserver is as a spawned one, and its server takes a second to start.
_LEFT_OUT = frozenset(("round_trip_in_a_forkserver_child",))


class Proof(NamedTuple):
    """What the kit says.

    Attributes:
        broken: {promise: why}, of those that are broken, or could not be checked in time.
        compared: What was compared, in words.
    """

    broken: dict[str, str]
    compared: str


def prove(
    objs: tuple[Any, ...],
    text: str,
    *,
    in_main: bool,
    ready: bool,
    batteries: bool,
    end: float,
    rebuilds: int | None,
) -> Proof:
    """Run the kit on an adapter that is defined by code.

    Args:
        objs: The examples.
        text: The code.
        in_main: Whether it needs names of the main script, and so cannot be a module.
        ready: Whether the adapter is there already, and the code only imports it.
        batteries: As in `adapters.suggest`.
        end: When the promises that are left are given up, in `time.monotonic()`.
        rebuilds: As in `check_adapter`.
    """
    left = end - time.monotonic()
    late = Proof({"kit": "there was no time left for it (timeout= gives more)"}, "")
    if left <= 0:
        return late
    try:
        with Child(
            "fork", timeout=_SILENCE + _GRACE, quiet=True, folder=True, legacy=(objs, None, {})
        ) as child:
            broken, compared = child.call(
                _in_child, text, in_main, ready, batteries, left, rebuilds
            )
    except (ChildRaisedError, ChildDiedError) as error:
        return late if time.monotonic() > end else Proof({"kit": str(error)}, "")
    return Proof(broken, compared)


def _in_child(
    text: str, in_main: bool, ready: bool, batteries: bool, seconds: float, rebuilds: int | None
) -> tuple[dict[str, str], str]:
    end = time.monotonic() + seconds
    trial.begin(batteries)
    objs = legacy()[0]
    _stand_alone()
    timer = threading.Timer(seconds + _LATE, _give_up)
    timer.daemon = True
    timer.start()
    if not ready:
        trial.forget(objs[0])
    _define(text, in_main)
    adapter = adapters.registry.lookup(ctype_of(objs[0]) or type(objs[0]))
    with refusals.allowed():
        case = collect(
            adapter,
            list(objs),
            None,
            False,
            equal=None,
            live=None,
            rebuilds=rebuilds,
            elsewhere=False,
        )
        run = Run(case, {}, min(_SILENCE, max(1.0, seconds)))
        late = {}

        def show(what: str) -> None:
            if time.monotonic() > end:
                raise TimeoutError(what)
            progress(f"to check {what}")

        try:
            run.run([name for name in NAMES if name not in _LEFT_OUT], show)
        except TimeoutError as error:
            late = {"kit": f"there was no time left for {error} (timeout= gives more)"}
        return {**_broken(run.results), **late}, run.compared


def _broken(results: dict[str, Result]) -> dict[str, str]:
    return {each.promise: each.reason for each in results.values() if each.status == "failed"}


def _give_up() -> None:
    """End this process, and first what it has started: the time is over."""
    with refusals.allowed():
        for process in multiprocessing.active_children():
            with suppress(OSError):
                os.killpg(process.pid or os.getpid(), signal.SIGKILL)
    os._exit(1)


def _define(text: str, in_main: bool) -> None:
    if in_main:
        main = sys.modules["__main__"]
        exec(compile(text, trial.MODULE, "exec"), vars(main))
        return
    with open(f"{trial.MODULE}.py", "w", encoding="utf-8") as file:
        file.write(text)
    sys.path.insert(0, os.getcwd())
    importlib.invalidate_caches()
    importlib.import_module(trial.MODULE)


def _stand_alone() -> None:
    """Let the children of this process not run the main script again."""
    main: Any = sys.modules["__main__"]
    main.__spec__ = None
    vars(main).pop("__file__", None)
