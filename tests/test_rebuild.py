"""The wire form: small, pinned, versioned; and what it says when it cannot be rebuilt."""

from __future__ import annotations

import copy
import inspect
import io
import pickle
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from both_forms import in_python
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


# What it is called with


@pytest.fixture(params=["as it is", "in Python"])
def rebuild(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`adapters.rebuild`, as it is used here and in Python."""
    if request.param == "as it is":
        return adapters.rebuild
    module, registry = in_python("_wire.rebuild"), adapters.registry
    monkeypatch.setattr(module, "registry", registry)
    monkeypatch.setattr(module, "_by_name", registry.by_name)
    monkeypatch.setattr(module, "_resolved", registry.resolved)
    return module.rebuild


KEY = "2:1:gadgets:gadgets.Gadget"


def test_each_way_to_call_it(rebuild: Any) -> None:
    for _ in range(2):  # the second time, the key is known
        assert rebuild(KEY, 1) == rebuild(key=KEY, state=1) == rebuild(KEY, state=1) == Gadget(1)
        assert rebuild("gadgets.Gadget", 1, "gadgets", 1) == Gadget(1)
        assert rebuild(KEY, 1, None) == Gadget(1)


@pytest.mark.parametrize("arguments", [(), (KEY,), (KEY, 1, Gadget, 2, 3)])
def test_a_wrong_number_of_arguments(rebuild: Any, arguments: Any) -> None:
    with pytest.raises(TypeError, match=r"arguments?"):
        rebuild(*arguments)
    with pytest.raises(TypeError, match="unexpected keyword argument 'more_of_it'"):
        rebuild(KEY, 1, more_of_it=2)


class Hash:
    """A key whose hash is an error."""

    def __hash__(self) -> int:
        raise RuntimeError("no hash")


DAMAGED = [
    None, 1, b"2:1:gadgets:gadgets.Gadget", "", ":::", "2:0:gadgets:gadgets.Gadget", "2:1:gadgets",
    "1:1:gadgets:gadgets.Gadget", "2:01:gadgets:gadgets.Gadget", "2:x:gadgets:gadgets.Gadget",
    [KEY], {}, (KEY,), (KEY, 1), (KEY, b"", b""), ([], b""), (KEY, []),
]  # fmt: skip


@pytest.mark.parametrize("key", DAMAGED, ids=repr)
def test_a_damaged_key(rebuild: Any, key: Any) -> None:
    with pytest.raises(adapters.RebuildError, match="it is damaged, as it has no key"):
        rebuild(key, 1)
    with pytest.raises(adapters.RebuildError, match="it is damaged, as it has no key"):
        adapters.loads(pickle.dumps(Reduced(adapters.rebuild, (key, 1))))


class Reduced:
    """Pickles as a call."""

    def __init__(self, *reduction: Any) -> None:
        self.reduction = reduction

    def __reduce__(self) -> Any:
        return self.reduction


def test_other_keys_that_stand_for_nothing_here(rebuild: Any) -> None:
    with pytest.raises(adapters.VersionError, match="form 3"):
        rebuild("3:1:gadgets:gadgets.Gadget", 1)
    with pytest.raises(adapters.VersionError, match="has version 2"):
        rebuild("2:2:gadgets:gadgets.Gadget", 1)
    with pytest.raises(adapters.RebuildError, match="did not register it"):
        rebuild("2:1:gadgets:gadgets.Nothing", 1)
    with pytest.raises(RuntimeError, match="no hash"):
        rebuild(Hash(), 1)


def test_an_error_of_the_factory_has_its_traceback(rebuild: Any) -> None:
    key = adapters.registry.find(Unbuildable()).key
    for _ in range(2):
        with pytest.raises(adapters.RebuildError, match="ValueError: no such thing") as caught:
            rebuild(key, 1)
        cause = caught.value.__cause__
        assert type(cause) is ValueError
        assert cause.__traceback__ is not None
        names = {code.co_name for code, _ in walk(cause)}
        assert "refuse" in names


def walk(error: BaseException) -> Iterator[Any]:
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame.f_code, traceback.tb_lineno
        traceback = traceback.tb_next


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt("now"), GeneratorExit("now"), SystemExit(3), StopIteration(4)]
)
def test_what_a_factory_raises(native: Any, rebuild: Any, error: BaseException) -> None:
    def factory(state: Any) -> Any:
        raise error

    key = adapters.register(native, state_of, factory, name="n").key
    is_failure = isinstance(error, (SystemExit, StopIteration))
    for _ in range(2):
        with pytest.raises(adapters.RebuildError if is_failure else type(error)) as caught:
            rebuild(key, 1)
        found = caught.value.__cause__ if is_failure else caught.value
        assert found is error
        assert "factory" in {code.co_name for code, _ in walk(error)}
        error.__traceback__ = None


def test_a_factory_in_c_that_raises_without_a_frame(native: Any, rebuild: Any) -> None:
    key = adapters.register(native, state_of, next, name="n").key
    for _ in range(2):
        with pytest.raises(adapters.RebuildError, match="factory raised StopIteration") as caught:
            rebuild(key, iter(()))
        assert type(caught.value.__cause__) is StopIteration


def test_a_factory_that_returns_none_or_what_is_false(native: Any, rebuild: Any) -> None:
    key = adapters.register(native, state_of, lambda state: state, name="n").key
    for _ in range(2):
        with pytest.raises(adapters.RebuildError, match="the factory returned None"):
            rebuild(key, None)
        for state in (0, "", [], NotImplemented):
            assert rebuild(key, state) is state


def test_it_follows_what_is_registered(native: Any, rebuild: Any) -> None:
    for label in ("first", "second"):

        def factory(state: Any, label: str = label) -> Any:
            return native([label, state])

        key = adapters.register(native, state_of, factory, name="n").key
        for _ in range(2):
            assert rebuild(key, 1).state == [label, 1]
        adapters.unregister(native)
    adapters.register(native, state_of, native, name="n", version=2, upgrades={1: lambda s: [s]})
    for _ in range(2):
        assert rebuild("2:1:m:n", 1).state == [1]
        assert rebuild("2:2:m:n", 1).state == 1


def test_it_is_a_name_of_adapters() -> None:
    assert (adapters.rebuild.__module__, adapters.rebuild.__name__) == ("adapters", "rebuild")
    for copied in (copy.copy(adapters.rebuild), pickle.loads(pickle.dumps(adapters.rebuild))):
        assert copied is adapters.rebuild
    assert "key and the state" in (adapters.rebuild.__doc__ or "")
    assert [*inspect.signature(adapters.rebuild).parameters] == ["key", "state", "more"]
