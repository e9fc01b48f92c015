"""The last line of a run says how many types were tried, and which packages are not installed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    stats = terminalreporter.stats
    ran = [each.nodeid for each in stats.get("passed", []) if "::test_kit[" in each.nodeid]
    packages = {nodeid.partition("::")[0] for nodeid in ran}
    skipped = [each.nodeid for each in stats.get("skipped", []) if "::" not in each.nodeid]
    missing = [re.sub("^test_", "", Path(nodeid).stem) for nodeid in skipped]
    line = f"libraries: {len(ran)} types of {len(packages)} packages passed the kit"
    if missing:
        line += f"; not installed, so not tried: {', '.join(sorted(missing))}"
    terminalreporter.write_line(line)
