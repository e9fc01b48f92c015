"""What another process can import, and from which module."""

from __future__ import annotations

import pickle
import textwrap
from pathlib import Path
from typing import Any

import children
import pytest
from processes import in_a_child, run

import adapters


def test_a_class_that_some_module_happens_to_hold_goes_by_value(native: Any) -> None:
    import builtins

    builtins._ = native  # type: ignore[attr-defined]
    try:
        adapters.register(native, lambda obj: obj.state, native)
        assert in_a_child(children.describe, native("sent"))[:2] == ("Native", "sent")
    finally:
        del builtins._  # type: ignore[attr-defined]


def test_types_that_report_a_wrong_module_are_found_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "extension_without_a_name.py").write_text(
        textwrap.dedent("""
        class Hidden:
            def __init__(self, state):
                self.state = state
        Anything = Hidden
        del Hidden
        Anything.__module__ = "builtins"
        """)
    )
    monkeypatch.syspath_prepend(tmp_path)
    import extension_without_a_name as extension  # type: ignore[import-not-found]

    adapters.register(extension.Anything, lambda obj: obj.state, extension.Anything)
    program = f"""
import pickle, sys
sys.path.insert(0, {str(tmp_path)!r})
obj = pickle.loads(bytes.fromhex(sys.argv[1]))
print(type(obj) is sys.modules["extension_without_a_name"].Anything)
"""
    try:
        assert run("-c", program, pickle.dumps(extension.Anything(1)).hex()) == "True\n"
    finally:
        adapters.unregister(extension.Anything)
