"""What another process can import, and from which module."""

from __future__ import annotations

import pickle
import sys
import textwrap
import types
from pathlib import Path
from typing import Any

import children
import pytest
from processes import in_a_child, run

import adapters
from adapters._wire.importable import find_in_main, is_importable


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


class Outer:
    class Inner:
        def method(self) -> None:
            """Importable through the class."""


def made_here() -> Any:
    class Local:
        pass

    return Local


def renamed(value: Any, **attributes: str) -> Any:
    for name, text in attributes.items():
        setattr(value, name, text)
    return value


@pytest.mark.parametrize(
    ("value", "importable"),
    [
        (Outer, True),
        (Outer.Inner, True),
        (Outer.Inner.method, True),
        (pickle.dumps, True),
        (made_here(), False),
        (lambda: None, False),
        (renamed(made_here(), __module__="__main__"), False),
        (renamed(made_here(), __module__="no_such_module"), False),
        (renamed(made_here(), __module__=None), False),
        (renamed(made_here(), __qualname__="Outer"), False),
        (renamed(made_here(), __qualname__="no.such.name"), False),
    ],
)
def test_importable_is_what_its_module_holds_under_its_name(value: Any, importable: bool) -> None:
    assert is_importable(value) is importable


def test_a_class_of_the_main_script_is_found_by_the_path_of_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = types.ModuleType("__main__")
    main.__dict__.update(Outer=Outer, number=1)
    monkeypatch.setitem(sys.modules, "__main__", main)
    script = tmp_path / "script.py"
    assert find_in_main(str(script), "Outer") is None  # an interactive session has no path
    main.__file__ = str(script)
    monkeypatch.chdir(tmp_path)
    assert find_in_main(str(script), "Outer") is find_in_main("script.py", "Outer") is Outer
    assert find_in_main(str(script), "Outer.Inner") is Outer.Inner
    assert find_in_main(str(tmp_path / "other.py"), "Outer") is None
    assert find_in_main(str(script), "number") is None
    assert find_in_main(str(script), "no.such.name") is None
