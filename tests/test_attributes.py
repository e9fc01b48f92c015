"""Objects that are made empty: their native part by `init`, their Python part by itself."""

from __future__ import annotations

import copy
import pickle
from multiprocessing import get_context
from typing import Any

import cloudpickle
import pytest
from children import send_copies
from graphs import Both, Motor, Painted, Slotted, Stated, SwigPyObject
from processes import run

import adapters
from adapters._wire.attributes import attributes_of, set_attributes

PROTOCOLS = range(2, 6)
COPIERS: dict[str, Any] = {
    f"{name} {protocol}": lambda obj, write=write, protocol=protocol: pickle.loads(
        write(obj, protocol)
    )
    for name, write in {
        "pickle": pickle.dumps,
        "pickle in Python": pickle._dumps,  # type: ignore[attr-defined]
        "cloudpickle": cloudpickle.dumps,
        "adapters": adapters.dumps,
    }.items()
    for protocol in PROTOCOLS
}
COPIERS["unpickled in Python"] = lambda obj: pickle._loads(pickle.dumps(obj))  # type: ignore[attr-defined]
COPIERS["deepcopy"] = copy.deepcopy
COPIERS["spec"] = lambda obj: pickle.loads(pickle.dumps(adapters.to_spec(obj))).rebuild()


@pytest.fixture(params=COPIERS)
def carry(request: pytest.FixtureRequest) -> Any:
    return COPIERS[request.param]


def test_a_class_and_its_attributes_arrive(carry: Any) -> None:
    twin = carry(Painted(3, color="red", notes=[1]))
    assert type(twin) is Painted
    assert vars(twin) == {"color": "red", "notes": [1]}
    assert (twin.power, twin.memory[0]) == (3, 3)


def test_slots_arrive(carry: Any) -> None:
    for made in (Slotted(3, ["red"]), Both(3, ["red"])):
        twin = carry(made)
        assert (type(twin), twin.power) == (type(made), 3)
        assert (twin.color, twin.hidden()) == (["red"], "hidden")
        assert not hasattr(twin, "never")


def test_slots_and_attributes_arrive(carry: Any) -> None:
    made = Both(3, "red")
    made.extra = 5  # type: ignore[attr-defined]
    twin = carry(made)
    assert (twin.color, twin.extra, twin.power) == ("red", 5, 3)


def test_a_class_may_say_what_its_python_part_is(carry: Any) -> None:
    twin = carry(Stated(3, cache=object()))
    assert (twin.cache, twin.power) == (["without the cache"], 3)


def test_an_attribute_may_refer_to_the_object(carry: Any, request: pytest.FixtureRequest) -> None:
    made = Painted(3)
    made.me, made.others = made, {"me": [made]}  # type: ignore[attr-defined]
    twin = carry(made)
    if "spec" not in request.node.name:  # where the attributes hold the object, not the spec
        assert twin.me is twin
        assert twin.others["me"][0] is twin
    assert twin.me.me is twin.me


def test_an_object_of_the_type_itself_arrives(carry: Any) -> None:
    twin = carry(Motor(7))
    assert (type(twin), twin.power) == (Motor, 7)


def test_copy_shares_the_attributes() -> None:
    made = Painted(3, notes=[1])
    twin = copy.copy(made)
    assert twin is not made
    assert (type(twin), twin.power, twin.notes is made.notes) == (Painted, 3, True)  # type: ignore[attr-defined]


def test_two_references_arrive_as_one() -> None:
    made = Painted(3, part=Painted(4))
    one, two, part = pickle.loads(pickle.dumps([made, made, made.part]))  # type: ignore[attr-defined]
    assert one is two
    assert one.part is part


def test_a_spec_shows_class_and_attributes() -> None:
    spec = adapters.to_spec(Painted(3, color="red"))
    assert (spec.state, spec.attributes, spec.links) == (3, {"color": "red"}, None)
    start = "Spec('graphs.Motor', version 1, provider graphs, state int"
    assert repr(spec) == f"{start}, class Painted, attributes dict)"
    assert repr(adapters.to_spec(Motor(3))) == f"{start})"


def test_the_pointer_of_swig_stays() -> None:
    made = Painted(3, this=SwigPyObject(), color="red")
    assert attributes_of(made, Motor) == {"color": "red"}
    assert vars(pickle.loads(pickle.dumps(made))) == {"color": "red"}
    assert attributes_of(Painted(3, this="mine"), Motor) == {"this": "mine"}


def test_a_process_without_the_registration_rebuilds_and_sends_back() -> None:
    with get_context("spawn").Pool(1) as pool:
        twin, _, _ = pool.apply_async(send_copies, [Painted(3, color="red")]).get(60)
    assert (type(twin), twin.power, twin.color) == (Painted, 3, "red")


@pytest.mark.parametrize("attributes", [{"a": 1}, ({"a": 1}, {}), (None, {"a": 1}), 5, (1,)])
def test_attributes_that_the_object_cannot_have(attributes: Any) -> None:
    with pytest.raises((AttributeError, ValueError, TypeError)):
        set_attributes(Slotted(1, "red"), Motor, attributes)
    motor = Motor(1)
    key = adapters.registry.find(motor).key
    with pytest.raises(adapters.RebuildError, match="setting its attributes raised"):
        adapters.complete(motor, (key, attributes, None))


def test_a_class_that_the_adapter_does_not_make() -> None:
    key = adapters.registry.find(Motor(1)).key
    for cls in (dict, "Motor", 5):
        with pytest.raises(adapters.RebuildError, match="init raised"):
            adapters.rebuild(key, 3, cls)


def test_init_without_subclasses_serves_the_type_alone(native: type) -> None:
    class Derived(native):  # type: ignore[misc, valid-type]
        pass

    adapter = adapters.register(native, lambda obj: 1, init=lambda obj, state: None)
    made = native.__new__(native)
    assert type(adapters.loads(adapters.dumps(made))) is native
    with pytest.raises(adapters.SerializeError, match="serves exactly its type"):
        adapters.dumps(Derived())
    with pytest.raises(adapters.RebuildError, match="makes no objects of"):
        adapters.rebuild(adapter.key, 1, Derived)


def test_an_init_that_raises_is_named(native: type) -> None:
    adapter = adapters.register(native, lambda obj: 1, init=lambda obj, state: 1 / 0)
    with pytest.raises(adapters.RebuildError, match="init raised ZeroDivisionError"):
        adapters.rebuild(adapter.key, 1)


def test_older_states_are_upgraded(native: type) -> None:
    adapters.register(
        native,
        lambda obj: ["2"],
        init=lambda obj, state: vars(obj).update(state=state),
        name="made.empty",
        version=2,
        upgrades={1: lambda state: [state, "to 2"]},
    )
    assert adapters.rebuild("2:1:m:made.empty", "1").state == ["1", "to 2"]


def test_by_value_the_adapter_brings_init(native: type) -> None:
    adapters.register(native, lambda obj: 1, init=lambda obj, state: vars(obj).update(state=state))
    payload = adapters.dumps(native.__new__(native))
    program = "import sys, pickle; print(pickle.loads(bytes.fromhex(sys.argv[1])).state)"
    assert run("-c", program, payload.hex()) == "1\n"
