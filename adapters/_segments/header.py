"""Header: the first page of a segment, which says who may use the memory behind it.

The sender writes all of it when it hands the segment over, and later `SENT` and `CLOSED`. The
receiver writes who has taken it, and the state. A part of a message is known by its token: a
segment has another one each time.
"""

from __future__ import annotations

from struct import Struct

DATA = 4096  # bytes before the data, so that they begin on a page
MAGIC = b"segment1"
# Magic bytes, token, state, whether it is closed, whether the message was sent, the taker's process
# and the namespace of that process id.
LAYOUT = Struct("=8sQBBBxIQ")
STATE, CLOSED, SENT, TAKER = 16, 17, 18, 20
PROCESS = Struct("=IQ")  # a process, as `processes.identity` has it

FREE = 0  # the sender may fill it
HANDED = 1  # a message names it, which nobody has read
TAKEN = 2  # it is the memory of an object of the receiver
RETIRED = 3  # it is that for ever, in more than one process: the sender forgets it


def packed(token: int, state: int) -> bytes:
    """A header that nobody has taken."""
    return LAYOUT.pack(MAGIC, token, state, 0, 0, 0, 0)


def check(found: bytes, token: int) -> None:
    """Raise ValueError if a header is not that of a part which nobody has taken."""
    if found[: len(MAGIC)] != MAGIC or len(found) < LAYOUT.size:
        raise ValueError("it is truncated, or has been written over")
    if LAYOUT.unpack(found)[1:3] != (token, HANDED):
        raise ValueError("another part is in it by now, or it was taken before")
