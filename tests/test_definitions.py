"""Classes and functions that another process may have, and gets by value if it does not."""

from __future__ import annotations

import pickle
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from processes import run

import adapters
from adapters._importable.definitions import find_in_main

BODY = pickle.dumps("the class by value")


class Outer:
    class Inner:
        pass


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a main script, which holds `Outer` and a number."""
    main = types.ModuleType("__main__")
    main.__dict__.update(Outer=Outer, number=1)
    main.__file__ = str(tmp_path / "script.py")
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "script.py"


def test_a_class_of_the_main_script_is_found_by_the_path_of_the_script(script: Path) -> None:
    assert find_in_main(str(script), "Outer") is find_in_main("script.py", "Outer") is Outer
    assert find_in_main(str(script), "Outer.Inner") is Outer.Inner
    assert find_in_main(str(script.with_name("other.py")), "Outer") is None
    assert find_in_main(str(script), "number") is None
    assert find_in_main(str(script), "no.such.name") is None
    del sys.modules["__main__"].__file__  # as when the script has ended, and its tasks have not
    assert find_in_main(str(script), "Outer") is Outer


def test_an_interactive_session_has_no_path(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = types.ModuleType("__main__")
    vars(main)["Outer"] = Outer
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert find_in_main(str(script), "Outer") is None


def test_where_another_script_runs_the_class_comes_by_value(script: Path) -> None:
    assert adapters.main_class(str(script), "Outer", BODY) is Outer
    assert adapters.main_class("/another/script.py", "Outer", BODY) == "the class by value"


LIBRARY = """
def factory(number):
    class Made:
        value = number
        def twice(self):
            return 2 * number
    return Made

One = factory(1)
add = lambda x: x + 1
"""
PROGRAM = """
import sys
import adapters
cls, function = adapters.loads(bytes.fromhex(sys.argv[1]))
import factory_library
print(cls is factory_library.One, function is factory_library.add, cls().twice(), function(1))
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module whose attributes state names under which they are not found."""
    (tmp_path / "factory_library.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    import factory_library  # type: ignore[import-not-found]

    yield factory_library
    del sys.modules["factory_library"]


def test_what_a_module_makes_of_itself_is_that_of_the_other_process(library: Any) -> None:
    payload = adapters.dumps([library.One, library.add])
    assert run("-c", PROGRAM, payload.hex()) == "True True 2 2\n"
    assert adapters.loads(payload) == [library.One, library.add]


def test_what_a_module_was_given_later_comes_by_value(library: Any) -> None:
    library.One, library.add = library.factory(3), lambda x: x + 3
    payload = adapters.dumps([library.One, library.add])
    assert run("-c", PROGRAM, payload.hex()) == "False False 6 4\n"


def test_without_the_module_it_comes_by_value() -> None:
    digest = adapters._importable.fingerprint.definition_digest(Outer)
    found = [
        adapters.definition(reference, digest, BODY)
        for reference in ("no_such_module:Outer", f"{__name__}:no.such", f"{__name__}:Outer")
    ]
    assert found == ["the class by value", "the class by value", Outer]


def test_classes_that_refer_to_each_other_are_small(library: Any) -> None:
    classes = [library.factory(number) for number in range(12)]
    for number, cls in enumerate(classes):
        setattr(library, f"Class{number}", cls)
        cls.others = classes
    assert len(adapters.dumps(classes)) < 12 * 12 * 500


def test_their_bodies_are_audited() -> None:
    evil = b"cos\nsystem\n(S'ls'\ntR."
    for payload in (
        adapters.dumps(Call(adapters.main_class, ("script", "Name", evil))),
        adapters.dumps(Call(adapters.definition, ("m:name", "digest", evil))),
    ):
        assert "os.system" in str(adapters.audit(payload))


class Call:
    """Pickles as a call of a function."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


def test_the_old_names_still_load() -> None:
    assert pickle.loads(b"cadapters\n_main_class\n.") is adapters.main_class
    assert pickle.loads(b"cadapters\n_Layout\n.") is adapters.StructLayout
    with pytest.raises(AttributeError):
        adapters._no_such_name  # noqa: B018
