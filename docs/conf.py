"""Sphinx: `sphinx-build -W --keep-going -b html docs build/docs` makes the documentation."""

from __future__ import annotations

import inspect
from importlib.metadata import version as version_of

from sphinx.util.inspect import stringify_signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

project = "adapters"
author = "the authors of adapters"
release = version = version_of("pickling-adapters")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

# The docstrings have `names` in single backquotes.
default_role = "literal"
smartquotes = False
autodoc_member_order = "bysource"
# The engines are optional, and the pages are the same with and without them.
autodoc_mock_imports = ["distributed", "fsspec", "pytest", "ray"]
maximum_signature_line_length = 80  # a parameter a line, from there on
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# What is copied is what the reader types, without the output.
copybutton_prompt_text = r">>> |\.\.\.(?: |$)|\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

html_theme = "furo"
html_title = f"adapters {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_copyright = False
templates_path = ["_templates"]


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


def as_written(
    _app: Any, what: str, _name: str, obj: Any, _options: Any, given: str | None, _returns: Any
) -> tuple[str, str | None] | None:
    """The signature with its annotations as they are in the source.

    Autodoc evaluates them, where it can, and then shows modules in which the names happen to be.
    A class that is written with `()` in the reference is not for its users to make.
    """
    is_class = isinstance(obj, type)
    if (is_class and given == "()") or not (is_class or callable(obj)):
        return None
    try:
        signature = inspect.signature(obj)
    except ValueError:  # of C
        return None
    parameters = list(signature.parameters.values())
    if what == "method" and parameters and parameters[0].name == "self":
        del parameters[0]
    if is_class:
        signature = signature.replace(return_annotation=signature.empty)
    text = stringify_signature(signature.replace(parameters=parameters))
    arguments, arrow, returns = text.rpartition(" -> ")
    return (arguments, returns) if arrow else (text, None)


def with_types(_app: Any, what: str, _name: str, obj: Any, _options: Any, lines: list[str]) -> None:
    """The types of a class's attributes, below each that its docstring describes."""
    annotations = vars(obj).get("__annotations__", {}) if what == "class" else {}
    for number in range(len(lines) - 1, -1, -1):
        name = lines[number].removeprefix(":ivar ").partition(":")[0]
        if lines[number].startswith(":ivar ") and name in annotations:
            written = annotations[name]  # what NamedTuple has made of it, where it is one
            lines.insert(number, f":vartype {name}: {getattr(written, '__forward_arg__', written)}")


def setup(app: Any) -> None:
    """Connect the hooks; Sphinx calls this function."""
    app.connect("autodoc-process-docstring", before_napoleon, priority=400)
    app.connect("autodoc-process-docstring", with_types, priority=600)
    app.connect("autodoc-process-signature", as_written)
