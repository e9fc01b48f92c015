"""Parts: what a message consists of, the pickle of an object and the large parts beside it.

From a size on a part travels in a segment: memory that the two processes share. It goes there when
the transport pickles the message, as then there is a worker that will soon read it.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from contextlib import suppress
from pickle import PickleBuffer
from typing import TYPE_CHECKING, Any, TypeAlias

from adapters import _events
from adapters._pickling import load_message
from adapters._segments.limits import LEAST
from adapters.errors import RebuildError

if TYPE_CHECKING:
    from adapters._segments.sender import Handed, Sender

# The pickle, and the large parts. What is a Part where it is sent is any bytes-like object where it
# arrives, if the transport pickles at all; a RebuildError if it could not be taken.
Message: TypeAlias = "tuple[Any, tuple[Any, ...]]"


class Part:
    """A large part of a message: in a segment, if there is room, when the transport pickles it.

    Else it is out of band where the transport has pickle's protocol 5. It arrives as writable
    memory if the sender's was, as the arrays of numpy are, and only then.

    Args:
        pieces: Bytes-like objects: what is in it.
        sender: What hands it over in a segment; None if it stays in the message.
        is_kept: Whether this exists until the message was read, or never will be. Then what nobody
            has taken is withdrawn at its end.
    """

    __slots__ = ("_handed", "_is_kept", "_pieces", "_sender")

    def __init__(
        self, pieces: Sequence[Any], sender: Sender | None = None, is_kept: bool = False
    ) -> None:
        self._pieces = pieces
        self._sender = sender
        self._is_kept = is_kept
        self._handed: list[Handed] = []

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self._sender is not None:
            memories, size = self._memories(), self.size
            handed = self._sender.hand_over(memories, size)
            if (observer := _events.observer) is not None:
                kind = "no room" if handed is None else "segment"
                observer.record(kind, "sent", (0, size))
            if handed is not None:
                if self._is_kept:
                    self._handed = [each for each in self._handed if each.is_unread()] + [handed]
                from adapters._segments.receiver import take

                return take, (*handed.name, self._is_read_only())
        if protocol >= 5 and len(self._pieces) == 1:
            return memoryview, (PickleBuffer(self._pieces[0]),)
        return bytes if self._is_read_only() else bytearray, (self._joined(),)

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(each.nbytes for each in self._memories())

    def _memories(self) -> list[memoryview]:
        return [PickleBuffer(each).raw() for each in self._pieces]

    def mark_sent(self) -> None:
        """Note that the message was sent: it may be read for as long as there is somebody to."""
        for handed in self._handed:
            handed.mark_sent()
        self._handed = []

    def __del__(self) -> None:
        for handed in self._handed:
            handed.withdraw()

    def copy(self) -> bytes | bytearray:
        """Memory of its own, for a transport that pickles nothing."""
        return self._joined() if self._is_read_only() else bytearray(self._joined())

    def _is_read_only(self) -> bool:
        with memoryview(self._pieces[0]) as view:
            return view.readonly

    def _joined(self) -> bytes:
        return b"".join(self._memories())


def message_of(
    pieces: list[bytes], views: list[PickleBuffer], folder: str, is_kept: bool
) -> Message:
    """A message of the pieces of a pickle and the buffers beside it; `folder` is as in `Form`."""
    parts = []
    for view in views:
        sender = _sender_of(view.raw().nbytes, folder)
        parts.append(Part([view], sender, is_kept))
    return body_of(pieces, folder, is_kept), tuple(parts)


def body_of(pieces: list[bytes], folder: str, is_kept: bool) -> bytes | Part:
    """The pieces of a pickle as one: bytes or, if these are many, a part."""
    if len(pieces) > 1 and (sender := _sender_of(sum(map(len, pieces)), folder)) is not None:
        return Part(pieces, sender, is_kept)
    return b"".join(pieces)


def _sender_of(size: int, folder: str) -> Sender | None:
    if size < LEAST or not folder:
        return None
    from adapters._segments.sender import sender_in

    with suppress(OSError):  # the folder is gone
        return sender_in(folder)
    return None


def mark_sent(message: Message) -> None:
    """Note that a message was sent."""
    body, buffers = message
    for part in (body, *buffers):
        if type(part) is Part:
            part.mark_sent()


def large_parts(message: Message) -> list[tuple[int, bool]]:
    """The bytes of each large part of a message, and whether the transport itself carries them."""
    body, buffers = message
    found = []
    for part in (body, *buffers):
        if type(part) is Part:
            found.append((part.size, not part._handed))
        elif type(part) in (memoryview, bytearray):
            view = memoryview(part)
            found.append((view.nbytes, type(view.obj) in (bytes, bytearray)))
    return found


def copy_memory(part: Any) -> Any:
    """A message, or a result item, that shares no memory with this one."""
    if type(part) is tuple:
        return tuple(map(copy_memory, part))
    if type(part) is Part:
        return part.copy()
    if type(part) is memoryview:
        return bytes(part) if part.readonly else bytearray(part)
    return bytearray(part) if type(part) is bytearray else part


def arrived(part: Any) -> Any:
    """A part as it arrived.

    Raises:
        RebuildError: it could not be taken.
    """
    if type(part) is Part:  # no transport has pickled it
        return part.copy()
    if type(part) is RebuildError:
        raise part
    return part


def unpack(body: Any, buffers: tuple[Any, ...]) -> Any:
    """The object of a message; raises as `adapters.loads`."""
    return load_message(arrived(body), map(arrived, buffers))


def unpack_plain(body: Any) -> Any:
    """The object of a pickle of plain data.

    Raises:
        RebuildError: its part could not be taken.
    """
    data = arrived(body)
    return load_message(data, ()) if type(data) is memoryview else pickle.loads(data)
