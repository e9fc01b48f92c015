"""The conformance kit: it checks an adapter against each promise that adapters make.

`check_adapter` checks them in one call. With pytest, inherit from `Conformance`, and each promise
is one test:

    class TestSession(adapters.testing.Conformance):
        adapter = Session
        examples = [lambda: Session("https://example.org"), lambda: Session("")]

This module is also a plugin of pytest, for golden payloads: `pytest -p adapters.testing
--adapters-record`. (PYTEST_DONT_REWRITE: it may have been imported before pytest loads it.)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from adapters._conformance.check import check_adapter
from adapters._conformance.pytest_plugin import pytest_addoption  # noqa: F401
from adapters._conformance.report import ConformanceError, Report, Result
from adapters._installation import require_whole

__all__ = ["Conformance", "ConformanceError", "Report", "Result", "check_adapter"]

if TYPE_CHECKING:
    from adapters._conformance.pytest_class import Conformance


require_whole()

# Imported on first use, as it needs pytest.
_LAZY = {"Conformance": "_conformance.pytest_class"}


def _imported(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__package__}.{_LAZY[name]}"), name)


if not TYPE_CHECKING:  # to which every name would seem to be there
    __getattr__ = _imported


for _public in (ConformanceError, Report, Result, check_adapter):
    _public.__module__ = __name__
del _public
