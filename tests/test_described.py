"""What the files of adapters.libraries say of their types, and the page that is made of it."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from adapters._batteries import described
from adapters._batteries.described import describe, files

DOCS = Path(__file__).parents[1] / "docs"
GOOD = '''"""shapes: circles, and more.

What it is.

| type | what travels | what does not |
|---|---|---|
| `Circle`, `Square` | the radius | |
| `Line` | both ends | `width` |

Left out: `Point`: it has no `size`.
`Pen`, `Ink`: they
are used up. `Paper`: none.
"""
raise ImportError("it is not imported")
'''


def test_a_file_is_described_without_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(described, "FOLDER", tmp_path)
    (tmp_path / "shapes.py").write_text(GOOD, encoding="utf-8")
    (tmp_path / "_files.py").write_text("", encoding="utf-8")
    found = describe("shapes")
    assert found.types == ["Circle", "Square", "Line"]
    assert found.rows[1] == (("Line",), "both ends", "`width`")
    assert found[:3] == ("shapes", "circles, and more.", "What it is.")
    assert found.more.startswith("Left out: `Point`")
    assert found.left_out == {
        "Point": "it has no `size`",
        "Pen": "they are used up",
        "Ink": "they are used up",
        "Paper": "none",
    }
    assert files() == ["shapes"]


@pytest.mark.parametrize(
    "text", ['"""shapes"""', GOOD.replace("type |", "kind |"), GOOD.replace(" both ends |", "")]
)
def test_a_docstring_of_another_form_is_an_error(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(described, "FOLDER", tmp_path)
    (tmp_path / "shapes.py").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"shapes\.py: its "):
        describe("shapes")


@pytest.mark.skipif(not DOCS.exists(), reason="the tests run away from the source")
def test_the_page_is_that_of_the_files() -> None:
    made = runpy.run_path(str(DOCS / "make_libraries.py"))
    advice = "python docs/make_libraries.py"
    assert (DOCS / "libraries.md").read_text(encoding="utf-8") == made["page"](), advice


def test_each_file_is_described() -> None:
    assert all(describe(file).types for file in files())
