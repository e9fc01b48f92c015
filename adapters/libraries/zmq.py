"""pyzmq: frames, which are parts of messages.

| type | what travels | what does not |
|---|---|---|
| `Frame` | the bytes, and whether more follow | the peer's metadata; a tracker: refused |

Left out: `Context`, the threads and connections of a process, which `zmq.Context.instance()` is
there, too; `Socket`, an open connection: send its type and address; `MessageTracker`. `Poller` pickles where its sockets do.
"""

from __future__ import annotations

from typing import Any

import zmq

from adapters import register
from adapters.libraries._states import parts


def _frame_state(frame: Any) -> tuple[bytes, bool]:
    if frame.tracker is not None:
        raise ValueError("the tracker of this Frame belongs to its process: send frame.bytes")
    return frame.bytes, bool(frame.more)


def _frame(state: Any) -> Any:
    data, more = parts(state, (bytes, memoryview), bool)
    frame = zmq.Frame(bytes(data))
    frame.more = more
    return frame


register(zmq.Frame, _frame_state, _frame)
