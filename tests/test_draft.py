"""The code of a draft: what is tried, and what is suggested."""

from __future__ import annotations

import ast
import sys
import types
from typing import Any

import pytest

from adapters._suggest.draft import Draft, code
from adapters._suggest.names import written

RING, LOAD, READ = (written("wild", name) for name in ("Ring", "load", "read"))
ONE = Draft("constructor", (("size", "obj.size"),), f"{RING}({{size}})")
TWO = Draft(
    "constructor",
    (("size", "obj.size"), ("name", "obj.name()")),
    f"{RING}({{size}}, name={{name}})",
)


class Ring:
    """What the code is about."""

    def __init__(self, size: Any = 0, name: str = "") -> None:
        self.size, self._name = size, name

    def name(self) -> str:
        return self._name

    def save(self, path: str) -> None:
        with open(path, "wb") as file:
            file.write(b"%d" % self.size)

    def write(self, file: Any) -> None:
        file.write(b"%d" % self.size)

    def __repr__(self) -> str:
        return f"Ring({self.size!r}, name={self._name!r})"


def load(path: str) -> Ring:
    with open(path, "rb") as file:
        return Ring(int(file.read()))


def read(file: Any) -> Ring:
    return Ring(int(file.read()))


@pytest.fixture(autouse=True)
def wild(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module that the code imports."""
    module: Any = types.ModuleType("wild")
    module.Ring, module.load, module.read = Ring, load, read
    monkeypatch.setitem(sys.modules, "wild", module)


def run(draft: Draft) -> tuple[Any, Any]:
    """The functions of a code, which is run without its last statement."""
    text = code(draft, RING)
    tree = ast.parse(text)
    last = tree.body.pop()
    assert ast.unparse(last) == ("adapters.register(Ring, serialize=serialize, factory=factory)")
    namespace: dict[str, Any] = {}
    exec(compile(tree, "wild_adapter", "exec"), namespace)
    return namespace["serialize"], namespace["factory"]


def imported(draft: Draft, target: str = RING) -> list[str]:
    """The lines that import, before all other code."""
    lines = code(draft, target).partition("\n\n")[0].splitlines()
    assert all("import " in line for line in lines)
    return lines


def test_one_value_is_the_state() -> None:
    serialize, factory = run(ONE)
    assert serialize(Ring(3)) == 3
    assert factory(3).size == 3


def test_several_values_are_a_dict() -> None:
    serialize, factory = run(TWO)
    state = serialize(Ring(3, "a"))
    assert state == {"size": 3, "name": "a"}
    assert repr(factory(state)) == "Ring(3, name='a')"


def test_no_value() -> None:
    serialize, factory = run(Draft("default and settings", (), f"{RING}()"))
    assert serialize(Ring(3)) is None
    assert factory(None).size == 0


def test_statements_that_complete_an_object() -> None:
    serialize, factory = run(
        TWO._replace(make=f"{RING}()", then=("obj.size = {size}", "obj._name = {name}"))
    )
    assert repr(factory(serialize(Ring(3, "a")))) == "Ring(3, name='a')"


def test_a_statement_of_several_lines() -> None:
    loop = "for each in {items}:\n    obj.size.append(each)"
    draft = Draft("items", (("items", "list(obj.size)"),), f"{RING}([])", (loop,))
    serialize, factory = run(draft)
    assert factory(serialize(Ring([1, 2]))).size == [1, 2]


@pytest.mark.parametrize(
    "draft",
    [
        Draft("files", (("data", "saved(obj.save)"),), f"loaded({LOAD}, {{data}})"),
        Draft(
            "streams",
            (("data", "written(obj.write)"),),
            f"{READ}(io.BytesIO({{data}}))",
        ),
        Draft(
            "repr",
            (("arguments", "arguments(repr(obj))"),),
            f"{RING}(*{{arguments}}[0], **{{arguments}}[1])",
        ),
    ],
    ids=lambda draft: str(draft.strategy),
)
def test_helpers_come_with_what_they_need(draft: Draft) -> None:
    serialize, factory = run(draft)
    assert factory(serialize(Ring(3))).size == 3


def test_helpers_that_are_not_used_are_left_out() -> None:
    text = code(ONE, RING)
    assert [each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)] == [
        "serialize",
        "factory",
    ]


def test_imports() -> None:
    assert imported(ONE) == ["import adapters", "from wild import Ring"]
    assert imported(ONE._replace(copies=True)) == [
        "import copy",
        "import adapters",
        "from wild import Ring",
    ]
    made = ONE._replace(make=f"{RING}({written('json', 'loads')}({{size}}), {LOAD})")
    assert imported(made, "Ring") == [
        "from json import loads",
        "import adapters",
        "from wild import Ring, load as load_",
    ]


def test_names_that_the_code_has_itself_are_imported_as_others() -> None:
    text = code(ONE._replace(make=f"{written('wild', 'saved')}({{size}})"), RING)
    assert "from wild import Ring, saved as saved_\n" in text
    assert "def saved(" not in text
    assert "return saved_(state)" in text


def test_many_settings_are_a_list() -> None:
    names = ["size", "color", "width", "depth"]
    values = tuple((name, f"obj.{name}") for name in names)
    then = tuple(f"obj.{name} = {{{name}}}" for name in names)
    draft = Draft("default and settings", values, f"{RING}()", then)
    assert "SETTINGS" not in code(draft._replace(values=values[:3], then=then[:3]), RING)
    text = code(draft, RING)
    assert '"size", "color", "width", "depth"' in text
    assert text.count("color") == 1
    ring: Any = Ring()
    ring.size, ring.color, ring.width, ring.depth = 1, "red", 2.5, None
    for serialize, factory in (
        run(draft),
        run(
            draft._replace(
                values=(("name", "obj.name()"), *values),
                make=f"{RING}(name={{name}})",
            )
        ),
    ):
        assert vars(factory(serialize(ring))) == vars(ring)


def test_a_state_that_is_copied() -> None:
    serialize, _ = run(ONE._replace(copies=True))
    ring = Ring([1])
    state = serialize(ring)
    assert state == ring.size
    assert state is not ring.size


@pytest.mark.parametrize("wrong", [None, "3", [3], {"size": 3}])
def test_the_type_of_one_value_is_checked(wrong: Any) -> None:
    _, factory = run(ONE._replace(checks=("int",)))
    assert factory(3).size == 3
    with pytest.raises(TypeError, match="no state of Ring"):
        factory(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {"size": 3},
        {"size": 3, "name": 1},
        {"name": "a", "size": 3},
        {"size": 3, "b": "a"},
    ],
)
def test_the_types_of_several_values_are_checked(wrong: Any) -> None:
    _, factory = run(TWO._replace(checks=("int", "str")))
    assert factory({"size": 3, "name": "a"}).size == 3
    with pytest.raises(TypeError, match="no state of Ring"):
        factory(wrong)


def test_lines_are_no_longer_than_100() -> None:
    values = tuple((f"a_long_parameter_{n}", f"obj.a_long_attribute_{n}") for n in range(9))
    make = f"{RING}({', '.join(f'{{{key}}}' for key, _ in values[:1])})"
    target = written("wild.a_long_package.a_long_module.another", "WithALongName.AndOneInside")
    text = code(Draft("constructor", values, make), target)
    compile(text, "wild_adapter", "exec")
    assert max(map(len, text.splitlines())) <= 100


def test_a_call_with_many_arguments_has_several_lines() -> None:
    values = tuple((f"a_parameter_{n}", f"obj.an_attribute_{n}") for n in range(9))
    make = f"{RING}({', '.join(f'{{{key}}}' for key, _ in values)})"
    text = code(Draft("constructor", values, make), RING)
    assert max(map(len, text.splitlines())) <= 100


def test_whole_code_is_taken_as_it_is() -> None:
    assert code(ONE._replace(whole="import wild\n"), RING) == "import wild\n"


def test_drafts_that_do_the_same_have_one_key() -> None:
    assert ONE.key == ONE._replace(strategy="other", rank=3, doubts=("a",)).key
    assert len({ONE.key, TWO.key, ONE._replace(then=("obj.x()",)).key}) == 3
