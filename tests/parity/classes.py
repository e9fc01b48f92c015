"""Kinds of classes of a script: their objects as arguments and results, their methods as tasks."""

import abc
import ctypes
import dataclasses
import functools
import logging
import threading
import typing
import weakref

import harness
from harness import in_turn, make, outcome_of, program

T = typing.TypeVar("T")


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]

    def total(self):
        return self.x + self.y


class Guarded:
    lock = threading.Lock()
    made = 0

    def __init__(self, value):
        with self.lock:
            self.value = value
            Guarded.made += 1

    def get(self):
        with self.lock:
            return self.value, Guarded.made


class Cached:
    def __init__(self, value):
        self.value = value

    @functools.cached_property
    def square(self):
        return self.value**2

    @functools.lru_cache  # noqa: B019
    def power(self, exponent):
        return self.value**exponent

    def calls(self, exponent):
        return self.power(exponent), Cached.power.cache_info().misses


class Registered:
    everyone: typing.ClassVar = weakref.WeakValueDictionary()

    def __init__(self, value):
        self.value = value
        self.everyone[value] = self

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.everyone[self.value] = self

    def count(self):
        return self.value, sorted(self.everyone)


class Local(threading.local):
    value = "of the class"


class WithLocal:
    local = threading.local()

    def __init__(self, value):
        self.value = value

    def count(self):
        self.local.count = getattr(self.local, "count", 0) + 1
        return self.local.count


class Logged:
    log = logging.StreamHandler()
    logger = logging.getLogger("parity")

    def __init__(self, value):
        self.value = value

    def level(self):
        return self.value, self.log.level, self.logger.name


class Dispatching:
    def __init__(self, value):
        self.value = value

    @functools.singledispatchmethod
    def kind(self, _):
        return self.value, "something"

    @kind.register
    def _(self, _: int):
        return self.value, "a number"


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...


class Square(Shape):
    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side**2


class Box(typing.Generic[T]):
    def __init__(self, content: T):
        self.content = content

    def get(self) -> T:
        return self.content


class Outer:
    class Inner:
        def __init__(self, value):
            self.value = value

        def get(self):
            return type(self).__qualname__, self.value


class Plugins(type):
    known: typing.ClassVar = []

    def __new__(cls, name, bases, contents):
        made = super().__new__(cls, name, bases, contents)
        cls.known.append(name)
        return made


class Plugin(metaclass=Plugins):
    def names(self):
        return Plugins.known


class Base:
    children: typing.ClassVar = []

    def __init_subclass__(cls, **options):
        super().__init_subclass__()
        Base.children.append((cls.__name__, options))


class Child(Base, color="blue"):
    def names(self):
        return Base.children


class Slots:
    __slots__ = ("__weakref__", "a", "b")

    def __init__(self, a):
        self.a = a

    def get(self):
        return self.a, hasattr(self, "b")


class Reduced:
    def __init__(self, value):
        self.value = value
        self.lock = threading.Lock()

    def __reduce__(self):
        return Reduced, (self.value + 1,)


class Forgetting:
    def __init__(self, value):
        self.value, self.file = value, open(__file__)  # noqa: SIM115

    def __getstate__(self):
        self.file.close()
        return self.value

    def __setstate__(self, value):
        self.value, self.file = value, None


class Proxy:
    def __init__(self, target):
        self._target = target

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._target, name)


TOTAL = 0


class Adding:
    def add(self, number):
        global TOTAL
        TOTAL += number


def add_through(adding, number):
    adding.add(number)
    return TOTAL


class Locked:
    """It does not pickle."""

    def __init__(self, value):
        self.value, self.lock = value, threading.Lock()


def value_of(obj):
    return type(obj).__name__, obj.value


def back(obj):
    return obj


@program
def a_structure_of_ctypes():
    with make(1) as pool:
        point = pool.submit(back, Point(1, 2.5)).result()
        print(type(point) is Point, point.x, outcome_of(pool, Point.total, point))
        print(outcome_of(pool, Point(2, 3.5).total))


@program
def a_lock_of_a_class():
    with make(1) as pool:
        print(outcome_of(pool, value_of, Guarded(1)), outcome_of(pool, Guarded(2).get))
        print(type(pool.submit(Guarded, 3).result()) is Guarded, outcome_of(pool, Guarded(4).get))
    print("here", Guarded.made)


@program
def a_cached_property():
    obj = Cached(3)
    with make(1) as pool:
        print(obj.square, vars(pool.submit(back, obj).result()))
        print(outcome_of(pool, Cached(2).calls, 3), outcome_of(pool, Cached(2).calls, 3))


@program
def a_registry_of_weak_references():
    one, two = Registered(1), Registered(2)
    with make(1) as pool:
        print(outcome_of(pool, one.count), outcome_of(pool, Registered.count, two))


@program
def a_thread_local():
    with make(1) as pool:
        print([outcome_of(pool, WithLocal(1).count) for _ in range(2)])
        print(outcome_of(pool, value_of, Local()))


@program
def a_logging_handler():
    with make(1) as pool:
        print(outcome_of(pool, Logged(1).level), outcome_of(pool, value_of, Logged(2)))


@program
def a_singledispatchmethod():
    with make(1) as pool:
        print(in_turn(pool, Dispatching(1).kind, [2, "a"]))


@program
def abstract_and_generic_classes():
    with make(1) as pool:
        print(outcome_of(pool, Square(3).area), outcome_of(pool, isinstance, Square(3), Shape))
        print(outcome_of(pool, Box[int](4).get), outcome_of(pool, Box[str], "a")[:16])
        print(outcome_of(pool, Shape).partition(" with")[0])


@program
def nested_classes_and_metaclasses():
    with make(1) as pool:
        print(
            outcome_of(pool, Outer.Inner(1).get),
            type(pool.submit(Outer.Inner, 2).result()) is Outer.Inner,
        )
        print(outcome_of(pool, Plugin().names), outcome_of(pool, Child().names))


@program
def slots():
    with make(1) as pool:
        print(outcome_of(pool, Slots(1).get))


@program
def classes_that_pickle_their_own_way():
    with make(1) as pool:
        print(outcome_of(pool, value_of, Reduced(1)), outcome_of(pool, value_of, Forgetting(2)))
        print(value_of(pool.submit(Reduced, 5).result()))
        print(outcome_of(pool, Proxy("abc").upper), outcome_of(pool, value_of, Proxy(Reduced(3))))


@program
def a_class_in_a_function():
    @dataclasses.dataclass
    class Inside:
        value: int

    with make(1) as pool:
        print(outcome_of(pool, value_of, Inside(1)))


@program
def a_function_and_a_method_use_one_global():
    with make(1) as pool:
        print(in_turn(pool, functools.partial(add_through, Adding()), [1, 2]), "here", TOTAL)


@program
def what_does_not_pickle():
    with make(1) as pool:
        print(outcome_of(pool, value_of, Locked(1)), outcome_of(pool, value_of, Cached(2)))
        future = pool.submit(Locked, 1)
        print(harness.outcome(lambda: future.result().value), outcome_of(pool, value_of, Cached(3)))


if __name__ == "__main__":
    harness.main()
