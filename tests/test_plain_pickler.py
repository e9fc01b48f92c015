"""The pickler of what goes by reference, and what it knows of the types that it has met."""

from __future__ import annotations

import copyreg
import datetime
import decimal
import fractions
import gc
import io
import pickle
import sys
import types
import weakref
from collections.abc import Iterator
from typing import Any, TypeVar

import cloudpickle
import pytest
from both_forms import accelerator, in_python
from gadgets import Gadget, Tool, state_of

import adapters
from adapters import _plain_pickler
from adapters._importable.functions import FUNCTIONS
from adapters._plain_pickler import NotImportableError, PlainPickler

OVERRIDES = [pytest.param(in_python("_plain_pickler").Override, id="in Python")]
if accelerator is not None:
    OVERRIDES.append(pytest.param(accelerator.Override, id="in C"))

left = adapters.registry.copyreg.left


class Plain:
    """A class with which no adapter has to do."""

    def __init__(self, part: Any = None) -> None:
        self.part = part


class Below(Plain):
    """A class below it."""


def reduce_plain(obj: Any) -> Any:
    return str, ("reduced",)


def dumped(obj: Any, override: Any = None) -> bytes:
    file = io.BytesIO()
    pickler = PlainPickler(file, 5)
    if override is not None:
        pickler.reducer_override = override.reduce
    pickler.dump(obj)
    return file.getvalue()


@pytest.fixture(autouse=True)
def nothing_is_known() -> Iterator[None]:
    left.clear()
    yield
    left.clear()


# Override


@pytest.mark.parametrize("override", OVERRIDES)
def test_types_are_left_or_asked_about(override: Any) -> None:
    some: dict[type, Any] = {int: None}
    more: dict[type, Any] = {}
    asked: list[Any] = []

    def ask(obj: Any) -> Any:
        asked.append(obj)
        return "answer"

    made = override(some, more, ask)
    assert made.was_called is False
    assert made.reduce(1) is NotImplemented
    assert made.was_called is True
    assert made.reduce(True) == made.reduce("text") == "answer"
    more[str] = None
    some.clear()
    assert made.reduce("text") is NotImplemented
    assert made.reduce(2) == "answer"
    assert asked == [True, "text", 2]


@pytest.mark.parametrize("override", OVERRIDES)
def test_what_is_asked_may_raise(override: Any) -> None:
    made = override({}, {}, lambda obj: 1 // obj)
    with pytest.raises(ZeroDivisionError):
        made.reduce(0)
    assert made.reduce(1) == 1


@pytest.mark.parametrize("override", OVERRIDES)
def test_a_type_that_has_no_hash(override: Any) -> None:
    class Meta(type):
        __hash__ = None  # type: ignore[assignment]

    made = override({int: None}, {}, lambda obj: "answer")
    with pytest.raises(TypeError, match="unhashable"):
        made.reduce(Meta("Unhashable", (), {})())


@pytest.mark.parametrize("override", OVERRIDES)
def test_types_that_compare_as_they_like(override: Any) -> None:
    class Meta(type):
        def __hash__(cls) -> int:
            return hash(int)

        def __eq__(cls, other: object) -> bool:
            types.clear()  # while a key of it is compared
            return other is int

    types = dict.fromkeys([int, *[type(str(n), (), {}) for n in range(20)]])
    made = override(types, {}, lambda obj: "answer")
    assert made.reduce(Meta("Odd", (), {})()) in (NotImplemented, "answer")
    assert made.reduce(3) == "answer"


@pytest.mark.parametrize("override", OVERRIDES)
def test_it_is_collected_with_what_it_holds(override: Any) -> None:
    class Ask:
        def __call__(self, obj: Any) -> Any:
            return NotImplemented

    ask = Ask()
    made = override({}, {}, ask)
    ask.made = made  # type: ignore[attr-defined]
    ask.reduce = made.reduce  # type: ignore[attr-defined]
    died = weakref.ref(ask)
    del ask, made
    gc.collect()
    assert died() is None


@pytest.mark.skipif(accelerator is None, reason="in Python, they may be any containers")
def test_in_c_it_takes_dicts() -> None:
    for arguments in [({}, {}), ([], {}, len), ({}, set(), len), ()]:
        with pytest.raises(TypeError):
            accelerator.Override(*arguments)
    with pytest.raises((AttributeError, TypeError)):
        accelerator.Override({}, {}, len).was_called = True


def test_a_pickler_asks_its_own() -> None:
    override = _plain_pickler.Override({type: None}, {}, reduce_plain)
    assert pickle.loads(dumped([Plain(), 1], override)) == ["reduced", 1]
    assert override.was_called
    basic = _plain_pickler.Override({}, {}, reduce_plain)
    assert pickle.loads(dumped([1, "text", {2: b"3"}], basic)) == [1, "text", {2: b"3"}]
    assert not basic.was_called


# What it leaves to pickle


@pytest.mark.parametrize(
    "obj",
    [
        datetime.datetime(2020, 1, 1), decimal.Decimal(3), fractions.Fraction(1, 3), {1, 2},
        Plain(1), range(3), bytearray(3), TypeVar, int, copyreg, 1j,
    ],
    ids=lambda obj: getattr(obj, "__name__", type(obj).__name__),
)  # fmt: skip
def test_it_writes_what_pickle_writes(obj: Any) -> None:
    for _ in range(2):  # the second time, the type is known
        if obj is copyreg:
            with pytest.raises(NotImportableError):
                dumped([obj])
        else:
            assert dumped([obj, obj]) == pickle.dumps([obj, obj], 5)


def test_types_of_a_module_are_known_from_the_second_object_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    reduce = adapters.registry.reduce
    monkeypatch.setattr(
        adapters.registry, "reduce", lambda obj: asked.append(type(obj)) or reduce(obj)
    )
    dumped([Plain(), Plain(), decimal.Decimal(1), Plain()])
    assert asked == [Plain, decimal.Decimal]
    assert set(left) == {Plain, decimal.Decimal}
    asked.clear()
    dumped([Plain(), decimal.Decimal(2)])
    assert asked == []


def test_types_that_may_go_are_not_kept() -> None:
    class Local:
        pass

    died = weakref.ref(Local)
    with pytest.raises(NotImportableError):
        dumped([Local()])
    del Local
    gc.collect()
    assert died() is None


def test_never_more_than_a_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters._wire.copyreg_table._MOST_LEFT", 3)
    module = types.ModuleType("many_classes")
    monkeypatch.setitem(sys.modules, "many_classes", module)
    for number in range(10):
        cls = type(f"C{number}", (), {"__module__": "many_classes"})
        setattr(module, cls.__name__, cls)
        dumped(cls())
        assert cls in left
        assert len(left) <= 3


# What changes


@pytest.mark.parametrize("cls", [Plain, Below])
def test_a_registration_is_followed(cls: type) -> None:
    obj = cls(1)
    for _ in range(2):
        assert adapters.loads(adapters.dumps([obj]))[0].part == 1
        assert cls in left
        adapters.register(Plain, lambda obj: [obj.part, "by the adapter"], Plain)
        try:
            assert left == {}
            if cls is Plain:
                twin = adapters.loads(adapters.dumps([obj]))[0]
                assert twin.part == [1, "by the adapter"]
            else:
                with pytest.raises(adapters.SerializeError, match="serves exactly its type"):
                    adapters.dumps([obj])
        finally:
            adapters.unregister(Plain)


def test_a_registration_that_keeps_subclasses_is_followed() -> None:
    adapters.dumps(Below())
    adapters.register(
        Plain, lambda obj: (type(obj), obj.part), lambda state: state[0]("new"), subclasses=True
    )
    try:
        assert adapters.loads(adapters.dumps(Below(1))).part == "new"
    finally:
        adapters.unregister(Plain)
    assert adapters.loads(adapters.dumps(Below(1))).part == 1


def test_more_late_subclasses_than_are_remembered() -> None:
    """Those that are forgotten are found again, and are never taken for what no adapter serves."""
    classes = [
        type(f"Late{number}", (Tool,), {"__module__": __name__, "__qualname__": f"Late{number}"})
        for number in range(80)
    ]
    try:
        for cls in classes:
            globals()[cls.__name__] = cls
        for _ in range(2):
            for cls in classes:
                twin = adapters.loads(adapters.dumps([Plain(), cls(3), Plain()]))[1]
                assert (type(twin), twin.state) == (cls, 3)
                assert copyreg.dispatch_table[cls] is adapters.registry["tools.Tool"].reduce
        assert classes[0] not in copyreg.dispatch_table
        assert set(left) <= {Plain}
    finally:
        for cls in classes:
            del globals()[cls.__name__]


def test_a_late_subclass_that_is_not_served() -> None:
    class Late(Gadget):
        pass

    for _ in range(3):
        with pytest.raises(adapters.SerializeError, match="serves exactly its type"):
            dumped([Plain(), Late()])
    assert set(left) <= {Plain}


def test_reducers_of_other_code_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    obj = [Plain(1)]
    assert pickle.loads(dumped(obj))[0].part == 1
    assert Plain in left
    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setitem(copyreg.dispatch_table, Plain, reduce_plain)
            assert pickle.loads(dumped(obj)) == ["reduced"]
        assert pickle.loads(dumped(obj))[0].part == 1


def test_a_reducer_of_other_code_for_a_late_subclass(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(Gadget):
        pass

    with monkeypatch.context() as patch:
        patch.setitem(copyreg.dispatch_table, Late, reduce_plain)
        assert adapters.loads(adapters.dumps([Late(), Late()])) == ["reduced"] * 2
        with pytest.raises(adapters.UnknownAdapterError):
            adapters.to_spec(Late())
    with pytest.raises(adapters.SerializeError, match="serves exactly its type"):
        dumped([Late()])


def test_modules_that_go_by_value_are_followed() -> None:
    module = types.ModuleType("sent_by_value")
    sent = module.Sent = type("Sent", (), {"__module__": "sent_by_value"})  # type: ignore[attr-defined]
    sys.modules["sent_by_value"] = module
    try:
        by_name = adapters.dumps([sent()])
        assert sent in left
        for _ in range(2):
            cloudpickle.register_pickle_by_value(module)
            assert len(adapters.dumps([sent()])) > 2 * len(by_name)
            cloudpickle.unregister_pickle_by_value(module)
            assert adapters.dumps([sent()]) == by_name
    finally:
        del sys.modules["sent_by_value"]


def test_functions_and_classes_are_asked_about_each_time() -> None:
    for obj in (len, dumped, Plain, int, type(None), print):
        assert pickle.loads(dumped([obj, obj])) == [obj, obj]
    assert left.keys().isdisjoint({*FUNCTIONS, type})
    for _ in range(2):
        with pytest.raises(NotImportableError):
            dumped([dumped, lambda: 1])


def test_a_registration_while_an_object_is_pickled(native: Any) -> None:
    """What was found out before is not kept after."""

    class Registers:
        def __reduce__(self) -> Any:
            adapters.register(native, state_of, native, name="meanwhile")
            return int, ()

    data = dumped([Plain(), Registers(), native(3), Plain()])
    adapters.unregister(native)
    adapters.register(native, state_of, native, name="meanwhile")
    assert pickle.loads(data)[2].state == 3
