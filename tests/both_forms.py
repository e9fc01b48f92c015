"""Both forms of the hot paths side by side, whichever this process uses."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from adapters import _accelerated

accelerator = _accelerated.accelerator
needs_c = pytest.mark.skipif(accelerator is None, reason="compares the C with the Python")


def in_python(name: str) -> Any:
    """A second copy of a module of adapters, in which everything is in Python."""
    spec = importlib.util.find_spec(f"adapters.{name}")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_accelerated, "accelerator", None)
        spec.loader.exec_module(module)
    return module
