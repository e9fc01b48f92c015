"""The provider: which module a registration belongs to, and its import elsewhere."""

from __future__ import annotations

import importlib
import pickle
import textwrap
from pathlib import Path

import pytest
from gadgets import Gadget
from processes import run

import adapters


def test_a_child_that_imported_nothing_imports_the_provider() -> None:
    program = """
import pickle, sys
obj = pickle.loads(bytes.fromhex(sys.argv[1]))
assert "gadgets" in sys.modules
print(pickle.dumps(type(obj)("made in the child")).hex())
"""
    answer = run("-c", program, pickle.dumps(Gadget(1)).hex())
    assert pickle.loads(bytes.fromhex(answer)) == Gadget("made in the child")


def test_the_provider_is_the_module_being_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "helper_of_a_library.py").write_text(
        textwrap.dedent("""
        import adapters
        def register(cls):
            return adapters.register(cls, lambda obj: obj.state, cls)
        """)
    )
    (tmp_path / "library_that_registers.py").write_text(
        textwrap.dedent("""
        import helper_of_a_library
        class Native:
            def __init__(self, state):
                self.state = state
        helper_of_a_library.register(Native)
        """)
    )
    monkeypatch.syspath_prepend(tmp_path)
    import library_that_registers as library  # type: ignore[import-not-found]

    assert adapters.to_spec(library.Native(1)).provider == "library_that_registers"
    adapters.unregister(library.Native)


def test_a_module_with_a_colon_in_its_name_is_no_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one:two.py").write_text(
        "import adapters, gadgets\n"
        "class Native(gadgets.Gadget): pass\n"
        "adapter = adapters.register(Native, lambda obj: obj.state, Native, name='colon')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("one:two")
    try:
        assert module.adapter.provided_by == "by value"
        assert pickle.loads(pickle.dumps(module.Native(1))) == module.Native(1)
    finally:
        adapters.unregister(module.Native)
