"""Object references: module:expression and script.py:expression."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from adapters._cli.object_reference import TargetError, resolve


def test_a_script_is_not_run_as_main_and_may_exit(tmp_path: Path) -> None:
    exits = tmp_path / "exits.py"
    exits.write_text("import sys\nsys.exit(3)\n", encoding="utf-8")
    with pytest.raises(TargetError, match=r"cannot run .*exits\.py: SystemExit: 3"):
        resolve(f"{exits}:x")
    named = tmp_path / "named.py"
    named.write_text("name = __name__\n", encoding="utf-8")
    assert resolve(f"{named}:name") != "__main__"


def test_a_module_and_any_expression_in_it() -> None:
    assert resolve("gadgets:Gadget(3).state + 1") == 4
    assert resolve("gadgets:Gadget").__name__ == "Gadget"


@pytest.mark.parametrize("reference", ["gadgets", "gadgets:", ":Gadget", ""])
def test_what_has_no_place_or_no_expression_is_refused(reference: str) -> None:
    with pytest.raises(TargetError, match=r"is neither module:expression nor script\.py:expr"):
        resolve(reference)


def test_modules_are_found_from_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module_in_the_current_directory.py").write_text("value = 5\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert resolve("module_in_the_current_directory:value") == 5


def test_a_script_imports_its_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "neighbour_of_a_script.py").write_text("value = 6\n", encoding="utf-8")
    script = tmp_path / "script_with_a_neighbour.py"
    script.write_text("from neighbour_of_a_script import value\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert resolve(f"{script}:value") == 6
