"""What picklers get for a native object, the same from the C and from the Python."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import traceback
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import cloudpickle
import gadgets
import pytest
from both_forms import accelerator, in_python, needs_c
from gadgets import Gadget, Refused, ffi, state_of

import adapters
from adapters._wire.cycles import Progress, is_in_progress
from adapters._wire.reducer import reducer

python = in_python("_wire.reducer")


@pytest.fixture(params=["as it is", "in Python"])
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Makes the reducer of an adapter, in the form that is used here and in Python."""
    module = python if request.param == "in Python" else None
    of = reducer if module is None else module.reducer
    return lambda adapter: of(adapter, adapters.rebuild, adapters.complete)


def adapter_of(serialize: Callable[[Any], Any], **options: Any) -> Any:
    """An adapter that no registry holds; it goes by a module."""
    options = {"name": "n", "provider": "gadgets"} | options
    return adapters.Adapter(Gadget, serialize, Gadget, **options)


SHARED = [Gadget("shared")]
STATES = [
    None, 1, "text", b"bytes", (), [], {}, [1, 2.5, True, None, 1j], {"key": [(1, {2: b"3"})]},
    [[], []], Gadget(1), [Gadget(1)], {"key": SHARED, "again": SHARED}, {(1, 2): 3}, {1}, object,
    bytes(1 << 20), bytearray(3), [memoryview(b"3"), Gadget(1)], pickle.PickleBuffer(b"4"),
    [ffi.buffer(ffi.new("char[3]"))],
]  # fmt: skip


def shown(part: Any) -> Any:
    """What compares equal in two reductions of the same object."""
    if type(part) is tuple:
        return tuple(map(shown, part))
    if type(part).__name__ == "Progress":
        return "a mark"
    if type(part).__name__ == "OutOfBand":
        return "out of band", id(part.state)
    return part if type(part) is str else id(part)


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_each_state_has_the_same_reduction(make: Any, state: Any) -> None:
    reduced = make(adapter_of(lambda obj: state))(Gadget())
    function, (key, whole), *rest = reduced
    assert function is adapters.rebuild
    assert key == "2:1:gadgets:n"
    assert shown(reduced) == shown(python.reducer(adapter_of(lambda obj: state), function, 0)(0))
    assert rest in ([], [None, rest[-1] if rest else None])
    assert state is whole or state is whole.state


def test_a_mark_is_held_by_the_reduction_alone(make: Any) -> None:
    gadget = Gadget()
    reduced = make(adapter_of(lambda obj: [{1}]))(gadget)
    assert is_in_progress(gadget)
    assert list(reduced[3]) == []
    del reduced
    assert not is_in_progress(gadget)


def test_a_state_with_its_own_object_is_refused_the_second_time(make: Any) -> None:
    gadget = Gadget()
    reduce = make(adapter_of(lambda obj: [[obj]]))
    mark = Progress(gadget)
    for state in ([[gadget]], [[gadget], bytearray(1)]):
        reduce = make(adapter_of(lambda obj, state=state: state))
        with pytest.raises(adapters.SerializeError, match="contains the object itself"):
            reduce(gadget)
        assert type(reduce(Gadget())[3]) is type(mark)


# Errors


class OnlyText(BaseException):
    """No Exception, as a panic of PyO3 is none; and its class takes one argument exactly."""

    def __init__(self, text: str) -> None:
        super().__init__(text)


class UnmakeableError(Exception):
    """Its class makes no object of a message."""

    def __new__(cls, *args: Any) -> Any:
        raise RuntimeError("no object of it")


def raiser(error: Any) -> Callable[[Any], Any]:
    def raises(anything: Any) -> Any:
        raise error

    return raises


def exhausted(anything: Any) -> Any:
    return next(iter(()))


FAILURES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "ValueError": (raiser(ValueError("wrong")), "ValueError: wrong"),
    "no Exception": (raiser(OnlyText("panic")), "OnlyText: panic"),
    "StopIteration": (exhausted, "StopIteration"),
    "a class": (raiser(KeyError), "KeyError"),
    "a class that makes none": (raiser(UnmakeableError), "RuntimeError: no object of it"),
    "in C, a class": (next, "TypeError: .* is not an iterator"),
    "in C": (partial(divmod, 1), "TypeError: unsupported operand"),
    "SystemExit": (raiser(SystemExit(3)), "SystemExit: 3"),
    "MemoryError": (raiser(MemoryError), "MemoryError"),
}
INTERRUPTS = [KeyboardInterrupt("now"), GeneratorExit("now")]


def frames(error: BaseException) -> list[str]:
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


@pytest.mark.parametrize(("serialize", "says"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_is_a_serialize_error(make: Any, serialize: Any, says: str) -> None:
    adapter = adapter_of(serialize)
    message = rf"^cannot serialize gadgets.Gadget with adapter 'n': its serializer raised .*{says}"
    with pytest.raises(adapters.SerializeError, match=message) as caught:
        make(adapter)(Gadget())
    cause = caught.value.__cause__
    assert cause is not None
    assert caught.value.__suppress_context__
    if serialize not in (next, FAILURES["in C"][0]):
        assert serialize.__name__ in frames(cause)
    with pytest.raises(adapters.SerializeError) as other:
        python.reducer(adapter, None, None)(Gadget())
    assert str(other.value).partition(" object at ")[0] in str(caught.value)
    assert type(other.value.__cause__) is type(cause)


def test_an_error_without_a_frame_and_without_an_object(make: Any) -> None:
    """As C code raises it: by its class alone."""
    with pytest.raises(adapters.SerializeError, match="StopIteration") as caught:
        make(adapter_of(next))(iter(()))
    assert type(caught.value.__cause__) is StopIteration


@pytest.mark.parametrize("error", INTERRUPTS, ids=lambda error: type(error).__name__)
def test_an_interrupt_is_raised_as_it_is(make: Any, error: BaseException) -> None:
    error = error.with_traceback(None)
    serialize = raiser(error)
    with pytest.raises(type(error), match="now") as caught:
        make(adapter_of(serialize))(Gadget())
    assert caught.value is error
    assert frames(error)[-1] == "raises"
    assert error.__cause__ is None


def test_the_limit_of_recursion_in_a_serializer(make: Any) -> None:
    def endless(obj: Any) -> Any:
        return endless(obj)

    with pytest.raises(adapters.SerializeError, match="raised RecursionError"):
        make(adapter_of(endless))(Gadget())


@pytest.mark.parametrize("dumps", [pickle.dumps, pickle._dumps, adapters.dumps, cloudpickle.dumps])
def test_all_picklers_raise_it(dumps: Any) -> None:
    with pytest.raises(adapters.SerializeError, match="ValueError: no such thing") as caught:
        dumps([Refused()])
    assert "refuse" in frames(caught.value.__cause__)  # type: ignore[arg-type]


# The key


def test_the_key_follows_what_goes_by_value(make: Any) -> None:
    adapter = adapters.registry["gadgets.Gadget"]
    reduce = make(adapter)
    by_module = reduce(Gadget(1))[1][0]
    assert by_module == "2:1:gadgets:gadgets.Gadget"
    assert reduce(Gadget(1))[1][0] is reduce(Gadget([Gadget()]))[1][0] is by_module
    cloudpickle.register_pickle_by_value(gadgets)
    try:
        for state in (1, [Gadget()]):
            text, body = reduce(Gadget(state))[1][0]
            assert text.endswith(":gadgets.Gadget")
            assert len(body) > 100
        assert reduce(Gadget(1))[1][0] is adapter.key
    finally:
        cloudpickle.unregister_pickle_by_value(gadgets)
    assert reduce(Gadget(1))[1][0] is by_module


def test_the_key_of_what_goes_by_value_is_made_once(native: Any, make: Any) -> None:
    adapter = adapters.register(native, state_of, native)
    reduce = make(adapter)
    key = reduce(native(1))[1][0]
    assert type(key) is tuple
    assert reduce(native(2))[1][0] is reduce(native([set()]))[1][0] is key


def test_an_error_of_the_key_is_raised(make: Any) -> None:
    class NoKey(adapters.Adapter):
        @property
        def key(self) -> Any:
            raise adapters.SerializeError("no key", "n")

    reduce = make(NoKey(Gadget, lambda obj: [1], Gadget, name="n"))
    for _ in range(2):
        with pytest.raises(adapters.SerializeError, match="no key"):
            reduce(Gadget())


# What comes and goes


@pytest.fixture
def versions(native: Any) -> Callable[[str], Any]:
    """Registers an adapter whose objects arrive as pairs of a label and the state."""
    labels: list[str] = []

    def register(label: str) -> Any:
        if labels:
            adapters.unregister(native)
        labels.append(label)
        return adapters.register(
            native, lambda obj: [label, obj.state], lambda state: native(state), name="v"
        )

    return register


@pytest.mark.parametrize("dumps", [pickle.dumps, pickle._dumps, adapters.dumps])
def test_a_new_adapter_is_used_from_then_on(versions: Any, native: Any, dumps: Any) -> None:
    for label in ("first", "second", "third"):
        versions(label)
        for _ in range(2):
            assert pickle.loads(dumps(native(1))).state == [label, 1]
    adapters.unregister(native)
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        dumps(native(1))


def test_a_serializer_that_takes_its_own_adapter_away(native: Any) -> None:
    def serialize(obj: Any) -> Any:
        adapters.unregister(native)
        gc.collect()
        return [obj.state]

    def factory(state: Any) -> Any:
        adapters.unregister(native)
        gc.collect()
        return native(state)

    for _ in range(3):
        adapters.register(native, serialize, factory, name="n")
        data = pickle.dumps(native(1))
        assert native not in {adapter.target for adapter in adapters.registry}
        adapters.register(native, serialize, factory, name="n")
        assert adapters.loads(data).state == [1]


def test_a_state_that_changes_while_it_is_pickled(native: Any) -> None:
    state: list[Any] = [1]

    class Grows:
        def __reduce__(self) -> Any:
            state.extend([[2], {3}])
            return int, (len(state),)

    state.append(Grows())
    adapters.register(native, lambda obj: obj.state, native, name="n")
    assert pickle.loads(pickle.dumps([native(state), native((state,))]))[0].state[1] == 4


# In two phases


@pytest.mark.parametrize("target", ["a type", "a C type"])
def test_a_copy_of_what_has_links(target: str, native: Any) -> None:
    make = (lambda: ffi.new("struct node *", {"value": 3})) if target == "a C type" else native
    key = ffi.typeof("struct node *") if target == "a C type" else native
    linked: list[Any] = []
    adapters.register(
        key,
        lambda obj: [1],
        lambda state: make(),
        links=lambda obj: linked or None,
        link=lambda obj, links: None,
        name="n",
    )
    try:
        for copier in (copy.copy, copy.deepcopy):
            assert type(copier(make())) is type(make())
        linked.append(1)
        for copier in (copy.copy, copy.deepcopy):
            with pytest.raises(adapters.SerializeError, match="copy cannot copy what has links"):
                copier(make())
        assert type(adapters.loads(adapters.dumps(make()))) is type(make())
    finally:
        if target == "a C type":
            adapters.unregister(key)


def test_a_copy_of_what_init_makes(native: Any) -> None:
    class Python(native):  # type: ignore[misc]
        pass

    def init(obj: Any, state: Any) -> None:
        native.__init__(obj, state)

    adapters.register(native, lambda obj: obj.state, init=init, name="n", subclasses=True)
    obj = Python([1])
    obj.more = [2]
    del obj.lock
    for _ in range(2):
        twin = copy.copy(obj)
        assert (type(twin), twin.state, twin.more) == (Python, [1], [2])


@needs_c
def test_it_is_collected_with_what_it_holds() -> None:
    """It takes part in cycles, as serializers refer to registries, and these to reducers."""

    class Serializer:
        def __call__(self, obj: Any) -> Any:
            return [1]

    serialize = Serializer()
    died = weakref.ref(serialize)
    adapter = adapter_of(serialize)
    adapter.reduce = serialize.reduce = reducer(adapter, adapters.rebuild, adapters.complete)  # type: ignore[attr-defined]
    adapter.reduce(Gadget())
    assert gc.is_tracked(adapter.reduce.__self__)
    del serialize, adapter
    gc.collect()
    assert died() is None


@needs_c
def test_what_it_holds_is_not_lost() -> None:
    adapter = adapter_of(state_of)
    before = sys.getrefcount(adapter)
    made = reducer(adapter, adapters.rebuild, adapters.complete)
    del made
    gc.collect()
    assert sys.getrefcount(adapter) == before
    with pytest.raises(TypeError, match=r"Reducer\(\) takes|function missing|exactly 7"):
        accelerator.Reducer(adapter)
