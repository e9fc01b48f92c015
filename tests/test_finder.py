"""Finding adapters in entry points and in adapters.libraries, for dumps and for plain pickle."""

from __future__ import annotations

from pathlib import Path

import pytest
from processes import run

SHAPES = """
class Circle:
    def __init__(self, radius): self.radius = radius
    def __reduce__(self): raise TypeError("a circle does not pickle")

class Square(Circle):
    pass

class Round(Circle):
    pass
"""
ADAPTERS = """
import adapters, shapes
adapters.register(shapes.Circle, lambda circle: circle.radius, {make})
"""
START = """
import copyreg, os, pickle, sys, warnings
import adapters, shapes
from adapters import dumps, loads
circle = shapes.Circle(3)
def is_told():
    return shapes.Circle in copyreg.dispatch_table
def pickles(obj):
    try:
        pickle.dumps(obj)
    except TypeError:
        return False
    return True
"""


def write(folder: Path, distribution: str, package: str, make: str = "shapes.Circle") -> None:
    """Install a distribution whose entry point brings adapters for a package."""
    module = f"{distribution}_module"
    (folder / f"{module}.py").write_text(ADAPTERS.format(make=make), encoding="utf-8")
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pickling_adapters]\n{package} = {module}\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shapes.py").write_text(SHAPES, encoding="utf-8")
    write(tmp_path, "first", "shapes")
    return tmp_path


def result(folder: Path, code: str, **variables: str) -> str:
    (folder / "program.py").write_text(START + code, encoding="utf-8")
    program = f"import os; os.environ |= {variables!r}; import program"
    return run("-c", program, cwd=folder).strip()


def test_an_entry_point_serves_and_plain_pickle_does_not_change(folder: Path) -> None:
    code = """
data = dumps([circle, circle])
one, other = loads(data)
print(one is other, one.radius, b"first_module" in data, pickles(circle))
print(is_told())
print(adapters.share(circle).get().radius, adapters.to_spec(circle).state)
print(adapters.explain(circle).findings, "shapes.Circle" in adapters.registry)
"""
    expected = "True 3 True False\nFalse\n3 3\n() True"
    assert result(folder, code) == expected
    code = "print(adapters.explain(circle))"
    assert "pickles" in result(folder, code)


def test_batteries_can_be_switched_off(folder: Path) -> None:
    code = """
try:
    dumps(circle)
except adapters.SerializeError as error:
    print("first_module" in sys.modules, error)
"""
    said = result(folder, code, ADAPTERS_BATTERIES="0")
    assert said.startswith("False cannot pickle shapes.Circle: TypeError: a circle does not pickle")


def test_load_tells_plain_pickle(folder: Path) -> None:
    code = """
from adapters.libraries import load
print([adapter.name for adapter in load("shapes")], pickle.loads(pickle.dumps(circle)).radius)
print("shapes.Circle" in {adapter.name for adapter in load()})
adapters.unregister(shapes.Circle)
print(pickles(circle), is_told())
try:
    load("nonsense")
except adapters.UnknownAdapterError as error:
    print("shapes" in str(error), "sqlite3" in str(error))
"""
    expected = "['shapes.Circle'] 3\nTrue\nFalse False\nTrue True"
    assert result(folder, code) == expected


def test_what_plain_pickle_brings_goes_back_by_it(folder: Path) -> None:
    code = """
data = dumps(circle)
from multiprocessing import get_context
if __name__ == "program":
    os.environ["DATA"] = data.hex()
    import subprocess
    back = '''
import copyreg, os, pickle, adapters
data = bytes.fromhex(os.environ["DATA"])
circle = adapters.loads(data)
print(type(circle) in copyreg.dispatch_table)
circle = pickle.loads(data)
print(pickle.loads(pickle.dumps(circle)).radius)
'''
    done = subprocess.run([sys.executable, "-c", back], capture_output=True, text=True, timeout=60)
    print(done.stdout, done.stderr)
"""
    assert result(folder, code) == "False\n3"


def test_a_registration_wins_and_is_no_conflict(folder: Path) -> None:
    code = """
data = dumps(circle)
adapters.register(shapes.Circle, lambda circle: circle.radius, shapes.Square)
print(type(loads(dumps(circle))).__name__, type(loads(data)).__name__, pickles(circle))
adapters.unregister(shapes.Circle)
print(type(loads(dumps(circle))).__name__, pickles(circle))
"""
    assert result(folder, code) == "Square Circle True\nCircle False"


def test_a_registration_of_a_base_wins(folder: Path) -> None:
    code = """
adapters.register(
    shapes.Circle.__mro__[0], lambda circle: circle.radius, shapes.Square, subclasses=True
)
print(type(loads(dumps(circle))).__name__, "first_module" in sys.modules)
"""
    assert result(folder, code) == "Square False"


def test_adapters_of_libraries_leave_subclasses_to_pickle(folder: Path) -> None:
    code = """
class Own(shapes.Circle):
    def __reduce__(self): return Own, (self.radius,)
print(loads(dumps(Own(4))).radius)
try:
    dumps(shapes.Square(1))
except adapters.SerializeError as error:
    print(error)
"""
    said = result(folder, code)
    assert said.startswith("4\ncannot pickle shapes.Square: TypeError: a circle does not pickle")


def test_payloads_are_told_apart_by_the_provider(folder: Path) -> None:
    code = """
data = dumps(circle)
os.environ["DATA"] = data.hex()
import subprocess
back = '''
import os, adapters, shapes
adapters.register(shapes.Circle, lambda circle: circle.radius, shapes.Square, name="shapes.Circle")
own = adapters.dumps(shapes.Circle(3))
circle = adapters.loads(bytes.fromhex(os.environ["DATA"]))
print(type(circle).__name__, type(adapters.loads(own)).__name__)
'''
done = subprocess.run([sys.executable, "-c", back], capture_output=True, text=True, timeout=60)
print(done.stdout, done.stderr)
"""
    assert result(folder, code) == "Circle Square"


def test_two_entry_points_for_one_type_say_which_serves(folder: Path) -> None:
    write(folder, "second", "shapes", make="shapes.Square")
    code = """
with warnings.catch_warnings(record=True) as said:
    print(type(loads(dumps(circle))).__name__)
print(said[0].message)
"""
    first, second = result(folder, code).splitlines()
    assert first == "Circle"
    assert second == (
        "two modules bring adapters for shapes.Circle: that of first_module serves, as it came"
        " first, and not that of second_module; adapters.register decides"
    )


def test_a_module_that_fails_is_told_of_and_stops_nothing(folder: Path) -> None:
    write(folder, "another", "shapes", make="no_such_name")
    code = """
with warnings.catch_warnings(record=True) as said:
    print(loads(dumps(circle)).radius)
print(said[0].message)
"""
    first, second = result(folder, code).splitlines()
    assert first == "3"
    assert second.startswith("no adapters from another_module for the types of shapes, as its")
    assert "NameError" in second


def test_a_module_that_the_user_imports_registers_as_the_users(folder: Path) -> None:
    code = """
import first_module
print(pickles(circle))
"""
    assert result(folder, code) == "True"


def test_trusted_payloads_name_the_adapter_and_the_module(folder: Path) -> None:
    code = """
data = dumps(circle)
print(loads(data, trusted=["shapes.Circle"]).radius)
print(loads(data, trusted={"shapes.Circle": "first_module"}).radius)
"""
    assert result(folder, code) == "3\n3"


def test_trusted_payloads_name_an_adapter_that_is_not_here_yet(folder: Path) -> None:
    code = """
import sqlite3
connection = sqlite3.connect(":memory:")
connection.row_factory = sqlite3.Row
os.environ["DATA"] = dumps(connection.execute("SELECT 1 AS one").fetchone()).hex()
import subprocess
back = '''
import os, sys, adapters
data = bytes.fromhex(os.environ["DATA"])
try:
    adapters.loads(data, trusted=["adapters.libraries.sqlite3.Connection"])
except adapters.UntrustedError:
    print("adapters.libraries.sqlite3" in sys.modules)
print(adapters.loads(data, trusted=["adapters.libraries.sqlite3.Row"])["one"])
'''
done = subprocess.run([sys.executable, "-c", back], capture_output=True, text=True, timeout=60)
print(done.stdout, done.stderr)
"""
    assert result(folder, code) == "False\n1"


def test_nothing_is_read_for_the_types_of_python(folder: Path) -> None:
    code = """
import datetime
dumps([1, "two", {3}, print, int])
print("first_module" in sys.modules, "importlib.metadata" in sys.modules)
"""
    assert result(folder, code) == "False False"


def test_the_command_lists_what_is_available(folder: Path) -> None:
    pytest.importorskip("click", reason="the command needs the extra [cli]")
    write(folder, "second", "shapes", make="shapes.Square")
    said = run("-m", "adapters", "list", "--available", cwd=folder)
    rows = [line.split() for line in said.splitlines() if line.startswith("shapes ")]
    assert rows == [
        ["shapes", "first_module", "first", "1"],
        ["shapes", "second_module", "second", "2"],
    ]
    assert "shapes: where several have an adapter for a type, that of first_module serves" in said
