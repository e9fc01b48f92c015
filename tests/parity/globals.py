"""Tasks that read and write what a script holds in its globals."""

import contextvars
import itertools
import logging
import multiprocessing
import os
import random
import sqlite3
import threading

import harness
from harness import in_turn, make, outcome_of, program

CONNECTION = None
MEMO = {}
COUNT = 0
CALLS = []
LOCK = threading.Lock()
CONDITION = threading.Condition()
SHARED = multiprocessing.get_context("fork" if harness.ENGINE == "fork" else "spawn").Value("i", 0)
LARGE = bytearray(3_000_000)
DATABASE = sqlite3.connect(":memory:", check_same_thread=False)
DATABASE.execute("create table seen (number)")
FILE = open(__file__)  # noqa: SIM115
NUMBERS = itertools.count(10)
SETTING = "as in the script"
LOCAL = threading.local()
VARIABLE = contextvars.ContextVar("VARIABLE", default="default")
LOG = logging.getLogger("parity")
RECORDS = []


def connect(name, port=0):
    global CONNECTION
    CONNECTION = f"{name}:{port}"


def use_connection(number):
    return CONNECTION, number


@program
def an_initializer_sets_a_global():
    with make(1, initializer=connect, initargs=("host", 80)) as pool:
        print(in_turn(pool, use_connection, range(2)), list(pool.map(use_connection, range(2))))
    print("here", CONNECTION)


def remember(number):
    known = number in MEMO
    MEMO[number] = number**2
    return known, len(MEMO)


@program
def a_memo():
    with make(1) as pool:
        print(in_turn(pool, remember, [1, 2, 1, 3]), list(pool.map(remember, [3, 4], chunksize=2)))
    print("here", MEMO)


def count(_):
    global COUNT
    COUNT += 1
    return COUNT


@program
def a_counter():
    with make(1) as pool:
        print(in_turn(pool, count, range(4)), list(pool.map(count, range(4), chunksize=3)))
    print("here", COUNT)


def note(number):
    CALLS.append(number)
    return len(CALLS)


@program
def a_list_that_tasks_append_to():
    with make(1) as pool:
        print(in_turn(pool, note, range(3)))
    print("here", CALLS)


@program
def a_list_that_is_the_argument():
    mine = []
    with make(1) as pool:
        print(in_turn(pool, mine.append, range(3)), mine)


def locked(number):
    with LOCK, CONDITION:
        return number


@program
def a_global_lock():
    with make(2) as pool:
        print(list(pool.map(locked, range(4))), outcome_of(pool, locked, 5))


def add(number):
    with SHARED.get_lock():
        SHARED.value += number
    return SHARED.value


@program
def a_value_that_a_fork_inherits():
    with make(1) as pool:
        print(in_turn(pool, add, [1, 2, 3]))
    print("here", SHARED.value)


def use_large(number):
    LARGE[0] += number
    return len(LARGE), LARGE[0]


@program
def a_large_global():
    with make(1) as pool:
        print(in_turn(pool, use_large, [1, 2, 3]))
    print("here", LARGE[0])


def insert(number):
    DATABASE.execute("insert into seen values (?)", (number,))
    return DATABASE.execute("select count(*), sum(number) from seen").fetchone()


@program
def a_database():
    with make(1) as pool:
        print([outcome_of(pool, insert, number) for number in range(3)])


def read(size):
    return FILE.read(size)


@program
def an_open_file():
    with make(1) as pool:
        print([outcome_of(pool, read, size) for size in (3, 5, 7)])


def take(_):
    return next(NUMBERS)


@program
def an_iterator():
    with make(1) as pool:
        print([outcome_of(pool, take, None) for _ in range(3)], "here", next(NUMBERS))


def setting():
    return SETTING


@program
def a_global_that_is_set_before_and_after_the_start():
    global SETTING
    SETTING = "set before the start"
    with make(1) as pool:
        print(outcome_of(pool, setting))
        SETTING = "set after the start"
        print(outcome_of(pool, setting))


def names():
    return __name__, names.__module__, os.path.basename(__file__)


@program
def names_of_the_script():
    with make(1) as pool:
        print(outcome_of(pool, names))


def default(number, seen=[]):  # noqa: B006
    seen.append(number)
    return seen


@program
def a_default_that_is_changed():
    with make(1) as pool:
        print(in_turn(pool, default, range(3)))


def counted(_):
    counted.calls = getattr(counted, "calls", 0) + 1
    return counted.calls


@program
def an_attribute_of_the_function():
    with make(1) as pool:
        print(in_turn(pool, counted, range(3)), "here", getattr(counted, "calls", 0))


def seed(number):
    random.seed(number)
    os.environ["PARITY"] = str(number)
    LOCAL.number = number
    VARIABLE.set(number)


def state_of_worker():
    local = getattr(LOCAL, "number", None)
    return random.randrange(1000), os.environ.get("PARITY"), local, VARIABLE.get()


@program
def an_initializer_sets_up_its_worker():
    with make(1, initializer=seed, initargs=(7,)) as pool:
        print(outcome_of(pool, state_of_worker), outcome_of(pool, state_of_worker))


class Keeping(logging.Handler):
    def emit(self, record):
        RECORDS.append(record.getMessage())


def set_up_logging():
    LOG.addHandler(Keeping())
    LOG.setLevel(logging.INFO)


def log(number):
    LOG.info("task %d", number)
    return list(RECORDS)


@program
def an_initializer_sets_up_logging():
    with make(1, initializer=set_up_logging) as pool:
        print(in_turn(pool, log, range(2)))


def fail_to_start():
    LOG.disabled = True
    logging.disable(logging.CRITICAL)  # plain logs the traceback
    raise ValueError("cannot start")


@program
def an_initializer_that_raises():
    logging.disable(logging.CRITICAL)
    with make(1, initializer=fail_to_start) as pool:
        print(outcome_of(pool, len, "abc").partition(":")[0])
    logging.disable(logging.NOTSET)


if __name__ == "__main__":
    harness.main()
