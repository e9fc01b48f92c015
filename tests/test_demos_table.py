"""A table as text."""

from __future__ import annotations

from demos._support.table import milliseconds, table


def test_a_table_is_aligned() -> None:
    lines = table(("what", "n"), [("a", "1"), ("longer", "1,000")]).splitlines()
    assert lines == ["what        n", "------  -----", "a           1", "longer  1,000"]
    assert milliseconds(1.23456) == "1,234.6 ms"
