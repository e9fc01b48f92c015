"""Under which name another process imports what states another one, or none."""

from __future__ import annotations

import decimal
import importlib.util
import json
import pickle
import sys
import types
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from processes import run

import adapters
from adapters._importable import reference
from adapters._importable.reference import held, reference_to

# What an extension looks like that has submodules in no file: PyO3 and pybind11 make such.
EXTENSION = """
import types

class Outer:
    class Inner:
        pass
    class Private:
        pass
    Alias, Private.__qualname__ = Private, "Hidden"
    del Private

def function(x):
    return x

keys = types.ModuleType("keys")
keys.inner = types.ModuleType("inner")
keys.inner.Key = type("Key", (), {"__module__": "extension.keys.inner", "__copy__": function})
keys.Wrong = type("Wrong", (), {"__module__": "builtins"})
keys.load = len.__class__ and function
Renamed = type("Other", (), {"__module__": "no.such.module"})
square = lambda x: x * x

class Methods:
    static = staticmethod(lambda x: -x)
"""


@pytest.fixture
def extension(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "extension.py").write_text(EXTENSION)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    yield importlib.import_module("extension")
    del sys.modules["extension"]


NAMES = {
    "extension:keys.inner.Key": "keys.inner.Key",
    "extension:Outer.Inner": "Outer.Inner",
    "extension:Outer.Alias": "Outer.Alias",
    "extension:Renamed": "Renamed",
    "extension:square": "square",
    "extension:Methods.static": "Methods.static",
    "extension:function": "function",
}


def resolve(extension: Any, path: str) -> Any:
    for name in path.split("."):
        extension = getattr(extension, name)
    return extension


@pytest.mark.parametrize(("name", "path"), NAMES.items())
def test_what_a_module_holds_goes_by_reference(extension: Any, name: str, path: str) -> None:
    value = resolve(extension, path)
    assert reference_to(value) == name
    payload = adapters.dumps([value, lambda: 1])
    program = (
        "import sys, adapters; value = adapters.loads(bytes.fromhex(sys.argv[1]))[0];"
        f"import extension; print(value is extension.{path})"
    )
    assert run("-c", program, payload.hex()) == "True\n"


def test_modules_inside_of_modules(extension: Any) -> None:
    inner = extension.keys.inner
    assert held(inner) == "extension:keys.inner"
    function = adapters.loads(adapters.dumps(lambda: inner.Key))
    assert function() is inner.Key
    module = types.ModuleType("json")  # another one has its name
    sys.modules["extension"].own_json = module  # type: ignore[attr-defined]
    assert adapters.loads(adapters.dumps([module]))[0] is module


def test_an_adapter_of_such_a_type_goes_to_another_process(extension: Any) -> None:
    key = extension.keys.inner.Key
    adapters.register(key, lambda key: key.secret, lambda state: key(), name="keys")
    obj = key()
    obj.secret = 7
    try:
        program = """
import pickle, sys
obj = pickle.loads(bytes.fromhex(sys.argv[1]))
print(type(obj) is sys.modules["extension"].keys.inner.Key)
"""
        assert run("-c", program, pickle.dumps(obj).hex()) == "True\n"
    finally:
        adapters.unregister(key)


def test_the_most_public_name_of_its_own_package_is_taken(
    extension: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension.Renamed.__module__ = "extension.hidden"
    for name in ("a_stranger", "extension._private", "extension.sub", "extension.sub.below"):
        module = types.ModuleType(name)
        module.Anything = extension.Renamed  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
    assert reference_to(extension.Renamed) == "extension:Renamed"
    del extension.Renamed
    assert reference_to(sys.modules["a_stranger"].Anything) == "extension.sub:Anything"


class Forbidden(types.ModuleType):
    """Asked for any attribute, it fails the test."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)


def test_no_code_of_modules_and_classes_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "forbidden", Forbidden("forbidden"))
    monkeypatch.setitem(sys.modules, "an.object", object())
    monkeypatch.setitem(sys.modules, "no.init", types.ModuleType.__new__(types.ModuleType))
    spec: Any = importlib.util.find_spec("this")
    monkeypatch.setitem(sys.modules, "this", importlib.util.module_from_spec(spec))
    loader = importlib.util.LazyLoader(spec.loader)
    loader.exec_module(sys.modules["this"])
    with suppress(ImportError):  # has a static type that is not ready, on some Pythons
        import _testcapi  # noqa: F401
    assert held(type(sys.flags)) is None
    assert "s" not in object.__getattribute__(sys.modules["this"], "__dict__")


@pytest.mark.parametrize("cls", [type(sys.flags), type(sys.float_info)])
def test_a_type_of_an_extension_that_no_module_holds_is_refused(cls: Any) -> None:
    with pytest.raises(adapters.SerializeError, match=r"the type sys\.\w+: no module .* attribute"):
        adapters.dumps(cls)
    assert adapters.loads(adapters.dumps([print, lambda: 1]))[0] is print


def test_a_metaclass_goes_as_the_type_of_a_class() -> None:
    ctypes = pytest.importorskip("ctypes")
    assert reference_to(type(ctypes.Structure)) is None
    assert adapters.loads(adapters.dumps(type(ctypes.Structure))) is type(ctypes.Structure)


def test_functions_of_c_that_state_a_wrong_module(monkeypatch: pytest.MonkeyPatch) -> None:
    outer, inner = types.ModuleType("outer"), types.ModuleType("inner")
    outer.inner = inner  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "outer", outer)
    monkeypatch.delattr(json.decoder, "scanstring")
    monkeypatch.delattr(json.decoder, "c_scanstring")
    scanner: Any = importlib.import_module("_json")
    inner.load = scanner.scanstring  # type: ignore[attr-defined]
    monkeypatch.delattr(scanner, "scanstring")
    payload = adapters.dumps(inner.load)  # type: ignore[attr-defined]
    assert adapters.loads(payload) is inner.load  # type: ignore[attr-defined]
    assert reference_to(inner.load) == "outer:inner.load"  # type: ignore[attr-defined]


def test_an_adapter_may_have_methods_that_pybind11_makes(native: Any) -> None:
    contourpy: Any = pytest.importorskip("contourpy._contourpy")
    method = contourpy.SerialContourGenerator.lines
    adapters.register(native, lambda obj: method and obj.state, native)
    assert b":ContourGenerator.lines" in adapters.to_spec(native(1)).provider[1]


def test_what_only_private_modules_of_adapters_hold_is_no_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    local = type("Local", (), {"__module__": "nowhere"})
    monkeypatch.setattr(reference, "local", local, raising=False)
    assert reference_to(local) is None


def test_what_was_found_is_looked_up_again(extension: Any) -> None:
    local = type("Local", (), {"__module__": "nowhere"})
    assert reference_to(local) is None
    extension.first, module = local, types.ModuleType("another")
    sys.modules["another"] = module  # another module is imported: all are searched again
    try:
        assert reference_to(local) == "extension:first"
        extension.second = local
        assert reference_to(local) == "extension:first"
        del extension.first
        assert reference_to(local) == "extension:second"
    finally:
        del sys.modules["another"]


def test_a_name_that_is_no_identifier_is_no_reference(extension: Any) -> None:
    local = type("Local", (), {"__module__": "nowhere"})
    vars(extension)["not a name"] = local
    assert reference_to(local) is None


def test_the_memory_of_what_was_found_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "_found", {})
    monkeypatch.setattr(reference, "_MOST", 2)
    for value in (decimal.Decimal, pickle.dumps, json.dumps, json.loads):
        assert held(value)
        assert len(reference._found) <= 2
