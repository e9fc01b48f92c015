"""What an adapter is made of, and what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import cloudpickle
import pytest
from gadgets import Gadget, ffi, state_of

import adapters
from adapters._wire.key import key_of, parse_key


def test_register_returns_the_adapter(native: type) -> None:
    adapter = adapters.register(native, state_of, native, name="native", version=3)
    assert isinstance(adapter, adapters.Adapter)
    assert (adapter.name, adapter.version, adapter.target) == ("native", 3, native)
    assert "'native' version 3" in repr(adapter)


def test_default_name_is_the_module_qualified_type(registry: adapters.Registry) -> None:
    assert registry.register(Gadget, state_of, Gadget).name == "gadgets.Gadget"


def test_a_version_has_at_most_18_digits(registry: adapters.Registry) -> None:
    adapter = registry.register(Gadget, state_of, Gadget, version=10**18 - 1)
    assert parse_key(key_of(adapter.name, adapter.version, "gadgets"))[1] == adapter.version


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((42, state_of, state_of), {}, "42, which is a builtins.int"),
        ((list[int], state_of, list), {}, r"list\[int\], which is a types\.GenericAlias"),
        ((dict, state_of, dict), {}, "pickle writes this built-in type by itself"),
        ((Gadget, "x", state_of), {}, "serialize must be callable, not 'x'"),
        ((Gadget, state_of, None), {}, "it needs a factory, or init= in place of one"),
        ((Gadget, state_of, state_of), {"name": ""}, "name must be a non-empty str"),
        (
            (Gadget, state_of, state_of),
            {"version": 0},
            r"an int from 1 to 10\*\*18 - 1, not 0",
        ),
        ((Gadget, state_of, state_of), {"version": 10**18}, "version must be an int from 1 to"),
        ((Gadget, state_of, state_of), {"version": True}, "version must be an int"),
        ((Gadget, state_of, state_of), {"upgrades": {1: state_of}}, r"older version \(1 to 0\)"),
        ((Gadget, state_of, state_of), {"version": 2, "upgrades": {1: 5}}, "1: 5"),
        ((Gadget, state_of, state_of), {"upgrades": [state_of]}, "upgrades must be a dict"),
        ((object, state_of, state_of), {}, "every object is an instance of it"),
        (
            (type(ffi.new("int *")), state_of, state_of),
            {},
            "share this type; pass their C",
        ),
    ],
)
def test_unusable_arguments(
    registry: adapters.Registry, arguments: Any, options: Any, message: str
) -> None:
    with pytest.raises(adapters.RegistrationError, match=message):
        registry.register(*arguments, **options)
    assert len(registry) == 0


def test_one_registered_here_came_from_every_sender_of_the_same_fingerprint(native: type) -> None:
    adapter = adapters.register(native, state_of, native)
    fingerprint, body = adapter.provider
    assert fingerprint == adapter.fingerprint
    assert adapter.came_from((fingerprint, body))
    assert adapter.came_from((fingerprint, b"a copy that was written elsewhere"))
    assert not adapter.came_from(("0" * 24, body))


def test_one_that_arrived_came_from_the_very_bytes_alone(native: type) -> None:
    provider = adapters.register(native, state_of, native).provider
    arrived = adapters.Adapter(native, state_of, native, provider=provider)
    assert arrived.arrived
    assert arrived.fingerprint == provider[0]
    assert arrived.came_from(provider)
    assert not arrived.came_from((provider[0], b"with another class of the same name"))


@pytest.mark.parametrize("name", ["serialize", "factory"])
def test_its_functions_cannot_be_replaced_as_picklers_have_them(name: str) -> None:
    adapter = adapters.registry["tools.Tool"]
    before = getattr(adapter, name)
    with pytest.raises(AttributeError, match=f"cannot set {name} of <Adapter 'tools.Tool'"):
        setattr(adapter, name, state_of)
    assert getattr(adapter, name) is before


def test_one_that_was_never_registered_cannot_be_sent() -> None:
    adapter = adapters.Adapter(Gadget, state_of, Gadget)
    assert adapter.provider == (adapter.fingerprint, "no registry holds it")
    assert adapter.provided_by == "by value"
    assert adapters.registry["gadgets.Gadget"].provided_by == "gadgets"


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps, adapters.dumps])
def test_an_adapter_arrives_as_one_that_no_registry_holds(dumps: Any) -> None:
    sent = adapters.registry["tools.Tool"]
    arrived = pickle.loads(dumps(sent))
    assert arrived is not sent
    assert repr(arrived) == repr(sent)
    assert (arrived.serialize, arrived.factory) == (sent.serialize, sent.factory)
    assert (arrived.subclasses, arrived.reduce) == (True, None)


def test_adapters_of_a_type_for_annotations() -> None:
    assert str(adapters.Adapter[int]) == "adapters.Adapter[int]"
    assert adapters.Adapter.__mro__ == (adapters.Adapter, object)
