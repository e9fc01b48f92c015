"""Skip what asks for a process, a thread or a timer, of which Python as WebAssembly has none."""

from __future__ import annotations

import subprocess
import threading
from typing import Any

import pytest
from hypothesis import settings


def _skip(*_: Any, **__: Any) -> Any:
    pytest.skip("there are no processes and threads here")


subprocess.Popen.__init__ = _skip  # type: ignore[method-assign]
subprocess.Popen.__del__ = lambda self: None  # type: ignore[attr-defined]
threading.Thread.start = _skip  # type: ignore[method-assign]

settings.register_profile("wasm", max_examples=20, deadline=None)
settings.load_profile("wasm")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("timeout", "of pytest-timeout, which needs timers")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "timeout: of pytest-timeout, which needs timers")
