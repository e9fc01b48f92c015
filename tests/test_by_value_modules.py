"""Modules that `cloudpickle.register_pickle_by_value` names go by value, with their adapters."""

from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from processes import run

import adapters

PLUGIN = """
import threading
import adapters
from plugin_package import helpers

class Native:
    def __init__(self, state):
        self.state, self.lock = state, threading.Lock()

def double(x):
    return 2 * helpers.same(x)

def serialize(native):
    return helpers.same(native.state)

adapters.register(Native, serialize, Native)
"""
LOAD = """
import pickle, sys
obj = pickle.loads(bytes.fromhex(sys.argv[1]))
print(obj.state, pickle.loads(pickle.dumps(obj)).state, "plugin_package" in sys.modules)
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module that no other process can import; its package is registered by value."""
    package = tmp_path / "plugin_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "helpers.py").write_text("def same(x):\n    return x\n")
    (package / "plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    plugin = importlib.import_module("plugin_package.plugin")
    # A pool that spawns would give its children this path.
    sys.path.remove(str(tmp_path))
    cloudpickle.register_pickle_by_value(sys.modules["plugin_package"])
    yield plugin
    if "plugin_package" in cloudpickle.list_registry_pickle_by_value():
        cloudpickle.unregister_pickle_by_value(sys.modules["plugin_package"])
    adapters.unregister(plugin.Native)
    for name in [name for name in sys.modules if name.startswith("plugin_package")]:
        del sys.modules[name]


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps, adapters.dumps])
def test_their_adapters_go_by_value(plugin: Any, dumps: Any) -> None:
    assert run("-c", LOAD, dumps(plugin.Native("sent")).hex()) == "sent sent False\n"
    assert type(adapters.to_spec(plugin.Native(1)).provider) is tuple


def test_while_they_are_registered(plugin: Any) -> None:
    by_value = pickle.dumps(plugin.Native("sent"))
    cloudpickle.unregister_pickle_by_value(sys.modules["plugin_package"])
    by_module = pickle.dumps(plugin.Native("sent"))
    assert b"plugin_package.plugin:" in by_module
    assert adapters.to_spec(plugin.Native(1)).provider == "plugin_package.plugin"
    cloudpickle.register_pickle_by_value(plugin)
    assert pickle.dumps(plugin.Native("sent")) == by_value != by_module
    cloudpickle.unregister_pickle_by_value(plugin)
    for payload in (by_value, by_module):
        assert type(pickle.loads(payload)) is plugin.Native


def test_a_version_of_cloudpickle_that_keeps_them_elsewhere(
    plugin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = cloudpickle.list_registry_pickle_by_value()
    monkeypatch.delattr(cloudpickle.cloudpickle, "_PICKLE_BY_VALUE_MODULES")
    monkeypatch.setattr(cloudpickle, "list_registry_pickle_by_value", lambda: kept)
    adapters.unregister(plugin.Native)  # what it has seen of cloudpickle before is forgotten
    importlib.reload(plugin)
    assert type(adapters.to_spec(plugin.Native(1)).provider) is tuple
    assert b"plugin_package.plugin:" not in pickle.dumps(plugin.Native(1))
    kept.clear()
    assert b"plugin_package.plugin:" in pickle.dumps(plugin.Native(1))


def test_their_functions_and_objects_through_an_executor(plugin: Any) -> None:
    context: Any = get_context("spawn")
    with adapters.Executor(max_workers=1, mp_context=context) as executor:
        assert executor.submit(plugin.double, 2).result(60) == 4
        came_back = executor.submit(
            lambda native: type(native)(native.state), plugin.Native("sent")
        )
        assert type(came_back.result(60)) is plugin.Native
        assert executor.submit(plugin.Native.__name__.lower).result(60) == "native"


def test_registered_before_cloudpickle_was_imported(plugin: Any, tmp_path: Path) -> None:
    program = f"""
import pickle, sys
sys.path.insert(0, {str(tmp_path)!r})
from plugin_package import plugin
first = pickle.dumps(plugin.Native("sent"))
assert "cloudpickle" not in sys.modules
import cloudpickle
cloudpickle.register_pickle_by_value(plugin)
print(pickle.dumps(plugin.Native("sent")).hex())
"""
    payload = run("-c", program).strip()
    cls = type(pickle.loads(bytes.fromhex(payload)))
    assert cls is plugin.Native  # the adapter that is known here, by its fingerprint
    assert b"plugin_package.plugin:" not in bytes.fromhex(payload)
