"""The last lines of a run say how many types were tried; run.py adds them up."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    passed = terminalreporter.stats.get("passed", [])
    count = sum("::test_kit[" in each.nodeid for each in passed)
    terminalreporter.write_line(f"libraries: {count} types passed the kit")
