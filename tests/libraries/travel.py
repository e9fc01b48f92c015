"""Send one object of each type of a test module to children that imported nothing, and back.

`python travel.py test_lxml` prints, as JSON, what went wrong: how, type and error.
"""

from __future__ import annotations

import copyreg
import importlib
import json
import multiprocessing
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

import children
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

import adapters
import adapters.libraries
from adapters._batteries.packages import FILES
from adapters._conformance.states import difference

Wrong = list[tuple[str, str, str]]


def type_of(obj: Any) -> str:
    return type(obj).__name__


def got(handle: Any) -> str:
    """The type of a shared object."""
    return type(handle.get()).__name__


def made_by(module: Any) -> dict[str, Any]:
    """One object of each type, by name; `makers_of` of a module gives makers other than TYPES."""
    makers_of = getattr(module, "makers_of", module.TYPES.__getitem__)
    found = {name: makers_of(name) for name in module.TYPES}
    return {name: makers[0]() for name, makers in found.items() if makers}


class Trip:
    """The objects of a module, each sent in several ways."""

    def __init__(self, module: Any) -> None:
        self.wrong: Wrong = []
        self.made = made_by(module)
        # Types of which a process may hold one object are not sent back.
        options = getattr(module, "OPTIONS", {})
        of_each = {name: options.get(name, options) for name in self.made}
        self.alone = {name for name, each in of_each.items() if each.get("elsewhere")}

    @contextmanager
    def noting(self, how: str, name: str) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.wrong.append((how, name, f"{type(error).__name__}: {error}"[:500]))

    def send(self, how: str, call: Callable[[Any, Any], Any]) -> None:
        """Send each there and back; `call(function, obj)` runs a function in a child."""
        for name, obj in self.made.items():
            with self.noting(how, name):
                if name in self.alone:
                    assert call(type_of, obj) == type(obj).__name__
                    continue
                back = call(children.echo, obj)
                assert type(back) is type(obj), f"{type(back)} came back"
                one, other = (adapters.to_spec(each).state for each in (obj, back))
                assert not difference(one, other), "it came back with another state"

    def share(self, call: Callable[[Any, Any], Any]) -> None:
        """Have a child get each from a shared handle."""
        for name, obj in self.made.items():
            with self.noting("share", name), adapters.share(obj) as handle:
                assert call(got, handle) == type(obj).__name__


def travel(module: Any, package: str) -> Wrong:
    """All ways; the list of what went wrong."""
    trip = Trip(module)
    kinds = {type(obj) for obj in trip.made.values()}
    before = kinds & copyreg.dispatch_table.keys()
    context = multiprocessing.get_context("spawn")
    with adapters.Executor(ProcessPoolExecutor(1, mp_context=context)) as executor:
        trip.send("Executor", lambda function, obj: executor.submit(function, obj).result(60))
        trip.share(lambda function, obj: executor.submit(function, obj).result(60))
    if kinds & copyreg.dispatch_table.keys() != before:
        trip.wrong.append(("copyreg", package, "it was told before load()"))
    adapters.libraries.load(package)
    with context.Pool(1) as pool:
        trip.send("Pool", lambda function, obj: pool.apply_async(function, (obj,)).get(60))
    with ProcessPoolExecutor(1, mp_context=context) as plain:
        trip.send("pickle", lambda function, obj: plain.submit(function, obj).result(60))
    try:
        workers = Parallel(2, backend="loky", timeout=60)
        trip.send("joblib", lambda function, obj: workers([delayed(function)(obj)])[0])
    finally:
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
    for name, obj in trip.made.items():
        with trip.noting("pickle", name):
            pickle.dumps(obj)
    return trip.wrong


if __name__ == "__main__":
    sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
    tests = importlib.import_module(sys.argv[1])
    file = sys.argv[1].removeprefix("test_")
    package = next(package for package, name in FILES.items() if name == file)
    print(json.dumps(travel(tests, package)))
