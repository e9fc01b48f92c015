"""The bytes of an adapter by value are the same in each process that runs the same script."""

from __future__ import annotations

import io
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from processes import run

import adapters
from adapters._importable.stable_pickler import StablePickler
from adapters._wire.by_value import Pickler

# All that differs from process to process if nothing is done about it.
SCRIPT = """
import abc, dataclasses, enum, functools, os.path, pickle, sys, threading, typing
import joblib
import adapters

T = typing.TypeVar("T")
TABLE = {"one": {1, 2, "three"}, ("a", "b"): frozenset({"x", "y", "z"}), None: [{b"p", b"q"}]}

class Base(abc.ABC):
    names = {"alpha", "beta", "gamma", "delta"}
    @abc.abstractmethod
    def first(self): ...
    @abc.abstractmethod
    def second(self): ...

@Base.register
class Virtual1: pass
@Base.register
class Virtual2: pass
@Base.register
class Virtual3: pass

class Colour(enum.Enum):
    RED = "red"
    BLUE = frozenset({"b", "l", "u", "e"})

@dataclasses.dataclass
class Data:
    number: int = 1
    letters: "set[str]" = dataclasses.field(default_factory=set)

class Named(typing.NamedTuple):
    x: int
    y: str = "why"

class Slots:
    __slots__ = ("one", "two")

class Generic(typing.Generic[T]):
    pass

def make(number):
    class Local:
        value = number
        def method(self):
            return {"p", "q", "r", "s"} and self.value
        @staticmethod
        def static(x={"default", "set"}):
            return x
        @classmethod
        def of_class(cls):
            return {"c", "l", "s"}
        @property
        def attribute(self):
            return Local
        def late(self):
            self.one = self.two = self.three = self.four = 1
    return Local

Local1, Local2, Local3 = make(1), make(1), make(2)

class Native:
    def __init__(self, state):
        self.state, self.lock = state, threading.Lock()

def helper(x):
    return x in {"a", "b", "c", "d"} or os.path.join("a", "b") and TABLE and Colour.RED

def register():
    closure = {"s1", "s2", "s3"}
    classes = Local1, Local2, Local3, Base, Virtual1, Data, Named, Slots, Generic
    def serialize(native, extra={"k": {"v1", "v2"}}, *, kw=frozenset({"kw1", "kw2"})):
        def inner(x):
            return x in {"nested", "constant", "sets"}
        return native.state, helper(1) and inner("") and closure and classes
    adapters.register(Native, lambda n: serialize(n)[0], functools.partial(Native))

register()

def digests(_=None):
    obj = Native([1])
    by_value = adapters.to_spec(obj).provider[1]
    assert type(by_value) is bytes, by_value
    return joblib.hash(pickle.dumps(obj)), joblib.hash(obj)

if __name__ == "__main__":
    print(*digests())
    from multiprocessing import get_context
    for method in sys.argv[1:]:
        with get_context(method).Pool(1) as pool:
            print(*pool.map_async(digests, [1]).get(60)[0])
"""


@pytest.mark.slow
def test_under_each_hash_seed_and_in_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    found = []
    for seed, *start_methods in (("0",), ("1", "spawn")):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        found += run(str(script), *start_methods).splitlines()
    assert len(found) == 3
    assert len(set(found)) == 1


MODULE = """
import threading
import adapters

class Native:
    def __init__(self, state):
        self.state, self.lock = state, threading.Lock()

def helper(text):
    return text in {"one", "two", "three"} or ("a b", "c d", ("a b", 1.5))

def serialize(native):
    return native.state if helper("a b") else ("a b", "c d")

adapters.register(Native, serialize, Native)
"""


def test_for_a_module_that_was_compiled_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of its texts are one object depends on where its code comes from."""
    (tmp_path / "by_value_module.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    program = """
import cloudpickle, pickle
import by_value_module
cloudpickle.register_pickle_by_value(by_value_module)
payload = pickle.dumps(by_value_module.Native(1))
assert b"by_value_module:" not in payload
print(payload.hex())
"""
    first, second = run("-c", program), run("-c", program)
    assert os.listdir(tmp_path / "__pycache__")
    assert first == second


def test_a_hit_of_joblib_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "script.py"
    script.write_text("""
import sys, threading
import adapters, joblib

class Native:
    def __init__(self, state):
        self.state, self.lock = state, threading.Lock()

def register():
    allowed = {"one", "two", "three", "four"}
    adapters.register(Native, lambda n: n.state if "x" in {"x", "y"} else allowed, Native)

register()
memory = joblib.Memory(sys.argv[1], verbose=0)

@memory.cache
def work(native):
    print("computed", end=" ")
    return Native(native.state + "!")

print(work(Native("state")).state)
""")
    answers = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        answers.append(run(str(script), str(tmp_path / "cache")))
    assert answers == ["computed state!\n", "state!\n"]


def dumps(obj: Any) -> bytes:
    with io.BytesIO() as file:
        pickler = Pickler(io.BytesIO(), 4, reduce=adapters.registry.reduce)
        StablePickler(file, pickler).dump(obj)
        return file.getvalue()


class Ring:
    """Refers to itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.mark.parametrize(
    "obj",
    [
        [None, True, 1, -(1 << 70), 1.5, 1j, "text", b"bytes", bytearray(b"b"), (), (1,), {}],
        {1, 2, "three", (4, b"5"), None},
        frozenset({frozenset({1, 2}), frozenset()}),
        {"a": [{1}], (1, 2): {3: {4}}},
        set(),
    ],
)
def test_what_it_writes_is_what_was_given(obj: Any) -> None:
    twin = pickle.loads(dumps(obj))
    assert twin == obj
    assert list(map(type, twin)) == list(map(type, obj)) or isinstance(obj, (set, frozenset))


def test_identity_and_cycles_are_kept() -> None:
    shared: list[Any] = [{1}]
    ring = Ring()
    first, second, twin = pickle.loads(dumps([shared, shared, ring]))
    assert first is second
    assert twin.me is twin


def test_texts_are_written_once() -> None:
    one = "".join(["some", " text"])
    other = "".join(["some ", "text"])
    assert one is not other
    assert dumps([one, other]) == dumps([one, one])
    encoded = [one.encode(), other.encode()]
    assert dumps(encoded) == dumps(encoded[:1] * 2)


def test_what_comes_with_the_use_of_a_class_is_left_out() -> None:
    class Used:
        pass

    before = dumps(Used)
    assert type(pickle.loads(dumps(Used()))) is Used
    assert "__slotnames__" in vars(Used)
    assert dumps(Used) == before


def test_what_nests_too_deep_for_it_goes_all_the_same(native: Any) -> None:
    deep: Any = None
    for _ in range(sys.getrecursionlimit() // 4):
        deep = [deep]
    adapters.register(native, lambda obj: (obj.state, deep)[0], native)
    adapter = adapters.registry.find(native())
    assert isinstance(adapter.provider[1], bytes)
    with pytest.raises(RecursionError):
        dumps(deep)
