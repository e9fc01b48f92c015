"""The bounds of a window."""

from __future__ import annotations

import re
from typing import Any

import pytest

from native import Sieve


@pytest.mark.parametrize(
    "window", [(2, 1), (-1, 5), (-5, -1), (0, 2**63 + 1), (2**64, 2**64 + 1), (10**30, 10**31)]
)
def test_windows_that_cannot_be(window: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not [{window[0]}, {window[1]})")):
        Sieve(*window)


@pytest.mark.parametrize("bound", [1.0, "1", None, 1j])
def test_bounds_that_are_no_integers(bound: Any) -> None:
    with pytest.raises(TypeError):
        Sieve(bound, 10)
    with pytest.raises(TypeError):
        Sieve(0, bound)
