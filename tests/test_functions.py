"""Functions and bound methods arrive as what they were, by whatever name they are known."""

from __future__ import annotations

import functools
import pickle
import types
from typing import Any

import pytest
from gadgets import Gadget
from processes import run

import adapters

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


def whoami(self: Any) -> str:
    return f"function of {type(self).__name__}"


class Base:
    def __init__(self, state: Any = None) -> None:
        self.state = state

    def method(self) -> str:
        return "method of Base"

    def __private(self) -> str:
        return "private method of Base"

    @property
    def private(self) -> Any:
        return self.__private

    def _hidden(self) -> str:
        return "hidden method of Base"

    alias, nameless = _hidden, lambda self: "lambda of Base"
    del _hidden

    @classmethod
    def of_class(cls) -> str:
        return f"class method of {cls.__name__}"

    @staticmethod
    def static() -> str:
        return "static method"

    partial = functools.partialmethod(whoami)


class Derived(Base):
    def method(self) -> str:
        return "method of Derived"

    def above(self) -> Any:
        return super().method

    @classmethod
    def of_class(cls) -> str:
        return "hides the class method"

    @classmethod
    def class_above(cls) -> Any:
        return super().of_class


class Numbers(list):  # type: ignore[type-arg]
    def append(self, number: Any) -> None:
        raise AssertionError("another method")

    def __len__(self) -> int:
        return -1

    def above(self) -> Any:
        return super().append

    def length(self) -> Any:
        return super().__len__


def shadowed() -> Any:
    obj = Derived()
    method = obj.method
    obj.method = obj.of_class  # type: ignore[method-assign]
    return method


METHODS: dict[str, Any] = {
    "plain": Base().method,
    "of a class": Derived.of_class,
    "hidden by a subclass": Derived().above(),
    "of a class, hidden by a subclass": Derived.class_above(),
    "hidden by an attribute": shadowed(),
    "private": Base().private,
    "renamed": Base().alias,
    "lambda of a class": Base().nameless,
    "static": Base().static,
    "partial": Base().partial,
    "bound function": types.MethodType(whoami, Base()),
    "bound lambda": types.MethodType(lambda self: type(self).__name__, Base()),
    "bound to a class": types.MethodType(whoami, Base),
    "bound function of C": types.MethodType(len, [1, 2]),
    "bound callable": types.MethodType(functools.partial(whoami), Base()),
    "bound to a native object": types.MethodType(lambda gadget: gadget.state, Gadget("state")),
    "of C": [1, 2].__len__,
    "slot, hidden by a subclass": Numbers([1, 2]).length(),
    "of a type of C": functools.partial(dict.fromkeys, "a", 1),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", METHODS)
def test_a_method_arrives_as_what_it_was(name: str, protocol: int) -> None:
    method = METHODS[name]
    alone, among_functions = adapters.loads(adapters.dumps([method, [lambda: 1, method]], protocol))
    assert alone() == among_functions[1]() == method()
    assert adapters.loads(adapters.dumps(method, protocol))() == method()


def test_a_method_of_c_that_a_subclass_hides() -> None:
    numbers = Numbers()
    for message in ([numbers.above(), numbers], [numbers.above(), numbers, lambda: 1]):
        append, twin, *_ = adapters.loads(adapters.dumps(message))
        append(5)
        assert list.__len__(twin) == 1
        assert twin[0] == 5


def test_methods_go_without_functions_by_value() -> None:
    program = """
import sys
import adapters, test_functions
names = ("plain", "of a class", "private", "renamed", "lambda of a class", "static", "of C")
adapters.dumps([test_functions.METHODS[name] for name in names])
print("adapters._wire.by_value" in sys.modules)
"""
    assert run("-c", program) == "False\n"


def test_a_method_in_the_state_of_its_own_object() -> None:
    obj = Base()
    obj.method = types.MethodType(whoami, obj)  # type: ignore[method-assign]
    twin = adapters.loads(adapters.dumps(obj))
    assert twin.method() == "function of Base"
    assert twin.method.__self__ is twin


def test_an_object_that_raises_when_asked() -> None:
    class Raising:
        def __getattribute__(self, name: str) -> Any:
            if name == "state":
                raise RuntimeError(name)
            return object.__getattribute__(self, name)

        state = whoami

    method = types.MethodType(Raising.state, Raising())
    assert adapters.loads(adapters.dumps(method))() == "function of Raising"


def test_a_bound_function_of_c_that_would_become_another_is_refused() -> None:
    class Hides(dict):  # type: ignore[type-arg]
        fromkeys = whoami

    method = super(Hides, Hides).fromkeys
    with pytest.raises(adapters.SerializeError, match=r"another 'fromkeys'.*send the object"):
        adapters.dumps(method)


def test_through_an_executor(start_method: str) -> None:
    from multiprocessing import get_context

    context: Any = get_context(start_method)
    with adapters.Executor(max_workers=1, mp_context=context) as executor:
        for name in ("bound lambda", "private", "hidden by a subclass", "bound to a native object"):
            assert executor.submit(METHODS[name]).result(60) == METHODS[name]()
        [came_back] = executor.submit(list, [METHODS["bound lambda"]]).result(60)
        assert came_back() == "Base"


@pytest.mark.parametrize(
    "value",
    [
        types.MappingProxyType({"a": [1]}),
        property(whoami),
        {"a": 1}.keys(),
        {"a": 1}.values(),
        {"a": 1}.items(),
        pickle,
        Base.__dict__["static"],
        Base.__dict__["of_class"],
    ],
    ids=lambda value: type(value).__name__,
)
def test_whether_it_travels_does_not_depend_on_what_stands_before_it(value: Any) -> None:
    first, last = (adapters.loads(adapters.dumps(m)) for m in ([value], [lambda: 1, value]))
    assert type(first[0]) is type(last[1]) is type(value)
    if isinstance(value, (types.MappingProxyType, types.ModuleType)):
        assert first[0] == value
