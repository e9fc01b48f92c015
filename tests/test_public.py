"""What the package exports, what importing it costs, and what it imports by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import run

import adapters

PACKAGE = Path(adapters.__file__).parent
# Modules whose __getattr__ imports by name what their table lists.
LAZY = ("adapters", "adapters.stores", "adapters.testing")


def test_all_is_sorted_and_complete() -> None:
    assert adapters.__all__ == sorted(adapters.__all__)
    for name in adapters.__all__:
        assert getattr(adapters, name).__doc__, name


def test_everything_public_says_where_it_is_public() -> None:
    for name in adapters.__all__:
        module = getattr(getattr(adapters, name), "__module__", "adapters")
        assert module == "adapters" or name in ("register", "unregister"), name


def test_importing_it_imports_nothing_heavy() -> None:
    heavy = (
        "dataclasses inspect typing cloudpickle multiprocessing pickle hashlib cffi _cffi_backend"
    )
    program = f"import sys, adapters; print(sorted(set({heavy.split()!r}) & set(sys.modules)))"
    assert run("-S", "-c", program) == "[]\n"


@pytest.mark.parametrize("lazy", LAZY)
def test_what_is_imported_on_first_use_is_there(lazy: str) -> None:
    module = import_module(lazy)
    package = module.__package__
    for name, place in module._LAZY.items():
        assert find_spec(f"{package}.{place}"), name
        try:
            found = getattr(module, name)
        except ImportError as error:
            if str(error.name).startswith("adapters"):
                raise
            continue  # it needs a library that is not installed here
        assert found is not None, name
    assert not hasattr(module, "no_such_name")


@pytest.mark.parametrize("name", ["libraries", "stores", "testing"])
def test_modules_are_there_without_an_import_of_their_own(name: str) -> None:
    program = f"import adapters; print(adapters.{name}.__name__)"
    assert run("-c", program) == f"adapters.{name}\n"


def imports_by_name() -> Iterator[str]:
    """Each module of the package that calls a function which imports a module by its name."""
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = getattr(node, "func", None)
            name = getattr(called, "attr", getattr(called, "id", None))
            if name in ("import_module", "__import__"):
                yield ".".join(parts).removesuffix(".__init__")


def test_no_import_escapes_the_contract() -> None:
    """The import contract reads import statements: what is imported by name is in a table.

    Two more modules import what users name: the provider of a spec and what brings adapters for the
    types of a package, and a command's argument. Two import parts of foreign packages, and a search
    for an adapter imports modules of those, in child processes.
    """
    users = ("adapters._batteries.finder", "adapters._cli.object_reference")
    foreign = ("adapters.libraries.rdkit", "adapters.libraries.tree_sitter")
    searches = {f"adapters._suggest.{name}" for name in ("modules", "proof", "settings")}
    assert set(imports_by_name()) == {*LAZY, *users, *foreign, *searches}
