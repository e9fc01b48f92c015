"""Sphinx: `sphinx-build -W --keep-going -b html docs build/docs` makes the documentation."""

from __future__ import annotations

from importlib.metadata import version as version_of
from importlib.util import find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

project = "adapters"
author = "the authors of adapters"
release = version = version_of("pickling-adapters")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

# The docstrings have `names` in single backquotes.
default_role = "literal"
smartquotes = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
# The engines are optional here, as they are in the library.
_OPTIONAL = ("distributed", "fsspec", "pytest", "ray")
autodoc_mock_imports = [name for name in _OPTIONAL if find_spec(name) is None]
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "adapters"


def before_napoleon(*arguments: Any) -> None:
    """Escape backslashes, and use `:returns:`, as napoleon reads "a: b" there as type and text."""
    lines: list[str] = arguments[-1]
    for number, line in enumerate(lines):
        if line.lstrip().startswith((">>>", "...")):
            continue
        parts = line.split("`")
        parts[::2] = [part.replace("\\", "\\\\") for part in parts[::2]]
        lines[number] = line = "`".join(parts)
        if lines[number - 1] == "Returns:":
            lines[number - 1] = ""
            lines[number] = f":returns: {line.strip()}"


def setup(app: Any) -> None:
    """Connect the hook; Sphinx calls this function."""
    app.connect("autodoc-process-docstring", before_napoleon, priority=400)
