"""The wire form: small, pinned, versioned; and what it says when it cannot be rebuilt."""

from __future__ import annotations

import copy
import io
import pickle
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from gadgets import Gadget, Refused, Unbuildable, comparable, ffi, state_of

import adapters

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_payload_names_two_functions_of_adapters(protocol: int) -> None:
    names = set()

    class Listing(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            names.add((module, name))
            return super().find_class(module, name)

    gear = ffi.new("gear_t *", {"size": 3, "teeth": 40})
    spec = adapters.Spec("gadgets.Gadget", 1, "gadgets", [1, b"two"])
    message = [Gadget({"part": Gadget(bytearray(5))}), gear, spec]
    Listing(io.BytesIO(pickle.dumps(message, protocol))).load()
    ours = {name for name in names if name[0].startswith("adapters")}
    assert ours == {("adapters", "rebuild"), ("adapters", "Spec")}


def test_a_payload_is_small() -> None:
    assert len(pickle.dumps(Gadget(7), 5)) < 80


def test_spec_is_the_four_parts() -> None:
    spec = adapters.to_spec(Gadget([1]))
    assert (spec.name, spec.version, spec.provider, spec.state) == spec
    assert spec == ("gadgets.Gadget", 1, "gadgets", [1])
    assert repr(spec) == "Spec('gadgets.Gadget', version 1, provider gadgets, state list)"
    assert spec.rebuild() == Gadget([1])


@pytest.mark.parametrize("state", [[1], bytearray(b"abc"), {"key": memoryview(b"abc")}])
def test_a_spec_travels_as_a_spec(state: Any) -> None:
    spec = adapters.to_spec(Gadget(state))
    for twin in (pickle.loads(pickle.dumps(spec)), copy.deepcopy(spec), copy.copy(spec)):
        assert type(twin) is adapters.Spec
        assert comparable(twin.rebuild()) == comparable(Gadget(state))


# Versions


@pytest.fixture
def versions() -> Iterator[Any]:
    """Register an adapter at a version; its factory wraps the state that it gets."""

    class Native:
        def __init__(self, state: Any) -> None:
            self.state = state

    def at(version: int, **options: Any) -> None:
        adapters.register(
            Native, comparable, Native, name="versions.Native", version=version, **options
        )

    yield at
    adapters.unregister(Native)


def upgraded(step: str) -> Any:
    return lambda state: [*state, step]


def test_older_states_are_upgraded_in_order(versions: Any) -> None:
    versions(3, upgrades={1: upgraded("1 to 2"), 2: upgraded("2 to 3")})
    rebuilt = {v: adapters.rebuild("versions.Native", v, "nowhere", ["state"]) for v in (1, 2, 3)}
    assert rebuilt[1].state == ["state", "1 to 2", "2 to 3"]
    assert rebuilt[2].state == ["state", "2 to 3"]
    assert rebuilt[3].state == ["state"]


def test_a_newer_version_is_an_error(versions: Any) -> None:
    versions(2, upgrades={1: upgraded("1 to 2")})
    with pytest.raises(
        adapters.VersionError,
        match=r"version 3, but adapter 'versions.Native' here reads \[1, 2\]; update",
    ) as caught:
        adapters.rebuild("versions.Native", 3, "nowhere", [])
    assert caught.value.subject == "versions.Native"


@pytest.mark.parametrize("version", [1, 0, -1, "1", None, True, 2.0])
def test_a_version_without_an_upgrade_is_an_error(versions: Any, version: Any) -> None:
    versions(3, upgrades={2: upgraded("2 to 3")})
    with pytest.raises(adapters.VersionError, match="reads \\[2, 3\\]"):
        adapters.rebuild("versions.Native", version, "nowhere", [])


def test_a_failing_upgrade_says_which(versions: Any) -> None:
    versions(2, upgrades={1: lambda state: 1 / 0})
    with pytest.raises(adapters.RebuildError, match="upgrade from version 1 raised ZeroDivision"):
        adapters.rebuild("versions.Native", 1, "nowhere", [])


# Failures


def test_a_serializer_that_raises() -> None:
    with pytest.raises(
        adapters.SerializeError, match=r"gadgets\.Refused.*ValueError: no such"
    ) as c:
        pickle.dumps([Refused()])
    assert isinstance(c.value.__cause__, ValueError)
    assert isinstance(c.value, pickle.PicklingError)


class Exiting(Gadget):
    """Its serializer or factory, whichever is asked to, calls sys.exit()."""


def test_sys_exit_is_a_failure_like_any_other() -> None:
    adapters.register(Exiting, sys.exit, Exiting)
    with pytest.raises(adapters.SerializeError, match="its serializer raised SystemExit"):
        pickle.dumps(Exiting())
    adapters.unregister(Exiting)
    adapters.register(Exiting, state_of, sys.exit)
    payload = pickle.dumps(Exiting("with this"))
    try:
        with pytest.raises(adapters.RebuildError, match="the factory raised SystemExit: with this"):
            pickle.loads(payload)
    finally:
        adapters.unregister(Exiting)
    with pytest.raises(adapters.SerializeError, match="SystemExit"):
        adapters.dumps(Leaving())
    with pytest.raises(adapters.RebuildError, match="SystemExit"):
        adapters.loads(b"csys\nexit\n)R.")


class Leaving:
    def __reduce__(self) -> str:
        sys.exit("not today")


def test_a_factory_that_raises() -> None:
    payload = pickle.dumps(Unbuildable())
    with pytest.raises(
        adapters.RebuildError, match=r"gadgets\.Unbuildable.*factory raised Val"
    ) as c:
        pickle.loads(payload)
    assert isinstance(c.value.__cause__, ValueError)
    assert isinstance(c.value, pickle.UnpicklingError)


def test_a_factory_that_returns_nothing() -> None:
    adapters.register(Exiting, state_of, lambda state: None)
    try:
        with pytest.raises(adapters.RebuildError, match=r"factory returned None; a return is mis"):
            adapters.to_spec(Exiting()).rebuild()
    finally:
        adapters.unregister(Exiting)


def test_a_provider_that_cannot_be_imported() -> None:
    with pytest.raises(adapters.RebuildError, match=r"module 'no\.where', cannot be imported here"):
        adapters.rebuild("no.where.Thing", 1, "no.where", None)


def test_a_provider_that_does_not_register() -> None:
    with pytest.raises(adapters.RebuildError, match="'string', was imported and did not register"):
        adapters.rebuild("string.Thing", 1, "string", None)


def test_a_damaged_adapter_by_value() -> None:
    with pytest.raises(adapters.RebuildError, match="came by value and cannot be loaded here"):
        adapters.rebuild("Thing", 1, ("fingerprint", b"junk"), None)
