"""The maps of the house name what is there: CONTRIBUTING the rooms, each package its modules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import adapters
from adapters._batteries.described import files

PACKAGE = Path(adapters.__file__).parent
ROOT = Path(__file__).parents[1]  # what only the checkout has is beside the tests
PACKAGES = [
    path.parent
    for folder in (PACKAGE, *(ROOT / name for name in ("native", "demos", "benchmarks")))
    for path in sorted(folder.rglob("__init__.py"))
    if path.parent != PACKAGE
]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"


def first_cells(text: str) -> set[str]:
    """The names in the first column of the tables of a Markdown text."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name.strip(" `/") for cell in cells for name in cell.split(",")}


def modules_in(folder: Path) -> set[str]:
    files = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    folders = [path.name for path in folder.iterdir() if path.is_dir()]
    return {*files, *folders} - {"__pycache__"}


@pytest.mark.skipif(not CONTRIBUTING.exists(), reason="the tests run away from the source")
def test_contributing_names_each_room() -> None:
    text = CONTRIBUTING.read_text(encoding="utf-8")
    rooms = text[text.index("| room in") : text.index("The root,")]
    assert first_cells(rooms) == modules_in(PACKAGE)


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.name)
def test_a_package_has_a_table_of_its_modules(folder: Path) -> None:
    text = (folder / "__init__.py").read_text(encoding="utf-8").split('"""')[1]
    described = files() if folder.name == "libraries" else []  # which docs/libraries.md lists
    assert {*first_cells(text), *described} == modules_in(folder)


def test_each_module_holds_one_idea() -> None:
    lines = {
        str(path): path.read_text(encoding="utf-8").count("\n")
        for folder in (PACKAGE, ROOT / "native")
        for path in folder.rglob("*.py")
    }
    assert {path: count for path, count in lines.items() if count > 300} == {}


def test_a_program_of_the_demos_is_read_in_minutes() -> None:
    programs = sorted((ROOT / "demos").glob("*.py"))
    assert len(programs) > 7
    for path in programs:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 250, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 30, f"{path}: {node.name}"
