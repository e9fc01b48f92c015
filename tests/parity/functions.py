"""Kinds of functions of a script, and other callables, as tasks."""

import contextlib
import functools
import math
import operator
import threading

import harness
from harness import in_turn, make, outcome_of, program


def traced(function):
    @functools.wraps(function)
    def wrapper(*args):
        return "traced", function(*args)

    return wrapper


def guarded(function):
    lock, calls = threading.RLock(), []

    @functools.wraps(function)
    def wrapper(*args):
        with lock:
            calls.append(args)
            return len(calls), function(*args)

    return wrapper


class Counting:
    """A decorator that is a class."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function, self.calls = function, 0

    def __call__(self, *args):
        self.calls += 1
        return self.calls, self.function(*args)

    def __reduce__(self):
        return self.function.__qualname__


@traced
def squared(number):
    return number**2


@guarded
def doubled(number):
    return 2 * number


@Counting
def tripled(number):
    return 3 * number


@functools.lru_cache
def cached(number):
    return number + 1


def cached_calls(number):
    return cached(number), cached.cache_info().hits


@functools.singledispatch
def kind(_):
    return "something"


@kind.register
def _(_: int):
    return "a number"


@kind.register(list)
def _(items):
    return [kind(item) for item in items]


@contextlib.contextmanager
def opened(name):
    yield f"open {name}"


@opened("always")
def under_a_context(number):
    return number


def is_even(number):
    return number == 0 or is_odd(number - 1)


def is_odd(number):
    return number != 0 and is_even(number - 1)


def keywords(fn, /, self, *, executor=None, **others):
    return fn, self, executor, others


def numbers(count):
    yield from range(count)


async def coroutine():
    return 1


class Account:
    total = 0

    def __init__(self, owner):
        self.owner, self.amount = owner, 0

    def pay(self, amount):
        self.amount += amount
        return self.owner, self.amount

    @classmethod
    def pay_all(cls, amount):
        cls.total += amount
        return cls.__name__, cls.total

    @staticmethod
    def interest(amount):
        return amount / 10

    def __call__(self, amount):
        return "called", self.pay(amount)

    def __eq__(self, other):
        return type(other) is type(self) and other.owner == self.owner

    __hash__ = None


@program
def a_decorator():
    with make(1) as pool:
        print(in_turn(pool, squared, range(3)))


@program
def a_decorator_with_a_lock():
    with make(1) as pool:
        print([outcome_of(pool, doubled, number) for number in range(3)])


@program
def a_decorator_that_is_a_class():
    with make(1) as pool:
        print([outcome_of(pool, tripled, number) for number in range(3)])


@program
def an_lru_cache():
    with make(1) as pool:
        print(in_turn(pool, cached, [1, 1]), in_turn(pool, cached_calls, [1, 2, 2]))
    print("here", cached.cache_info().currsize)


@program
def a_singledispatch():
    with make(1) as pool:
        print([outcome_of(pool, kind, each) for each in ("a", 1, [1, "a", [2]])])


@program
def a_context_as_decorator():
    with make(1) as pool:
        print([outcome_of(pool, under_a_context, number) for number in range(2)])


@program
def functions_that_call_each_other():
    with make(1) as pool:
        print(in_turn(pool, is_even, [3, 4]))


@program
def names_of_arguments():
    with make(1) as pool:
        print(outcome_of(pool, keywords, 1, self=2, executor=3, chunksize=4, timeout=5))
        print(outcome_of(pool, keywords, 1, 2, fn=3))


@program
def methods():
    account = Account("me")
    with make(1) as pool:
        print(in_turn(pool, account.pay, [1, 2]), "here", account.amount)
        print(in_turn(pool, Account.pay_all, [1, 2]), "here", Account.total)
        print(in_turn(pool, account.interest, [1, 2]), list(pool.map(Account.interest, [1])))
        print(list(pool.map(Account.pay, [account, account], [1, 2])))
        print(
            in_turn(pool, account, [1, 2]), outcome_of(pool, operator.attrgetter("owner"), account)
        )
        print(pool.submit(Account, "you").result() == Account("you"))


@program
def partials():
    with make(1) as pool:
        two = functools.partial(functools.partial(keywords, 1, executor=2), self=3, more=4)
        print(outcome_of(pool, two), outcome_of(pool, functools.partial(is_even, 4)))
        print(outcome_of(pool, functools.partialmethod(is_even, 4)))


@program
def builtins_and_operators():
    with make(1) as pool:
        print(list(pool.map(pow, [2, 3], [5, 2])), list(pool.map(str.upper, "ab")))
        print(outcome_of(pool, operator.methodcaller("upper"), "a"))
        print(outcome_of(pool, operator.itemgetter(1), "ab"), outcome_of(pool, "-".join, "ab"))
        print(outcome_of(pool, int, "x"), outcome_of(pool, dict, [(1, 2)], a=3))
        print(outcome_of(pool, {1: 2}.get, 1), outcome_of(pool, print.__class__.__name__.upper))


@program
def a_lambda():
    with make(1) as pool:
        print(list(pool.map(lambda number: number**2, range(3))))


@program
def a_lambda_as_argument():
    with make(1) as pool:
        print(outcome_of(pool, sorted, [3, 1, 2], key=lambda number: -number))


@program
def what_only_cloudpickle_sends():
    things = {1: 2}.keys(), math, len.__class__, property(len), a_closure.__code__
    with make(1) as pool:
        for thing in (*things, {1: 2}.items(), [math, lambda: 0], [lambda: 0, math]):
            print(outcome_of(pool, kind_of, thing), end=" ")
        print(type(pool.submit({1: 2}.copy).result()).__name__)


def kind_of(thing):
    return type(thing).__name__


@program
def a_closure():
    base = 10

    def add(number):
        nonlocal base
        base += number
        return base

    with make(1) as pool:
        print(in_turn(pool, add, [1, 2]), "here", base)


@program
def a_function_that_wraps_under_another_name():
    with make(1) as pool:
        print(outcome_of(pool, traced(is_even), 4))


@program
def a_function_without_a_module():
    namespace = {"__name__": "__main__"}
    exec("def made(number):\n    return number + 1", namespace)
    with make(1) as pool:
        print(in_turn(pool, namespace["made"], [1, 2]))


@program
def a_function_under_the_main_guard():
    with make(1) as pool:
        print(in_turn(pool, under_the_guard, range(2)))


@program
def a_function_that_is_defined_after_the_start():
    with make(1) as pool:
        in_turn(pool, is_even, [1])
        exec("def later(number):\n    return number + 1", globals())
        print(in_turn(pool, globals()["later"], [1, 2]))


def replaced(number):
    return "before", number


@program
def a_function_that_is_defined_again_after_the_start():
    with make(1) as pool:
        print(in_turn(pool, replaced, [1]))
        exec("def replaced(number):\n    return 'after', number", globals())
        print(in_turn(pool, replaced, [2, 3]))


@program
def a_name_that_now_means_another_function():
    kept = globals()["is_odd"]
    with make(1) as pool:
        exec("def is_odd(number):\n    return 'another'", globals())
        print(outcome_of(pool, kept, 3))


@program
def a_generator_as_result():
    with make(1) as pool:
        print(outcome_of(pool, numbers, 3).partition(" at ")[0])
        print(outcome_of(pool, sum, [1, 2]))


@program
def a_coroutine_as_result():
    with make(1) as pool:
        future = pool.submit(coroutine)
        if harness.THREADS:
            future.result().close()
        print(future.exception() and harness.told(future.exception()))


if __name__ == "__main__":

    def under_the_guard(number):
        return number + 1

    harness.main()
