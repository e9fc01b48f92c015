"""The text of a conformance test."""

from __future__ import annotations

import ast
from typing import Any

import pytest

import adapters.testing
from adapters._suggest.kit_text import kit_text
from adapters._suggest.names import written


@pytest.mark.parametrize("examples", [1, 3])
def test_it_is_a_test_of_the_kit(examples: int) -> None:
    target = written("fractions", "Fraction")
    text = kit_text(target, examples)
    namespace: dict[str, Any] = {"__name__": "test_fraction"}
    exec(text, namespace)
    kit = namespace["TestFraction"]
    assert issubclass(kit, adapters.testing.Conformance)
    assert len(kit.examples) == examples


@pytest.mark.parametrize(
    ("target", "adapter"),
    [
        ("Ring", "Ring"),
        (written("wild.ring", "Ring.Inner"), "Ring.Inner"),
        (written("wild.ring", "file"), "file_"),
        ("", "adapter"),
    ],
)
def test_it_compiles(target: str, adapter: str) -> None:
    tree = ast.parse(kit_text(target, 1))
    names = {each.asname or each.name for line in tree.body[1:-1] for each in line.names}  # type: ignore[attr-defined]
    assert names == {adapter.partition(".")[0]} - {target, "adapter"}
    (kit,) = (each for each in tree.body if isinstance(each, ast.ClassDef))
    assert kit.name.startswith("Test")
    assert kit.name.isidentifier()
    assert ast.unparse(kit.body[0]) == f"adapter = {adapter}"
