"""psutil: processes of this host.

| type | what travels | what does not |
|---|---|---|
| `Process` | process id and time of creation | a process that has ended, or that is on another host: refused |

Left out: `Popen`: only the process that started a child can wait for it; send `psutil.Process(pid)`.
"""

from __future__ import annotations

from typing import Any

import psutil

from adapters import register
from adapters.libraries._states import parts


def _serialize(process: Any) -> Any:
    if not process.is_running():
        raise ValueError(f"process {process.pid} has ended")
    return process.pid, float(process.create_time())


def _make(state: Any) -> Any:
    number, created = parts(state, int, float)
    if not 0 <= number < 1 << 31:
        raise ValueError(f"{number} is no id of a process")
    process = psutil.Process(number)
    # The time follows from that of the clock, which may have been set a little in between.
    if not abs(process.create_time() - created) < 2:
        raise ValueError(f"process {number} is another one: that which was sent has ended")
    return process


register(psutil.Process, _serialize, _make)
