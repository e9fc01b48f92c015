"""Conformance: a test class to inherit from, whose tests are the promises of an adapter."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

import pytest

from adapters._conformance.case import collect
from adapters._conformance.promises import PROMISES, Promise
from adapters._conformance.run import Run


class Conformance:
    """Each promise of an adapter as a test; `adapter` and `examples` have to be set.

    The attributes are the arguments of `adapters.testing.check_adapter`. Those that are functions
    are used as they are, without `self`. `examples` may also be a function that returns them.
    Golden payloads are beside the file of the class, in `adapters-golden`, unless `golden` names
    another folder; `pytest -p adapters.testing --adapters-record` writes those that are missing.

    The tests of a class that were selected run together, at the first of them: most share one
    child process.
    """

    __test__: ClassVar[bool] = False  # pytest collects the subclasses only

    # Types of which a subclass may make anything: a function, a static method, a value.
    adapter: Any
    examples: Any
    equal: Any = None
    ignore: ClassVar[Collection[str]] = ()
    live: Any = None
    golden: ClassVar[str | PathLike[str] | None] = "adapters-golden"
    skip: ClassVar[Mapping[str, str]] = {}
    rebuilds: ClassVar[int | None] = None
    elsewhere: ClassVar[bool] = False
    timeout: ClassVar[float] = 60.0

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__test__ = True


@cache
def _run_of(cls: Any, record_golden: bool) -> Run:
    for name in ("adapter", "examples"):
        if not hasattr(cls, name):
            pytest.fail(f"{cls.__qualname__} has no {name}: set it in the class", pytrace=False)
    names = ("adapter", "examples", "golden", "equal", "ignore", "live", "rebuilds", "elsewhere")
    options = {name: _plain(cls, name) for name in names}
    if options["golden"] is not None:
        options["golden"] = Path(inspect.getfile(cls)).parent / options["golden"]
    return Run(collect(record_golden=record_golden, **options), cls.skip, cls.timeout)


def _plain(cls: type, name: str) -> Any:
    """An attribute as it was written: a function stays one, and becomes no method."""
    value = inspect.getattr_static(cls, name)
    return value.__func__ if isinstance(value, (staticmethod, classmethod)) else value


def _test_of(promise: Promise) -> Callable[..., None]:
    def test(self: Conformance, request: pytest.FixtureRequest) -> None:
        cls: Any = type(self)
        run = _run_of(cls, bool(request.config.getoption("--adapters-record", default=False)))
        if promise.name not in run.results:
            items = [item for item in request.session.items if getattr(item, "cls", None) is cls]
            tests = {getattr(item, "originalname", "") for item in items}
            run.run([each.name for each in PROMISES if f"test_{each.name}" in tests])
        result = run.results[promise.name]
        if result.status == "skipped":
            pytest.skip(result.reason)
        if result.status == "failed":
            pytest.fail(f"{run.case.adapter!r}: {result.reason}", pytrace=False)

    test.__name__ = f"test_{promise.name}"
    test.__qualname__ = f"Conformance.{test.__name__}"
    test.__doc__ = promise.check.__doc__
    return test


for _promise in PROMISES:
    setattr(Conformance, f"test_{_promise.name}", _test_of(_promise))
Conformance.__module__ = "adapters.testing"
