"""What no adapter serves is copied as if there were no adapters."""

from __future__ import annotations

import copy
import copyreg
import pickle
import threading
from typing import Any

import cffi
import pytest
from gadgets import Gadget, SmallGadget, ffi

import adapters

COPIERS = [copy.copy, copy.deepcopy]
other = cffi.FFI()  # another library's
other.cdef("enum level { LOW, HIGH }; typedef struct { int x; } spot_t;")


def outcome(function: Any, obj: Any) -> Any:
    """What a call returns or raises."""
    try:
        return type(function(obj)), None
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("copier", COPIERS)
@pytest.mark.parametrize(
    "make",
    [
        lambda: other,
        lambda: other.typeof("spot_t *"),
        lambda: other.new("spot_t *"),
        lambda: other.new("spot_t *")[0],
        lambda: other.cast("spot_t *", 0),
        lambda: other.cast("double", 1.5),
        lambda: other.cast("enum level", 1),
        lambda: other.callback("int(int)", abs),
    ],
)
def test_what_is_of_cffi(monkeypatch: pytest.MonkeyPatch, make: Any, copier: Any) -> None:
    obj = make()
    with monkeypatch.context() as without:
        without.delitem(copyreg.dispatch_table, type(obj))
        expected = outcome(copier, obj)
    assert outcome(copier, obj) == expected


@pytest.mark.parametrize("copier", COPIERS)
@pytest.mark.parametrize("name", ["ffi", "lib"])
def test_what_is_of_a_compiled_module(parcels: Any, copier: Any, name: str) -> None:
    obj = getattr(parcels, name)
    with pytest.raises(TypeError, match=r"^cannot pickle '.*(FFI|Lib)' object$"):
        copier(obj)
    assert pickle.loads(pickle.dumps(obj)) is obj


@pytest.mark.parametrize("copier", COPIERS)
def test_what_is_of_a_subclass(copier: Any) -> None:
    class Sub(SmallGadget):
        def __init__(self, state: Any) -> None:
            self.state = state

    with pytest.raises(adapters.SerializeError):
        adapters.dumps(Sub([1]))
    assert Sub in copyreg.dispatch_table
    twin = copier(Sub([1]))
    assert type(twin) is Sub
    assert twin.state == [1]


def test_a_copier_of_its_own_stays(native: Any) -> None:
    class Sub(native):  # type: ignore[misc]
        def __copy__(self) -> str:
            return "a copy"

        def __deepcopy__(self, memo: Any) -> str:
            return "a deep copy"

    adapters.register(native, lambda obj: obj.state, native)
    assert (copy.copy(Sub()), copy.deepcopy(Sub())) == ("a copy", "a deep copy")


def test_what_is_served_is_copied_by_its_adapter() -> None:
    gear = ffi.new("gear_t *", {"size": 3})
    for copier in COPIERS:
        assert copier(Gadget(5)) == Gadget(5)
        assert copier(gear).size == 3
        assert copier(gear) != gear


@pytest.mark.parametrize("copier", COPIERS)
def test_a_c_type_with_links_is_refused_in_our_words(copier: Any) -> None:
    spot = other.typeof("spot_t *")
    adapters.register(
        spot,
        lambda obj: obj.x,
        lambda x: other.new(spot, {"x": x}),
        links=lambda obj: [obj.x],
        link=lambda obj, links: None,
    )
    try:
        obj = other.new(spot, {"x": 3})
        assert pickle.loads(pickle.dumps(obj)).x == 3
        with pytest.raises(adapters.SerializeError, match="copy cannot copy what has links"):
            copier(obj)
    finally:
        adapters.unregister(spot)


def test_a_copier_that_pickles_is_a_pickler() -> None:
    class Twin:
        def __deepcopy__(self, memo: Any) -> Any:
            return pickle.loads(pickle.dumps(other.new("spot_t *")))

    with pytest.raises(adapters.SerializeError, match=r"C type 'spot_t \*'"):
        copy.deepcopy(Twin())


def test_a_thread_that_copies_does_not_matter_to_one_that_pickles() -> None:
    results: list[Any] = []
    cdata = other.new("spot_t *")
    threads = [
        threading.Thread(target=lambda each=each: results.append((each, outcome(each, cdata)[1])))
        for each in (copy.copy, pickle.dumps) * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {("address" in text) is (each is pickle.dumps) for each, text in results} == {True}
