"""Every limit of this room: on memory, nesting, numbers of things, and on what a report lists.

Two more follow from the payload itself and are in `machine` and `reader`: no length in a payload
exceeds the bytes that are left, and no memo index exceeds the payload's size.
"""

from __future__ import annotations

UNLIMITED = 1 << 62  # more than any process has bytes, or any payload has levels

# Memory, in bytes. Values are counted by the first pass, before any of them is made: rounded up to
# the sizes of 64-bit CPython, with the slot that refers to the value and the machine's own part.
VALUE = 32  # a value of any type, besides its contents
SLOT = 8  # a reference to an item
EMPTY: dict[type, int] = {tuple: 80, list: 80, dict: 80, set: 240, frozenset: 240}
ITEM: dict[type, int] = {tuple: SLOT, list: SLOT + 2, dict: 80, set: 60, frozenset: 60}
FIRST_ITEM = 2 * VALUE  # more, for the table of a dict or a set that is no longer empty
BYTES = 2 * VALUE  # bytes or a bytearray, besides its contents
VIEW = 6 * VALUE  # a memoryview, or bytes made from another object, besides its contents

# Levels of nesting.
VALUE_DEPTH = 10_000  # containers and objects: pickle itself stops there at the latest
KEY_DEPTH = 200  # tuples in a key of a dict or set: C computes their hash by recursion
AUDIT_DEPTH = 10  # payloads inside payloads that an audit follows
MARKS = 100_000  # open marks: one for each level of nesting, which no pickler drives that far

# Time that grows faster than the payload.
EQUAL_HASHES = 100  # keys of one hash in one container: each is compared with all before it
DIGITS = 4300  # of a number in text, as in `int`: the time grows with the square of their number

# Of a payload that could not be loaded and is read for a diagnosis: half a second of it.
DIAGNOSED_BYTES = 1 << 26
DIAGNOSED_OPCODES = 300_000

# What a report lists.
PROBLEMS = 100  # problems, one by one
ARGUMENT = 1000  # characters of a call's first argument
NAME = 120  # characters of a name from a payload


def memory_to_load(payload: int, buffers: int) -> int:
    """Bytes that the values of a payload may take, from the sizes of it and of its buffers.

    Usual data take 3 to 50 times their payload, and factories may copy buffers. The most are empty
    sets, 250 bytes from 2, of which usual data have no megabytes.
    """
    return (64 << 20) + 100 * payload + 4 * buffers


def memory_to_audit(payload: int) -> int:
    """Bytes that an audit may copy to follow a payload of this size.

    Other symbols take memory in proportion to the payload, and are not counted. A payload that
    copies everything once takes 8 bytes for each byte of its own.
    """
    return (16 << 20) + 16 * payload
