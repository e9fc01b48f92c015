"""Objects nested too deep for pickle: which errors tell so, and that the advice is right."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from gadgets import Gadget
from processes import run

import adapters
from adapters import _nesting


def chain(length: int) -> Any:
    gadget: Any = None
    for _ in range(length):
        gadget = Gadget(gadget)
    return gadget


def deep_list() -> list[Any]:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


def deep_chain() -> Any:
    return chain(20_000)


def by_value() -> Any:
    return [lambda: 1, chain(20_000)]


def take_apart(deep: Any) -> None:
    """Free it level by level, not by recursion."""
    while deep:
        deep = deep.pop() if isinstance(deep, list) else deep.state


class CallsItself:
    def __reduce__(self) -> Any:
        return self.__reduce__()


def serialize_for_ever(gadget: object) -> Any:
    return serialize_for_ever(gadget)


def raised_by(call: Callable[[], object]) -> BaseException:
    try:
        call()
    except BaseException as error:
        return error
    raise AssertionError


@pytest.mark.parametrize("make", [deep_list, deep_chain, by_value])
def test_what_is_nested_too_deep_is_told_so(make: Callable[[], Any]) -> None:
    deep = make()
    with pytest.raises(
        adapters.SerializeError, match="nested too deep for pickle; flatten"
    ) as caught:
        adapters.dumps(deep)
    assert _nesting.too_deep(caught.value)
    assert _nesting.advice() in str(caught.value)
    take_apart(deep)


def test_a_recursion_error_that_a_reducer_wrapped_is_one() -> None:
    adapter = adapters.registry.find(Gadget())
    cause = RecursionError("maximum recursion depth exceeded")
    error = adapter.raised("its serializer", cause)
    assert "nested too deep for pickle: flatten it" in str(error)
    error.__cause__ = cause
    outer = adapters.SerializeError("outer", "subject")
    outer.__cause__ = error
    assert _nesting.too_deep(outer)

    class Wrapped:
        def __reduce__(self) -> Any:
            raise error

    with pytest.raises(
        adapters.SerializeError, match=r"^cannot pickle .*Wrapped: it is nested too"
    ):
        adapters.dumps(Wrapped())


def test_a_cycle_of_causes_ends() -> None:
    error, other = ValueError("one"), ValueError("other")
    error.__cause__, other.__cause__ = other, error
    assert not _nesting.too_deep(error)


def test_a_function_that_calls_itself_is_no_nesting() -> None:
    error = raised_by(lambda: adapters.dumps(CallsItself()))
    assert isinstance(error, adapters.SerializeError)
    assert "RecursionError" in str(error)
    assert "flatten" not in str(error)
    adapter = adapters.registry.find(Gadget())
    cause = raised_by(lambda: serialize_for_ever(None))
    assert "flatten" not in str(adapter.raised("its serializer", cause))


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ((3, 10), "in a thread with a larger stack .* after sys.setrecursionlimit"),
        ((3, 11), "in a thread with a larger stack .* after sys.setrecursionlimit"),
        ((3, 12), r"flatten it: Python 3\.12 has a fixed limit"),
        ((3, 13), r"flatten it: Python 3\.13 has a fixed limit"),
        ((3, 14), r"in a thread with a larger stack \(threading.stack_size\(512 << 20\)\)$"),
    ],
)
def test_the_advice_is_for_this_version(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], said: str
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(ValueError, match=said):
        raise ValueError(_nesting.advice())


DEEP = """
import sys, threading
from test_nesting import chain, take_apart
import adapters

def work():
    deep = chain(20_000)
    try:
        print(len(adapters.dumps(deep)) > 20_000)
    except adapters.SerializeError as error:
        print("flatten it: " in str(error))
    take_apart(deep)

threading.stack_size(512 << 20)
sys.setrecursionlimit(1_000_000)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def test_the_advice_helps_or_nothing_does() -> None:
    assert run("-c", DEEP) == "True\n"
