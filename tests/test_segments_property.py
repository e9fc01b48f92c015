"""Whatever is handed over later, a view never changes unless its holder writes there."""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest
import segments_room
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from segments_room import lost, needs_segments, part_of, take

from adapters._segments import home, receiver
from adapters._segments import sender as sender_module
from adapters._segments.home import Home
from adapters._segments.sender import Handed, Sender, close_sender, sender_in

directory = segments_room.directory
pytestmark = needs_segments

SIZES = [1 << 17, (1 << 17) + 1000, 1 << 18]
OPERATIONS = ["hand", "hand", "take", "take", "drop", "write", "part", "again", "withdraw"]
OPERATIONS += ["trim sender", "trim receiver", "retire", "end", "cycle"]


class Model:
    """What was handed over, who holds what, and what has to be in there."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.sender: Sender = sender_in(folder)
        self.unread: list[tuple[Handed, int]] = []
        self.taken: list[Handed] = []
        self.held: list[list[Any]] = []  # a view, and the byte that is everywhere in it
        self.count = 0

    def run(self, operation: str, number: int) -> None:
        getattr(self, operation.replace(" ", "_"))(number)
        for view, fill in self.held:
            assert bytes(view) == part_of(fill, len(view)), operation

    def hand(self, number: int) -> None:
        self.count += 1
        size = SIZES[number % len(SIZES)]
        handed = self.sender.hand_over([part_of(self.count, size)], size)
        if handed is not None:  # else there is no room
            self.unread.append((handed, self.count))

    def take(self, number: int) -> None:
        if self.unread:
            handed, fill = self.unread.pop(number % len(self.unread))
            self.held.append([take(handed), fill])
            self.taken.append(handed)

    def again(self, number: int) -> None:
        if self.taken:
            lost(self.taken[number % len(self.taken)].name)

    def drop(self, number: int) -> None:
        if self.held:
            self.held.pop(number % len(self.held))

    def write(self, number: int) -> None:
        if self.held:
            self.count += 1
            one = self.held[number % len(self.held)]
            one[0][:] = part_of(self.count, len(one[0]))
            one[1] = self.count

    def part(self, number: int) -> None:
        """Keep only a piece of a view."""
        if self.held:
            one = self.held[number % len(self.held)]
            one[0] = one[0][number % 100 : 1000]

    def cycle(self, number: int) -> None:
        """Drop a view that is in a reference cycle."""
        if self.held:
            one = self.held.pop(number % len(self.held))
            one.append(one)
            del one
            if number % 2:
                gc.collect()

    def withdraw(self, number: int) -> None:
        if self.unread:
            self.unread.pop(number % len(self.unread))[0].withdraw()

    def trim_sender(self, number: int) -> None:
        self.sender.trim(time.monotonic() + number % 2)

    def trim_receiver(self, number: int) -> None:
        receiver._keeper.trim(time.monotonic() + number % 2)

    def retire(self, _: int) -> None:
        """What a fork does to what is held."""
        receiver._before_fork()
        receiver._guard.release()

    def end(self, _: int) -> None:
        """Another sender comes; what was not read may still be."""
        close_sender(self.folder, keep_unread=True)
        self.sender = sender_in(self.folder)


step = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 999))
steps = st.lists(step, min_size=30, max_size=90)


def check(steps: list[tuple[str, int]], directory: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(home, "_directory", lambda: directory)
        patched.setattr(sender_module, "MOST_SEGMENTS", 4)
        patched.setattr(sender_module, "_PAUSE", -1.0)
        made = Home()
        try:
            model = Model(made.folder)
            for operation, number in steps:
                model.run(operation, number)
            for handed, fill in model.unread:
                assert bytes(take(handed)) == part_of(fill, handed.size)
        finally:
            made.close()


FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(steps)
@settings(max_examples=15, deadline=None, suppress_health_check=FIXTURES)
def test_some_interleavings(directory: str, steps: list[tuple[str, int]]) -> None:
    check(steps, directory)


@pytest.mark.slow
@given(steps)
@settings(max_examples=200, deadline=None, suppress_health_check=FIXTURES)
def test_many_interleavings(directory: str, steps: list[tuple[str, int]]) -> None:
    check(steps, directory)
