"""Sender: hands parts over in the segments of a folder, which it uses again and again."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from threading import RLock
from time import monotonic
from typing import Any, NamedTuple

from adapters import _events
from adapters._segments import header, idle
from adapters._segments.ended import remove_ended
from adapters._segments.exits import at_exit
from adapters._segments.limits import MOST_SEGMENTS, most_bytes, room_left, size_class
from adapters._segments.segment import Segment

_LOOKS = 8  # segments that are looked at from either side, before a part is handed over

_PAUSE = 0.05  # seconds from one look at the room to the next, if there is some


class Handed(NamedTuple):
    """A part that was handed over, as the sender knows it."""

    sender: Sender
    segment: Segment
    token: int
    size: int

    @property
    def name(self) -> tuple[str, int, int]:
        """What the receiver needs to take it."""
        return self.segment.path, self.token, self.size

    def is_unread(self) -> bool:
        """Whether nobody has taken it."""
        with self.sender.lock:
            return self.segment.token == self.token and self.segment.state() == header.HANDED

    def mark_sent(self) -> None:
        """Note that its message was sent: it may be read after this process has ended."""
        with self.sender.lock:
            if self.segment.token == self.token:
                self.segment.mark_sent()

    def withdraw(self) -> None:
        """Let it be removed, if nobody has taken it: its message will not be read.

        This does not wait for a lock, so that the garbage collector can call it.
        """
        self.sender.withdrawn.append(self)


class Sender:
    """Hands parts over in the segments that this process has in a folder.

    Args:
        folder: The folder.

    Raises:
        ValueError: the variable ADAPTERS_SEGMENTS_BYTES is no number of bytes.
        OSError: the folder is gone.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._most = most_bytes(folder)
        self.lock = RLock()  # reentrant, as a signal handler may send something
        self._free: list[Segment] = []  # the last one was used last
        self._out: list[Segment] = []  # handed over or taken, the oldest first
        self._next = 0  # where in there to look next
        self._room = 0  # bytes that new segments may take
        self._looked = 0.0  # when that was found out
        self.withdrawn: deque[Handed] = deque()
        self._closed = False
        self._has_warned = False

    def hand_over(self, pieces: Sequence[Any], size: int) -> Handed | None:
        """Copy a part into a segment.

        Args:
            pieces: Bytes-like objects: the part.
            size: Its bytes.

        Returns:
            What was handed over; None if there is no room for it.
        """
        segment = None
        try:
            if self._is_interrupted():
                return None
            with self.lock:
                segment = self._segment_for(size)
            if segment is None:
                self._warn(size)
                return None
            segment.fill(pieces, size)
            handed = Handed(self, segment, segment.token, size)
            with self.lock:
                self._out.append(segment)
        except BaseException as error:
            if segment is not None:
                with self.lock:
                    segment.remove()
            # There is no room, no descriptor, or no folder. What a signal handler raises, such as
            # TimeoutError, has no errno.
            if isinstance(error, OSError) and error.errno is not None:
                self._warn(size)
                return None
            raise
        if self._closed:  # meanwhile
            self.close(keep_unread=True)
        idle.watch(self)
        return handed

    def _warn(self, size: int) -> None:
        """Log once that there is no room for a part, unless there is to be none."""
        if self._most and not self._closed and not self._has_warned:
            self._has_warned = True
            _events.warning(
                "no room in %s for a part of %d bytes: it goes in its message, which takes longer",
                self._folder,
                size,
            )

    def trim(self, unused_since: float) -> bool:
        """Remove the segments that were not used; as `idle.Trimmable`."""
        if self._is_interrupted():
            return True
        with self.lock:
            for segment in self._out:
                segment.reclaim()
            self._collect(len(self._out))
            for segment in [each for each in self._free if each.used < unused_since]:
                self._free.remove(segment)
                segment.remove()
        if self._closed:  # meanwhile
            self.close(keep_unread=True)
        return bool(self._free or self._out)

    def close(self, *, keep_unread: bool = False) -> None:
        """Remove all segments; with `keep_unread`, a part that nobody has taken stays there."""
        self._closed = True
        if self._is_interrupted():
            return  # what is interrupted closes it
        with self.lock:
            self._remove_withdrawn()
            for segment in chain(self._free, self._out):
                segment.remove(keep_unread=keep_unread)
            self._free, self._out = [], []

    def forget(self) -> None:
        """Close all files, in a forked child, where they are the parent's."""
        self._closed = True
        for segment in chain(self._free, self._out):
            segment.forget()
        self._free, self._out = [], []
        self.lock = RLock()

    def _segment_for(self, size: int) -> Segment | None:
        """A segment that is in no list until it is filled."""
        if self._closed:
            return None
        self._collect(_LOOKS)
        wanted = size_class(size)
        return self._take_free(wanted) or self._make(wanted, size)

    def _is_interrupted(self) -> bool:
        """Whether this thread has the lock: a signal handler, or a finalizer, has called this.

        It must not change the lists then, as the thread is about to.
        """
        return self.lock._is_owned()  # type: ignore[attr-defined, no-any-return]

    def _take_free(self, wanted: int) -> Segment | None:
        for index in reversed(range(len(self._free))):
            if self._free[index].size_class == wanted:
                return self._free.pop(index)
        return None

    def _collect(self, looks: int) -> None:
        """Look which segments were given back: at the newest and, in turn, at all others."""
        self._remove_withdrawn()
        out = self._out
        if self._next >= len(out):
            self._next = 0
        seen = dict.fromkeys(out[-looks:] + out[self._next : self._next + looks])
        self._next += looks
        for segment in seen:
            state = segment.state()
            if state == header.FREE:
                # An interrupt may lose it here, and must not leave it in both lists.
                out.remove(segment)
                segment.used = monotonic()
                self._free.append(segment)
            elif state == header.RETIRED:
                self._drop(segment)

    def _make(self, wanted: int, size: int) -> Segment | None:
        """A new segment, if there is room for it once others have made way."""
        size += header.DATA
        if not self._has_room(size):
            if (found := self._take_free(wanted)) is not None:  # given back meanwhile
                return found
            if self._free:
                for segment in self._free:
                    segment.remove()
                self._free = []
                self._looked = 0.0
            elif len(self._out) >= MOST_SEGMENTS:
                self._give_away()
            if not self._has_room(size):
                return None
        self._room -= size
        return Segment(self._folder, wanted)

    def _has_room(self, size: int) -> bool:
        """Whether a new segment may be made; what others take of the room is seen a bit later."""
        now = monotonic()
        if now > self._looked + _PAUSE:
            for segment in self._out:
                segment.reclaim()
            self._collect(len(self._out))
            remove_ended(self._folder)
            self._room = room_left(self._folder, self._most)
            self._looked = now
        return len(self._free) + len(self._out) < MOST_SEGMENTS and size <= self._room

    def _give_away(self) -> None:
        """Leave the segment that was taken first to its receiver, which keeps what it holds."""
        for segment in self._out:
            if segment.state() == header.TAKEN:
                self._drop(segment)
                return

    def _drop(self, segment: Segment) -> None:
        self._out.remove(segment)
        segment.remove()

    def _remove_withdrawn(self) -> None:
        while self.withdrawn:
            with suppress(IndexError):  # another thread was first
                handed = self.withdrawn.popleft()
                if handed.is_unread() and handed.segment in self._out:
                    self._drop(handed.segment)


_senders: dict[str, Sender] = {}
_guard = RLock()


def sender_in(folder: str) -> Sender:
    """The sender of this process in a folder; raises as `Sender`."""
    sender = _senders.get(folder)
    if sender is None:
        at_exit(close_senders)
        with _guard:
            sender = _senders.setdefault(folder, Sender(folder))
    return sender


def close_sender(folder: str, *, keep_unread: bool = False) -> None:
    """Close the sender of this process in a folder, if there is one."""
    sender = _senders.pop(folder, None)
    if sender is not None:
        sender.close(keep_unread=keep_unread)


def close_senders() -> None:
    """Close all senders of this process; what nobody has read stays for its receiver."""
    for folder in list(_senders):
        close_sender(folder, keep_unread=True)


def _after_fork() -> None:
    """In a forked child: use none of the parent's segments."""
    global _guard
    _guard = RLock()
    for sender in _senders.values():
        sender.forget()
    _senders.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
