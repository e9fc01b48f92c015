"""Which adapter serves a type, a subclass and a name; conflicts."""

from __future__ import annotations

import copyreg
import importlib
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import cffi
import pytest
from gadgets import Gadget, Hammer, Saw, SmallGadget, Tool, ffi, state_of

import adapters


def test_listing() -> None:
    names = [adapter.name for adapter in adapters.registry]
    assert names == sorted(names)
    assert len(names) == len(adapters.registry)
    assert "tools.Tool" in adapters.registry
    shown = repr(adapters.registry)
    assert shown.startswith(f"<Registry of {len(names)} adapters: {', '.join(names[:10])}")
    more = len(names) - 10
    assert shown.endswith(f"{names[9]} and {more} more>" if more > 0 else f"{names[-1]}>")
    assert adapters.registry["tools.Tool"].target is Tool


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(adapters.UnknownAdapterError, match=r"'nobody'; Registered: .*tools\.Tool"):
        adapters.registry["nobody"]


def test_another_registry_is_isolated(registry: adapters.Registry, native: type) -> None:
    registry.register(native, state_of, native)
    assert native not in copyreg.dispatch_table
    assert len(registry) == 1
    with pytest.raises(adapters.UnknownAdapterError):
        adapters.to_spec(native())


def test_the_same_registration_again_is_harmless(native: type) -> None:
    for _ in range(2):
        adapters.register(native, lambda obj: obj.state, native, name="again")
    assert adapters.loads(adapters.dumps(native(3))).state == 3


def test_reloading_the_module_that_registers_is_harmless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reloaded.py").write_text(
        "import adapters, gadgets\n"
        "class Native(gadgets.Gadget): pass\n"
        "def get(obj): return obj.state\n"
        "adapters.register(Native, get, lambda state: Native(state))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("reloaded")
    old = module.Native("before")
    importlib.reload(module)
    try:
        assert pickle.loads(pickle.dumps(module.Native("after"))) == module.Native("after")
        with pytest.raises(pickle.PicklingError):
            pickle.dumps(old)  # its class is not the one that the factory makes any more
    finally:
        adapters.unregister(module.Native)


def test_a_different_adapter_for_the_same_type_names_both(native: type) -> None:
    first = adapters.register(native, state_of, native, name="first")
    with pytest.raises(adapters.ConflictError, match=r"'second'.*'first'.*replace=True") as caught:
        adapters.register(native, state_of, native, name="second")
    assert caught.value.subject == "second"
    assert adapters.registry.find(native()) is first


def test_a_different_adapter_for_the_same_name_names_both(registry: adapters.Registry) -> None:
    registry.register(Gadget, state_of, Gadget, name="taken")
    with pytest.raises(adapters.ConflictError, match=r"gadgets\.Tool.*gadgets\.Gadget"):
        registry.register(Tool, state_of, Tool, name="taken")
    assert [adapter.target for adapter in registry] == [Gadget]


def test_other_functions_are_a_different_adapter(registry: adapters.Registry) -> None:
    registry.register(Gadget, state_of, Gadget)
    with pytest.raises(adapters.ConflictError, match=r"lambda> at .*:\d+, factory Gadget\) con"):
        registry.register(Gadget, lambda obj: [obj.state], Gadget)


def test_to_spec_of_an_unregistered_type_says_what_to_do() -> None:
    with pytest.raises(adapters.UnknownAdapterError, match=r"builtins\.object; call adapters\.reg"):
        adapters.to_spec(object())


def test_a_subclass_is_not_served_by_default() -> None:
    for dumps in (pickle.dumps, adapters.dumps):
        with pytest.raises(adapters.SerializeError, match=r"SmallGadget; .*subclasses=True"):
            dumps([SmallGadget(1)])
    with pytest.raises(adapters.UnknownAdapterError, match=r"SmallGadget; .*subclasses=True"):
        adapters.to_spec(SmallGadget(1))


@pytest.mark.parametrize("dumps", [pickle.dumps, adapters.dumps])
def test_a_subclass_is_served_where_the_adapter_says_so(dumps: Any) -> None:
    twin = pickle.loads(dumps([Hammer(1)]))[0]
    assert type(twin) is Hammer
    assert twin == Hammer(1)


def test_a_subclass_made_later_is_served_by_dumps() -> None:
    class Wrench(Tool):
        pass

    twin = adapters.loads(adapters.dumps(Wrench(2)))
    assert type(twin).__name__ == "Wrench"
    assert twin.state == 2


def test_a_subclass_that_pickles_in_its_own_way_keeps_it() -> None:
    for dumps in (pickle.dumps, adapters.dumps):
        assert pickle.loads(dumps(Saw(1))).state == "its own way"


def test_the_nearest_adapter_serves_a_subclass() -> None:
    adapters.register(Hammer, state_of, Hammer)
    try:
        assert adapters.to_spec(Hammer(1)).name == "gadgets.Hammer"
    finally:
        adapters.unregister(Hammer)
    assert adapters.to_spec(Hammer(1)).name == "tools.Tool"
    assert pickle.loads(pickle.dumps(Hammer(1))) == Hammer(1)


def test_an_adapter_is_looked_up_by_itself_its_type_its_c_type_or_its_name() -> None:
    adapter = adapters.registry["tools.Tool"]
    gear = adapters.registry.find(ffi.new("gear_t *"))
    assert adapters.registry.lookup(adapter) is adapter
    assert adapters.registry.lookup(Tool) is adapter
    assert adapters.registry.lookup("tools.Tool") is adapter
    assert adapters.registry.lookup(ffi.typeof("gear_t *")) is gear


@pytest.mark.parametrize("reference", [int, "nobody", ffi.typeof("int *"), 5, [], None])
def test_what_has_no_adapter_is_not_found(reference: Any) -> None:
    with pytest.raises(adapters.UnknownAdapterError, match=r"Registered: .*tools\.Tool"):
        adapters.registry.lookup(reference)


@pytest.mark.parametrize(
    ("target", "subject"),
    [(int, "builtins.int"), (ffi.typeof("int *"), "C type 'int *'"), ("text", "'text'")],
)
def test_what_has_no_adapter_cannot_be_unregistered(target: Any, subject: str) -> None:
    with pytest.raises(adapters.UnknownAdapterError) as caught:
        adapters.unregister(target)
    assert caught.value.subject == subject


# Adapters that take the place of others


def test_an_adapter_may_replace_that_of_its_type(registry: adapters.Registry) -> None:
    registry.register(Gadget, state_of, Gadget)
    adapter = registry.register(Gadget, lambda obj: [obj.state], Gadget, replace=True)
    assert list(registry) == [adapter]
    assert registry.find(Gadget()) is adapter
    assert len(registry) == 1


def test_an_adapter_may_replace_those_of_its_type_and_of_its_name(
    registry: adapters.Registry,
) -> None:
    registry.register(Gadget, state_of, Gadget, name="gadget")
    registry.register(Tool, state_of, Tool, name="tool", subclasses=True)
    adapter = registry.register(Gadget, state_of, Gadget, name="tool", replace=True)
    assert list(registry) == [adapter]
    assert registry.serving(Tool) is registry.serving(Hammer) is None


def test_to_replace_nothing_is_harmless(registry: adapters.Registry) -> None:
    adapter = registry.register(Gadget, state_of, Gadget, replace=True)
    assert registry.register(Gadget, state_of, Gadget, replace=True) is adapter


def test_what_is_refused_replaces_nothing(registry: adapters.Registry) -> None:
    adapter = registry.register(Gadget, state_of, Gadget)
    with pytest.raises(adapters.RegistrationError):
        registry.register(Gadget, state_of, Gadget, version=0, replace=True)
    assert registry.find(Gadget()) is adapter


def test_picklers_use_the_adapter_that_replaces_another(native: Any) -> None:
    adapters.register(native, state_of, native, name="one")
    payload = pickle.dumps(native(1))
    adapters.register(native, lambda obj: [obj.state], native, name="two", replace=True)
    assert "one" not in adapters.registry
    assert pickle.loads(pickle.dumps(native(1))).state == [1]
    assert pickle.loads(payload).state == 1  # by what the payload holds


def test_a_struct_may_replace_another(registry: adapters.Registry) -> None:
    builder = cffi.FFI()
    builder.cdef("typedef struct { int *data; int n, m; } replaced_t;")
    ctype = builder.typeof("replaced_t *")
    adapters.register_struct(ctype, lengths={"data": "n"})
    try:
        with pytest.raises(adapters.ConflictError, match="replace=True"):
            adapters.register_struct(ctype, lengths={"data": "m"})
        adapter = adapters.register_struct(ctype, lengths={"data": "m"}, replace=True)
        assert adapters.registry.lookup(ctype) is adapter
    finally:
        adapters.unregister(ctype)


# Types that state no module


def sim() -> Any:
    """A type that says it is a built-in one, as those of PyO3 do."""

    def init(self: Any, state: Any = None) -> None:
        self.state = state

    return type("Sim", (), {"__module__": "builtins", "__init__": init})


SIMS = """
import adapters
def __init__(self, state):
    self.state = state
Sim = type("Sim", (), {"__module__": "builtins", "__init__": __init__})
adapters.register(Sim, lambda sim: sim.state, lambda state: Sim((__name__, state)))
"""


def test_two_types_of_one_name_and_no_module(registry: adapters.Registry) -> None:
    one, two = sim(), sim()
    names = [registry.register(each, state_of, each).name for each in (one, two, one)]
    assert names == ["__main__:Sim", "__main__:Sim#2", "__main__:Sim"]
    assert registry.find(one()).target is one
    assert registry.find(two()).target is two
    with pytest.raises(adapters.ConflictError, match=r"<no module>\.Sim.*give it another name="):
        registry.register(sim(), state_of, one, name="__main__:Sim")


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two libraries, each with a type `Sim` that states no module, and its adapter."""
    for name in ("library_one", "library_two"):
        (tmp_path / f"{name}.py").write_text(SIMS)
    monkeypatch.syspath_prepend(tmp_path)
    modules = [importlib.import_module(name) for name in ("library_one", "library_two")]
    yield modules
    for module in modules:
        adapters.unregister(module.Sim)
        del sys.modules[module.__name__]


def test_two_libraries_with_types_of_one_name(libraries: Any) -> None:
    for library in libraries:
        name = library.__name__
        spec = adapters.to_spec(library.Sim(1))
        assert spec == (f"{name}:Sim", 1, name, 1)
        twin = pickle.loads(pickle.dumps(library.Sim(1)))
        assert type(twin) is library.Sim
        assert twin.state == (name, 1)
        with pytest.raises(adapters.UnknownAdapterError, match=rf"no adapter serves {name}\.Sim;"):
            adapters.Registry().find(twin)


def test_an_old_payload_has_another_name_for_them(libraries: Any) -> None:
    for library in libraries:
        name = library.__name__
        payload = f"cadapters\nrebuild\n(Vbuiltins.Sim\nI1\nV{name}\nI5\ntR.".encode()
        for twin in (
            pickle.loads(payload),
            adapters.loads(payload, trusted=["builtins.Sim"]),
            adapters.loads(payload, trusted={"builtins.Sim": name}),
            adapters.Spec("builtins.Sim", 1, name, 5).rebuild(),
        ):
            assert type(twin) is library.Sim
            assert twin.state == (name, 5)
    for name, provider in (("builtins.Sin", "library_one"), ("builtins.Sim", "string")):
        with pytest.raises(adapters.RebuildError, match="was imported and did not register it"):
            adapters.rebuild(name, 1, provider, 5)
    with pytest.raises(adapters.UntrustedError, match=r"'builtins\.Sim'.* not registered here"):
        adapters.loads(payload.replace(b"library_two", b"string"), trusted=["builtins.Sim"])


def test_an_extension_names_its_types(
    registry: adapters.Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        module = ModuleType(f"{name}._core")
        module.__file__ = "_core.abi3.so"
        module.Sim = sim()  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        assert registry.register(module.Sim, state_of, id).name == f"{name}._core.Sim"


def test_what_a_message_says_to_write_for_them_runs() -> None:
    obj = sim()(1)
    with pytest.raises(adapters.UnknownAdapterError) as caught:
        adapters.to_spec(obj)
    target = str(caught.value).partition("adapters.register(")[2].partition(", serialize")[0]
    assert eval(target, {"obj": obj}) is type(obj)


def test_the_same_functions_do_not_make_two_types_one(registry: adapters.Registry) -> None:
    one, two = sim(), sim()
    registry.register(one, state_of, id, name="sim")
    with pytest.raises(adapters.ConflictError):
        registry.register(two, state_of, id, name="sim")
