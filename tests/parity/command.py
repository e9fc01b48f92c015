"""A program that is no file (`python -c`, a notebook): its workers cannot import it."""

import functools
import threading

import harness
from harness import in_turn, make, outcome_of, program

BASE = 10
SEEN = []
LOCK = threading.Lock()


def cell(text):
    """Run a cell of a notebook."""
    exec(text, globals())


def add(number):
    return BASE + number


def remember(number):
    SEEN.append(number)
    return len(SEEN)


def locked(number):
    with LOCK:
        return number


@functools.lru_cache
def cached(number):
    return add(number)


class Point:
    def __init__(self, x):
        self.x = x

    def moved(self):
        return Point(self.x + 1)


@program
def a_function():
    with make(1) as pool:
        print(outcome_of(pool, add, 1), outcome_of(pool, len, "abc"))


@program
def a_function_in_a_map():
    with make(1) as pool:
        print(harness.outcome(lambda: list(pool.map(add, range(4), chunksize=2))))


@program
def a_class():
    with make(1) as pool:
        print(harness.outcome(lambda: pool.submit(Point(1).moved).result().moved().x))
        print(harness.outcome(lambda: type(pool.submit(Point, 1).result()) is Point))


@program
def a_lambda():
    with make(1) as pool:
        print(outcome_of(pool, lambda: BASE + add(1)))


@program
def a_list():
    with make(1) as pool:
        print([outcome_of(pool, remember, number) for number in range(3)], SEEN)


@program
def a_lock():
    with make(1) as pool:
        print(outcome_of(pool, locked, 1))


@program
def a_cache():
    with make(1) as pool:
        print(outcome_of(pool, cached, 1), outcome_of(pool, cached, 2))


@program
def a_builtin():
    with make(1) as pool:
        print(in_turn(pool, abs, [1, -2]), outcome_of(pool, int, "x"))


@program
def cells():
    cell("def times(number): return number * factor\nfactor = 2")
    with make(1) as pool:
        print(outcome_of(pool, times, 1))  # noqa: F821
        cell("factor = 3")
        print(outcome_of(pool, times, 1))  # noqa: F821
        cell("def times(number): return 'new', number * factor")
        print(outcome_of(pool, times, 1))  # noqa: F821
        cell("class Late:\n    def get(self): return factor")
        print(outcome_of(pool, Late().get))  # noqa: F821


@program
def a_cell_defines_a_class_again():
    cell("class Model:\n    def get(self): return 'old'")
    with make(1) as pool:
        print(outcome_of(pool, Model().get))  # noqa: F821
        cell("class Model:\n    def get(self): return 'new'")
        print(outcome_of(pool, Model().get))  # noqa: F821


@program
def an_error():
    cell("def fail(): raise KeyError('cell')")
    with make(1) as pool:
        print(outcome_of(pool, fail))  # noqa: F821


if __name__ == "__main__":
    harness.main()
