"""Exceptions of tasks, what does not arrive, and workers that die."""

import asyncio
import concurrent.futures
import dataclasses
import os
import pickle
import sys
import traceback
import warnings

import harness
from harness import THREADS, in_turn, make, outcome, outcome_of, program


class DetailedError(Exception):
    def __init__(self, message, code):
        super().__init__(message, code)
        self.code = code
        self.seen = []

    def __str__(self):
        return f"{self.args[0]} ({self.code})"


class KeywordError(Exception):
    """It cannot be rebuilt, as Exception knows of no keywords."""

    def __init__(self, message, *, code):
        super().__init__(message)
        self.code = code


class HoldingError(Exception):
    def __init__(self, thing):
        super().__init__("holds a lambda")
        self.thing = thing


class SlottedError(Exception):
    __slots__ = ("code",)

    def __setattr__(self, name, value):
        if name not in ("code", "__cause__", "__traceback__", "__context__"):
            raise AttributeError(name)
        object.__setattr__(self, name, value)


class SealedError(Exception):
    def __setattr__(self, name, value):
        raise TypeError(f"{name} cannot be set")


@dataclasses.dataclass(frozen=True)
class FrozenError(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class FrozenWithFieldsError(Exception):
    code: int
    name: str = "none"


class UnreadableError(Exception):
    def __str__(self):
        raise ValueError("it has no words")

    __repr__ = __str__


class Gone:
    """It pickles, and cannot be rebuilt."""

    def __reduce__(self):
        return refuse, ("Gone",)


class Silent:
    """It does not pickle, with words of its own."""

    def __init__(self, error=ValueError):
        self.error = error

    def __reduce__(self):
        raise self.error("it stays here")


def refuse(name):
    raise ValueError(f"{name} cannot be rebuilt")


def fail(kind, *args):
    raise kind(*args)


def fail_with_keyword():
    raise KeywordError("lost", code=3)


def fail_deep(number):
    if number:
        return fail_deep(number - 1)
    raise KeyError("deep")  # this line is in the traceback


def fail_in_a_chain():
    try:
        fail_deep(0)
    except KeyError as error:
        raise ValueError("outer") from error


def fail_in_a_context():
    try:
        fail_deep(0)
    except KeyError:
        raise ValueError("outer")  # noqa: B904


def fail_in_a_group():
    raise ExceptionGroup("group", [ValueError(1), DetailedError("two", 2)])  # noqa: F821


def fail_with_a_note():
    error = ValueError("noted")
    error.add_note("a note")
    raise error


def fail_with_more():
    error = ValueError("more")
    error.more = [1]
    raise error


def first_even(numbers):
    return next(number for number in numbers if number % 2 == 0)


def unless_three(number):
    if number == 3:
        raise ValueError(number)
    return number


def make_gone():
    return Gone()


def make_silent():
    return Silent()


def type_of(obj):
    return type(obj).__name__


def kind_of(pool, function, *args):
    """The type of what a task returns, or the start of the words of its error."""
    return outcome(lambda: type_of(pool.submit(function, *args).result(harness.LIMIT)))


def warn(number):
    warnings.warn("careful", stacklevel=1)
    return number


@program
def an_exception_and_its_traceback():
    with make(1) as pool:
        error = pool.submit(fail_deep, 2).exception()
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        line = next(n for n, each in enumerate(open(__file__), 1) if "# this line" in each)  # noqa: SIM115
        print(repr(error), f'File "{__file__}", line {line}, in fail_deep' in text)
        print(text.count("in fail_deep"), "# this line is" in text)
        if not THREADS:
            print(type(error.__cause__).__name__, error.__cause__.__class__.__module__)
            print(str(error.__cause__).strip()[:38], error.__context__)


@program
def an_exception_again_and_again():
    with make(1) as pool:
        future = pool.submit(fail, ValueError, "again")
        error = future.exception()
        print(outcome(future.result), outcome(future.result), future.exception() is error)
        try:
            future.result()
        except ValueError as raised:
            print(raised is error)


@program
def arguments_and_attributes():
    with make(1) as pool:
        error = pool.submit(fail, DetailedError, "lost", 4).exception()
        print(error, error.args, error.code, error.seen, type(error) is DetailedError)
        error = pool.submit(fail_with_more).exception()
        print(vars(error))
        error = pool.submit(open, "/no/such/file").exception()
        print(error.errno, error.filename, type(error).__name__)
        print(outcome_of(pool, b"\xff".decode), outcome_of(pool, {}.__getitem__, "key"))
        print(outcome_of(pool, int, "x"), outcome_of(pool, fail, KeyError))


@program
def frozen_and_slotted_exceptions():
    with make(1) as pool:
        print(outcome_of(pool, fail, SlottedError, "slotted"))
        print([outcome_of(pool, len, "abc")])


@program
def a_frozen_exception():
    with make(1) as pool:
        future = pool.submit(fail, FrozenError)
        print([type_of(future.exception()) for _ in range(2)])
        print(outcome(future.result), outcome_of(pool, len, "abc"))


@program
def a_frozen_exception_with_fields():
    with make(1) as pool:
        future = pool.submit(fail, FrozenWithFieldsError, 3)
        print(outcome(future.result), type_of(future.exception()))
        print(outcome_of(pool, len, "abc"))


@program
def an_exception_without_attributes():
    with make(1) as pool:
        print(outcome_of(pool, fail, SealedError, 1), outcome_of(pool, len, "abc"))


@program
def an_exception_with_a_keyword():
    with make(1) as pool:
        print(outcome_of(pool, fail_with_keyword))
        print(outcome_of(pool, len, "abc"))


@program
def an_exception_that_does_not_pickle():
    with make(1) as pool:
        print(outcome_of(pool, fail, HoldingError, fail), outcome_of(pool, fail_holding))
        print(outcome_of(pool, len, "abc"))


def fail_holding():
    raise HoldingError(sys._getframe())


@program
def an_exception_without_words():
    with make(1) as pool:
        print(type(pool.submit(fail, UnreadableError).exception()).__name__)


@program
def a_chain_of_exceptions():
    with make(1) as pool:
        for function in (fail_in_a_chain, fail_in_a_context):
            error = pool.submit(function).exception()
            text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            print(repr(error), "KeyError: 'deep'" in text, text.count("The above exception was"))
            print(text.count("During handling of"), error.__suppress_context__)


@program
def groups_and_notes():
    if sys.version_info < (3, 11):
        print("Python 3.11 has them")
        return
    with make(1) as pool:
        error = pool.submit(fail_in_a_group).exception()
        print(repr(error), type(error.exceptions[1]) is DetailedError)
        print(pool.submit(fail_with_a_note).exception().__notes__)


@program
def exceptions_that_are_no_exception():
    with make(1) as pool:
        for kind in (SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError):
            future = pool.submit(fail, kind, 3)
            print(repr(future.exception()), outcome(future.result), future.cancelled())
        print(outcome_of(pool, len, "abc"), outcome_of(pool, sys.exit))


@program
def errors_of_executors():
    with make(1) as pool:
        for kind in (
            TimeoutError,
            concurrent.futures.TimeoutError,
            concurrent.futures.CancelledError,
        ):
            future = pool.submit(fail, kind, "of a task")
            print(outcome(future.result, 20), future.done(), future.cancelled())
        print(outcome_of(pool, fail, concurrent.futures.InvalidStateError, "of a task"))
        print(outcome_of(pool, fail, pickle.UnpicklingError, "of a task"))


@program
def a_task_that_raises_brokenexecutor():
    with make(1) as pool:
        print(outcome_of(pool, fail, concurrent.futures.BrokenExecutor, "of a task"))
        print(outcome_of(pool, len, "abc"))


@program
def stopiteration():
    with make(1) as pool:
        print(repr(pool.submit(first_even, [1]).exception()), outcome_of(pool, first_even, [3]))


@program
def stopiteration_in_map():
    with make(1) as pool:
        for size in (1, 2, 5):
            data = [[1, 2], [4], [3, 5], [6], [8]]
            print(outcome(list, pool.map(first_even, data, chunksize=size)))


@program
def an_error_in_map():
    with make(1) as pool:
        results = pool.map(unless_three, range(6))
        print([outcome(next, results) for _ in range(6)])
        print(outcome(list, pool.map(unless_three, range(6), chunksize=2)))


@program
def an_argument_that_does_not_pickle():
    with make(1) as pool:
        print(outcome_of(pool, type_of, Silent()), outcome_of(pool, len, "abc"))
        print(outcome_of(pool, type_of, sys._getframe()), outcome_of(pool, len, "abc"))


@program
def an_argument_that_does_not_pickle_in_map():
    with make(1) as pool:
        results = pool.map(type_of, [1, Silent(), 2])
        print([outcome(next, results) for _ in range(3)], outcome_of(pool, len, "abc"))


@program
def an_argument_that_cannot_be_rebuilt():
    with make(1) as pool:
        print(outcome_of(pool, type_of, Gone()))
        print(outcome_of(pool, len, "abc"))


@program
def a_result_that_does_not_pickle():
    with make(1) as pool:
        print(kind_of(pool, sys._getframe), outcome_of(pool, len, "abc"))
        print(kind_of(pool, make_silent), outcome_of(pool, len, "abc"))


@program
def a_result_that_cannot_be_rebuilt():
    with make(1) as pool:
        print(kind_of(pool, make_gone))
        print(outcome_of(pool, len, "abc"))


@program
def a_worker_that_exits():
    if THREADS:
        print("a thread has no process of its own to end")
        return
    with make(1) as pool:
        print(outcome_of(pool, os._exit, 3))
        print(outcome_of(pool, len, "abc"))


@program
def warnings_in_tasks():
    warnings.simplefilter("ignore")
    with make(1, initializer=warnings.simplefilter, initargs=("error",)) as pool:
        print(in_turn(pool, int, "12"), outcome_of(pool, warn, 1))
    warnings.simplefilter("ignore")


@program
def no_callable():
    with make(1) as pool:
        print(outcome_of(pool, 3), outcome_of(pool, None), outcome(pool.submit).split(".")[-1])
        print(outcome(list, pool.map(None, [1])), outcome(pool.map, len, 3))


if __name__ == "__main__":
    harness.main()
