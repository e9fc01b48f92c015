"""Every limit of this room: on memory, time, nesting, numbers, and on what a report lists.

Two more follow from the payload itself and are in `machine` and `reader`: no length in a payload
exceeds the bytes that are left, and no memo index exceeds the payload's size.
"""

from __future__ import annotations

import builtins

UNLIMITED = 1 << 62  # more than any process has bytes

# Memory, in bytes: what the first pass takes for a symbol or the second one for the value, whatever
# is more, rounded up for 64-bit CPython 3.10 to 3.13. Tables of dicts and sets are in `tables`.
START = 8 << 10  # for a machine and its builder
STACK = 24  # a value on the stack: its slot, and copies of it where it is taken off
MEMO = 10  # a slot of the memo
MARK = 16  # an open mark
VALUE = 32  # a small constant, besides its contents; an item of what code of adapters may copy
EMPTY: dict[type, int] = {list: 96, dict: 96, set: 248, tuple: 200, frozenset: 264}
ITEM: dict[type, int] = {list: 10, dict: 10, set: 10, tuple: 8, frozenset: 8}  # a slot for each
if hasattr(builtins, "frozendict"):  # Python 3.15
    EMPTY[builtins.frozendict], ITEM[builtins.frozendict] = 312, 10
FIRST_ITEM = 104  # more, where a list, dict or set is no longer empty
BYTES = 160  # bytes or a bytearray, besides the contents
VIEW = 480  # a memoryview, or bytes made from another object, besides the contents
GLOBAL = 160  # a global, besides its name
OBJECT = 200  # an object of an adapter, besides what its factory makes
KEY = 2000  # the key of an adapter, and what is found for it
COPIED_KEY = 136  # each value in a key, while its hash is computed
LEVEL = 160  # each level and
SEARCHED = 80  # each container, where nesting has to be searched at the end

# Levels of nesting.
VALUE_DEPTH = 10_000  # containers and objects: pickle itself stops there at the latest
KEY_DEPTH = 200  # tuples in a key of a dict or set: C computes their hash by recursion
AUDIT_DEPTH = 10  # payloads inside payloads that an audit follows
MARKS = 100_000  # open marks: one for each level of nesting, which no pickler drives that far

# Time, in steps of some 10 nanoseconds.
LOOK = 16  # a look at a place of a dict's table; a value that Python code visits once more
LOOKS_OF_SET = 32  # the same for ten places of a set's table, which follow each other
FEW_KEYS = 16  # keys of a dict or set whose looks are not counted

# Numbers.
DIGITS = 4300  # of a number in text, as in `int`: the time grows with the square of their number
INDEX_DIGITS = 20  # of a memo index in text
NAMED = 1000  # characters of the name of a global, a module or an adapter

# Of a payload that could not be loaded and is read for a diagnosis: half a second of it.
DIAGNOSED_BYTES = 1 << 26
DIAGNOSED_OPCODES = 300_000

# What a report lists.
PROBLEMS = 100  # problems, one by one
ARGUMENT = 1000  # characters of a call's first argument
NAME = 120  # characters of a name from a payload

# Advice, where a limit is reached.
MORE = "if it is meant to be, load it with a larger max_bytes"
FLATTEN = "if it is meant to be, flatten it before it is pickled"


def memory_to_load(payload: int, buffers: int) -> int:
    """Bytes that loading may take, from the sizes of the payload and of its buffers.

    Usual data take 10 to 100 times their payload, and factories may copy buffers. The most are
    empty sets, 300 bytes from 2, of which usual data have no megabytes.
    """
    return (64 << 20) + 128 * payload + 4 * buffers


def steps_to_load(payload: int, buffers: int) -> int:
    """Steps for opcodes that work on what is there already.

    Usual data take none or a few for each byte; the constant part is a hundredth of a second.
    """
    return 1_000_000 + 128 * (payload + buffers)


def bytes_to_audit(payload: int) -> int:
    """Bytes of payloads inside payloads that an audit reads, from the size of the outermost one."""
    return (64 << 10) + 4 * payload
