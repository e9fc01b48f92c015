"""Values of a script: dataclasses, enums, named tuples and subclasses of built-in types."""

import collections
import dataclasses
import enum
import typing

import harness
from harness import make, outcome_of, program


@dataclasses.dataclass
class Item:
    name: str
    tags: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, order=True)
class Frozen:
    name: str
    size: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    name: str
    size: int = 0


class Color(enum.Enum):
    RED = "r"
    GREEN = "g"

    def other(self):
        return Color.GREEN if self is Color.RED else Color.RED


class Access(enum.IntFlag):
    READ = 1
    WRITE = 2


class Pair(typing.NamedTuple):
    left: int
    right: int = 0

    def swapped(self):
        return Pair(self.right, self.left)


Triple = collections.namedtuple("Triple", "a b c")


class Stack(list):
    limit = 3

    def full(self):
        return len(self) >= self.limit


def same_class(obj):
    """Whether it is of the class that the script has here, where the worker runs the script."""
    return harness.LOKY or type(obj) is globals()[type(obj).__name__]


def back(obj):
    return obj


def check(*objects):
    """Send objects there and back: which class they have there, and here."""
    with make(1) as pool:
        for obj in objects:
            there, here = outcome_of(pool, same_class, obj), pool.submit(back, obj).result()
            print(there, type(here) is type(obj), here is obj, here == obj)


@program
def dataclasses_of_all_kinds():
    check(Item("a", ["b"]), Frozen("c", 1), Slotted("d", 2))
    with make(1) as pool:
        print(outcome_of(pool, dataclasses.asdict, Slotted("e")))
        print(outcome_of(pool, sorted, [Frozen("b"), Frozen("a", 2)]))
        print(outcome_of(pool, dataclasses.replace, Frozen("b"), size=3))


@program
def enums():
    check(Color.RED, Access.READ | Access.WRITE)
    with make(1) as pool:
        print(pool.submit(Color.RED.other).result() is Color.GREEN)
        print(outcome_of(pool, Color, "g"), outcome_of(pool, list, Color))
        print(outcome_of(pool, Color, "x"))


@program
def named_tuples():
    check(Pair(1, 2), Triple(1, 2, 3))
    with make(1) as pool:
        print(outcome_of(pool, Pair(1, 2).swapped), outcome_of(pool, Triple, 1, 2, c=3))


@program
def subclasses_of_builtins():
    check(Stack([1, 2]))
    with make(1) as pool:
        print(outcome_of(pool, Stack([1, 2, 3]).full))


@program
def one_object_twice():
    item = Item("a")
    with make(1) as pool:
        one, two = pool.submit(back, [item, item]).result()
        print(one is two, outcome_of(pool, back, {1: item, 2: item}))
        ring = [item]
        ring.append(ring)
        again = pool.submit(back, ring).result()
        print(again[1] is again, again is ring)


@program
def a_class_as_argument():
    with make(1) as pool:
        print(pool.submit(back, Item).result() is Item, outcome_of(pool, isinstance, 1, Item))
        print(outcome_of(pool, issubclass, Stack, list), outcome_of(pool, map, str, [1])[:4])


if __name__ == "__main__":
    harness.main()
