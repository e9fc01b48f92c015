"""Interrupts of a thread that sends: no segment is in two lists, and nothing stays behind."""

from __future__ import annotations

import signal
import sys
import time
from linecache import getline
from typing import Any

import pytest
import segments_room
from segments_room import (
    SIZE,
    descriptors,
    hand,
    needs_segments,
    part_of,
    segments_in,
    take,
)

from adapters._segments import segment as segment_module
from adapters._segments import sender as sender_module
from adapters._segments.home import Home
from adapters._segments.segment import Segment
from adapters._segments.sender import Sender

directory = segments_room.directory
room = segments_room.room
sender = segments_room.sender
pytestmark = needs_segments


class TestAnInterrupt:
    """Of the thread that sends, wherever it is: no segment is in two lists, nothing stays."""

    def test_while_a_segment_is_filled(self, sender: Sender, directory: str) -> None:
        before = descriptors()
        with pytest.raises(TypeError):
            sender.hand_over([part_of(1), "no bytes"], SIZE)
        assert segments_in(directory) == []
        assert descriptors() == before

    def test_after_it_was_filled(
        self, sender: Sender, directory: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fill(segment: Segment, *args: Any) -> None:
            original(segment, *args)
            raise KeyboardInterrupt

        original = Segment.fill
        monkeypatch.setattr(Segment, "fill", fill)
        before = descriptors()
        with pytest.raises(KeyboardInterrupt):
            hand(sender, part_of(1))
        assert segments_in(directory) == []
        assert descriptors() == before

    def test_that_is_a_time_out_is_raised(
        self, sender: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fill(*_: Any) -> None:
            raise TimeoutError("of a signal handler")

        monkeypatch.setattr(Segment, "fill", fill)
        with pytest.raises(TimeoutError):
            hand(sender, part_of(1))

    def test_at_any_line(self, room: Home) -> None:
        """What was taken before never changes, and what follows arrives."""
        line = 0
        while True:
            made = Sender(room.folder)
            views = [take(hand(made, part_of(number))) for number in range(3)]
            del views[1]
            line += 1
            with Interrupting(line) as interrupting:
                made.hand_over([part_of(8)], SIZE)
            later = [take(hand(made, part_of(number))) for number in range(10, 16)]
            assert [view[0] for view in views] == [0, 2], line
            assert [view[0] for view in later] == list(range(10, 16)), line
            del views, later
            made.close()
            if not interrupting.has:
                break
        assert line > 30


class Interrupting:
    """Raises KeyboardInterrupt at a line of the sender's modules, and suppresses it."""

    FILES = (sender_module.__file__, segment_module.__file__)

    def __init__(self, line: int) -> None:
        self.line = line
        self.has = False

    def __enter__(self) -> Interrupting:
        self.outer = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def trace(self, frame: Any, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        if file not in self.FILES:
            return None
        # No signal is served where a `with` ends, which traces its line again.
        if event == "line" and not getline(file, frame.f_lineno).strip().startswith("with"):
            self.line -= 1
            if self.line == 0:
                sys.settrace(None)
                self.has = True
                raise KeyboardInterrupt
        return self.trace

    def __exit__(self, *_: object) -> bool:
        sys.settrace(self.outer)
        return True


class TestWhatInterruptsASender:
    """A signal handler, or the garbage collector, that sends or closes in the same thread."""

    def interrupt(self, monkeypatch: pytest.MonkeyPatch, function: Any) -> None:
        """Call a function when the sender looks at a segment's state, once."""
        calls: list[bool] = []

        def state(segment: Segment) -> int:
            found = original(segment)
            if not calls:
                calls.append(True)
                function()
            return found

        original = Segment.state
        monkeypatch.setattr(Segment, "state", state)

    def test_may_send(self, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
        handed = [hand(sender, part_of(number, SIZE)) for number in range(3)]
        for each in handed:
            take(each)
        inner: list[Any] = []
        self.interrupt(
            monkeypatch, lambda: inner.append(sender.hand_over([part_of(4, 2 * SIZE)], 2 * SIZE))
        )
        views = [take(hand(sender, part_of(number))) for number in range(10, 20)]
        assert [view[0] for view in views] == list(range(10, 20))
        assert len(inner) == 1
        assert len(set(sender._free)) == len(sender._free)

    @pytest.mark.parametrize("how", ["hand_over", "trim"])
    def test_may_close(
        self, sender: Sender, directory: str, monkeypatch: pytest.MonkeyPatch, how: str
    ) -> None:
        view = take(hand(sender, part_of(1)))
        take(hand(sender, part_of(1)))
        self.interrupt(monkeypatch, sender.close)
        before = descriptors()
        if how == "trim":
            sender.trim(0)
        else:
            sender.hand_over([part_of(2)], SIZE)
        assert sender.hand_over([part_of(2)], SIZE) is None
        assert bytes(view) == part_of(1)
        assert descriptors() < before

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers")
    @pytest.mark.slow
    def test_may_be_a_signal_at_any_time(self, sender: Sender) -> None:
        views: list[memoryview] = []

        def handler(*_: object) -> None:
            if (handed := sender.hand_over([part_of(1)], SIZE)) is not None:
                views.append(take(handed))

        before = signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        try:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                if (handed := sender.hand_over([part_of(2)], SIZE)) is not None:
                    view = take(handed)
                    assert view[0] == view[-1] == 2
                del views[5:]
                assert all(view[0] == view[-1] == 1 for view in views)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert views
