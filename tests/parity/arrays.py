"""Arrays and other memory: what a task gets is its own, and can be written."""

import array

import harness
from harness import make, outcome_of, program

try:
    import numpy as np
except ImportError:
    np = None

ROOM = None


class Series:
    def __init__(self, values):
        self.values = values

    def add(self, number):
        self.values += number
        return self.values.tolist()


def increase(values):
    values += 1
    return values


def increase_all(state):
    for values in state["values"]:
        values.sort()
        values[0] = -1
    return state


def flags(values):
    return values.flags.writeable, values.flags.c_contiguous, values.flags.f_contiguous


def fill(size):
    return np.full(size, 1.5)


def are_one(one, two):
    one[0] = 5
    return one is two, two.tolist()


def set_first(values):
    values[0] = 7
    return values


def set_up(size):
    global ROOM
    ROOM = np.zeros(size)


def add_to_room(number):
    ROOM[:] += number
    return ROOM.tolist()


def with_numpy(function):
    """A program, where there is numpy."""
    return program(function) if np is not None else function


@with_numpy
def an_argument_in_place():
    mine = np.arange(3.0)
    with make(1) as pool:
        print(outcome_of(pool, increase, mine), "here", mine)
        print(list(pool.map(increase, [mine, mine + 1], chunksize=2)), "here", mine)


@with_numpy
def a_result_in_place():
    with make(1) as pool:
        values = pool.submit(fill, 3).result()
        values[0] = 2
        values.sort()
        print(values, [each.flags.writeable for each in pool.map(fill, [1, 2])])


@with_numpy
def arrays_in_states():
    mine = np.arange(2)
    with make(1) as pool:
        print(outcome_of(pool, increase_all, {"values": [np.array([2, 1]), np.ones(3)]}))
        print(outcome_of(pool, Series(mine).add, 2), "here", mine)
        series = pool.submit(Series, np.zeros(2)).result()
        print(series.add(1))


@with_numpy
def orders_and_kinds():
    table = np.arange(6).reshape(2, 3)
    record = np.zeros(2, dtype=[("name", "U3"), ("size", "i4")])
    with make(1) as pool:
        for values in (table, table.T, table[:, 1], np.asfortranarray(table), record):
            there = outcome_of(pool, flags, values)
            print(
                there,
                flags(
                    pool.submit(increase if values is table else set_first, values.copy()).result()
                ),
            )
        mixed = np.array([1, "a", None], dtype=object)
        print(outcome_of(pool, set_first, mixed), outcome_of(pool, len, np.array("a")))
        print(outcome_of(pool, np.add, np.float32(1), 2), outcome_of(pool, np.linalg.norm, [3, 4]))


@with_numpy
def a_read_only_array():
    values = np.arange(3)
    values.flags.writeable = False
    with make(1) as pool:
        print(outcome_of(pool, flags, values)[:5], outcome_of(pool, increase, values))


@with_numpy
def large_arrays():
    values = np.ones(500_000)
    with make(1) as pool:
        print(outcome_of(pool, np.sum, values), float(pool.submit(increase, values).result().sum()))
        print([each.flags.writeable for each in pool.map(increase, [values, values])])
    print("here", float(values.sum()))


@with_numpy
def one_array_twice():
    values = np.zeros(3)
    with make(1) as pool:
        print(
            outcome_of(pool, are_one, values, values), outcome_of(pool, are_one, values, values[:2])
        )


@with_numpy
def one_array_in_two_calls_of_a_chunk():
    mine = np.arange(3.0)
    with make(1) as pool:
        print(list(pool.map(increase, [mine, mine], chunksize=2)))


@with_numpy
def an_array_of_the_worker():
    with make(1, initializer=set_up, initargs=(2,)) as pool:
        print(outcome_of(pool, add_to_room, 1), outcome_of(pool, add_to_room, 2))
    print("here", ROOM)


@program
def other_memory():
    mine, numbers = bytearray(b"abc"), array.array("i", [1, 2])
    with make(1) as pool:
        print(outcome_of(pool, set_first, mine), outcome_of(pool, set_first, numbers))
        print("here", mine, numbers, outcome_of(pool, len, bytes(2_000_000)))
        mine = bytearray(2_000_000)
        print(pool.submit(set_first, mine).result()[:2], mine[:2])


@program
def a_memoryview():
    with make(1) as pool:
        print(outcome_of(pool, len, memoryview(b"abc")))


if __name__ == "__main__":
    harness.main()
