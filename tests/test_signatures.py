from __future__ import annotations

import importlib
import inspect
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from adapters._suggest.signatures import MISSING, Parameter, returns, signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def required(name: str, words: str = "", kind: str = "either") -> Parameter:
    return Parameter(name, True, kind, words, MISSING)


def optional(name: str, words: str = "", default: Any = MISSING, kind: str = "either") -> Parameter:
    return Parameter(name, False, kind, words, default)


def of_extension(doc: str, name: str = "make") -> Any:
    """A callable that tells nothing but a docstring, as those of extensions do."""

    class Function:
        __signature__ = 1  # none that `inspect` takes
        __module__ = "nowhere"

        def __call__(self, *args: object) -> None:
            raise AssertionError("called")

    function = Function()
    function.__name__ = name  # type: ignore[attr-defined]
    function.__doc__ = doc
    return function


def type_of_extension(
    init_doc: str | None = None, doc: str | None = None, *, bases: tuple[type, ...] = ()
) -> type:
    """A type like one of an extension, with these docstrings of its constructor and its own."""
    names: dict[str, Any] = {"__doc__": doc, "__module__": "nowhere"}
    if init_doc is not None:
        names["__init__"] = of_extension(init_doc, "__init__")
    return type("Ball", bases or (_Opaque,), names)


class _Opaque:
    """A type of which `inspect` finds nothing."""

    __signature__ = 1


RADIUS, COLOUR = required("radius", "float"), optional("colour", "str", "red")


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        pytest.param(
            "__init__(self: m.Ball, radius: float, colour: str = 'red') -> None\n",
            [[RADIUS, COLOUR]],
            id="pybind11",
        ),
        pytest.param(
            "__init__(*args, **kwargs)\nOverloaded function.\n\n"
            "1. __init__(self: m.Ball, arg0: int, arg1: list[m.Ball]) -> None\n\nOne.\n\n"
            "2. __init__(self: m.Ball, mode: m.Mode = <Mode.A: 0>, *, key: str) -> None\n",
            [
                [optional("mode", "m.Mode"), required("key", "str", "keyword")],
                [required("", "int", "positional"), required("", "list[m.Ball]", "positional")],
            ],
            id="overloads of pybind11",
        ),
        pytest.param(
            "__init__(self) -> None\n__init__(self, radius: float) -> None\n\n"
            "Overloaded function.\n\n1. ``__init__(self) -> None``\n\nEmpty.\n\n"
            "2. ``__init__(self, radius: float) -> None``\n",
            [[], [RADIUS]],
            id="nanobind",
        ),
        pytest.param(
            "\n__init__( (object)self, (float)radius [, (str)colour='red' "
            "[, (int)arg4]]) -> None :\n\n    C++ signature :\n        void __init__(_object*)\n",
            [[RADIUS, COLOUR, optional("", "int", kind="positional")]],
            id="Boost.Python",
        ),
        pytest.param(
            "\n__init__( (object)arg1) -> None :\n\n\n__init__( (object)arg1, (float)r) -> None :",
            [[], [required("r", "float")]],
            id="Boost.Python without a name for self",
        ),
        pytest.param(
            "\n__init__(Ball self, double radius, std::vector< int,A > const & parts, bool on=true,"
            " float w=1.0f) -> Ball\n__init__(Ball self, Ball other) -> Ball\n",
            [
                [
                    required("radius", "double"),
                    required("parts", "std::vector< int,A > const &"),
                    optional("on", "bool", True),
                    optional("w", "float", 1.0),
                ],
                [required("other", "Ball")],
            ],
            id="SWIG",
        ),
    ],
)
def test_a_constructor_is_read_from_its_docstring(
    doc: str, expected: list[list[Parameter]]
) -> None:
    assert signatures(type_of_extension(doc)) == expected


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        pytest.param(
            "Ball(double radius, str colour='red', list parts not None, char *name=None)",
            [
                [
                    required("radius", "double"),
                    COLOUR,
                    required("parts", "list"),
                    optional("name", "char *", None),
                ]
            ],
            id="Cython",
        ),
        pytest.param(
            "Ball(self, radius,\n     schema: XMLSchema =None, mode=0x10)\n",
            [[required("radius"), optional("schema", "XMLSchema", None), optional("mode", "", 16)]],
            id="several lines",
        ),
        pytest.param(
            "Ball(n=0, /)\nBall(s, /, base=(1, ')'))\n\nThe s (in words) of a Ball(x) is read.",
            [
                [optional("n", "", 0, "positional")],
                [required("s", "", "positional"), optional("base", "", (1, ")"))],
            ],
            id="by hand",
        ),
        pytest.param("ball(x[, y]) -> Ball object", [[required("x"), optional("y")]], id="other"),
        pytest.param("sphere(x[, y]) -> a new sphere", [], id="of something else"),
        pytest.param("Ball(3)\nBall('abc', x)\nBall(x) is an example.", [], id="examples"),
        pytest.param("Ball((x, y", [], id="cut"),
        pytest.param(
            "A ball.\n\nParameters\n----------\nradius : float\n    A number.\ncolour : str, "
            "default 'red'\nx, y : int, optional\n    Both.\n**rest\n\nNotes\n-----\nnone : at all",
            [
                [
                    RADIUS,
                    COLOUR,
                    optional("x", "int"),
                    optional("y", "int"),
                    optional("rest", "", kind="**"),
                ]
            ],
            id="numpy",
        ),
        pytest.param(
            "A ball.\n\n    Args:\n        radius (float): A number.\n            More: of it.\n"
            "        colour (:class:`str`, optional): A name.\n\n    Returns:\n        x: y\n",
            [[RADIUS, optional("colour", "str")]],
            id="Google",
        ),
        pytest.param(
            ":param float radius: A number.\n:param colour: A name.\n:type colour: str",
            [[RADIUS, required("colour", "str")]],
            id="Sphinx",
        ),
    ],
)
def test_a_constructor_is_read_from_the_docstring_of_its_type(
    doc: str, expected: list[list[Parameter]]
) -> None:
    assert signatures(type_of_extension(doc=doc)) == expected


@pytest.mark.parametrize(
    ("doc", "expected", "returned"),
    [
        pytest.param(
            "make(src, dsize[, dst[, fx]]) -> retval, dst\n.   @brief Makes.",
            [[required("src"), required("dsize"), optional("dst"), optional("fx")]],
            "retval, dst",
            id="OpenCV",
        ),
        pytest.param(
            "make([start,] stop[, step]) -> list",
            [[optional("start"), required("stop"), optional("step")]],
            "list",
            id="optional in front",
        ),
        pytest.param(
            "make([SX] x, f: Callable[[int], int], Map<A -> B, C> g) -> m.Ball\n",
            [
                [
                    required("x", "[SX]"),
                    required("f", "Callable[[int], int]"),
                    required("g", "Map<A -> B, C>"),
                ]
            ],
            "m.Ball",
            id="brackets of types",
        ),
        pytest.param(
            "m.make(x, ...)\n\nParameters\n----------\nx : numpy.ndarray[float]\n\n"
            "Returns\n-------\nBall\n    The one.\n",
            [[required("x", "numpy.ndarray[float]"), optional("args", "", kind="*")]],
            "Ball",
            id="types from numpy's style",
        ),
        pytest.param("(x: int) -> m.Ball", [[required("x", "int")]], "m.Ball", id="without name"),
        pytest.param("Makes one.", [], "", id="nothing"),
    ],
)
def test_a_function_is_read_from_its_docstring(
    doc: str, expected: list[list[Parameter]], returned: str
) -> None:
    function = of_extension(doc)
    assert (signatures(function), returns(function)) == (expected, returned)


def test_signatures_of_nanobind_are_read() -> None:
    function = of_extension("")
    function.__nb_signature__ = (
        ("def make(arg: int, /) -> m.Ball", "Makes.", None),
        ("@overload\ndef make(radius: float = \\0) -> m.Ball", None, (1.0,)),
    )
    assert signatures(function) == [
        [optional("radius", "float")],
        [required("", "int", "positional")],
    ]
    assert returns(function) == "m.Ball"


def test_a_signature_without_types_is_completed_by_the_docstring() -> None:
    cls = type_of_extension("__init__(self: m.Ball, radius: float, colour: str = 'red') -> None")
    cls.__signature__ = inspect.signature(lambda radius, colour=...: None)  # type: ignore[attr-defined]
    assert signatures(cls) == [[RADIUS, COLOUR]]


def test_python_tells_its_own() -> None:
    @dataclass
    class Data:
        x: int
        y: float = 1.0

    def function(a: Data, /, *args: int, key: object = sys, **kwargs: object) -> list[int]:
        raise AssertionError("called")

    assert signatures(Data) == [[required("x", "int"), optional("y", "float", 1.0)]]
    assert signatures(function) == [
        [
            required("a", "Data", "positional"),
            optional("args", "int", kind="*"),
            optional("key", "object", kind="keyword"),  # a module is no literal
            optional("kwargs", "object", kind="**"),
        ]
    ]
    assert returns(function) == "list[int]"
    assert returns(Data).endswith("Data")
    assert signatures(dict.fromkeys)[0][0].name == "iterable"
    assert [each.name for each in signatures(list.insert)[0]] == ["index", "object"]


class Made:
    def __new__(cls, *args: object) -> Made:
        raise AssertionError("called")

    def __init__(this, size: int) -> None:  # noqa: N805
        pass

    def method(this, x: int) -> None:  # noqa: N805
        pass


def test_the_object_is_left_out() -> None:
    assert signatures(Made) == [[required("size", "int")]]  # not (*args), which says nothing
    assert signatures(Made.method, Made) == [[required("x", "int")]]


def test_a_metaclass_does_not_hide_the_constructor() -> None:
    class Meta(type):
        def __call__(cls, *args: object, **kwargs: object) -> object:
            raise AssertionError("called")

    class Single(metaclass=Meta):
        def __init__(self, x: int) -> None:
            pass

    assert signatures(Single) == [[required("x", "int")]]


def test_any_arguments_are_told_where_nothing_else_is() -> None:
    def init(self: object, *args: object) -> None: ...

    cls = type("Proxy", (), {"__init__": init, "__module__": "nowhere"})
    assert signatures(cls) == [[optional("args", "object", kind="*")]]
    init.__doc__ = "__init__(Proxy self, int x) -> Proxy"
    assert signatures(cls) == [[required("x", "int")]]


def test_a_derived_type_has_the_constructor_of_its_base() -> None:
    base = type_of_extension(doc="Ball(radius)")
    assert signatures(type_of_extension(doc="Better.", bases=(base,))) == [[required("radius")]]


@pytest.fixture
def stubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Any]]:
    monkeypatch.syspath_prepend(tmp_path)

    def module(stub: str, file: str = "stubbed_balls/__init__.pyi") -> Any:
        package = tmp_path / "stubbed_balls"
        package.mkdir()
        (tmp_path / file).write_text(stub, encoding="utf-8")
        (package / "__init__.py").write_text("from stubbed_balls._native import Ball, make")
        (package / "_native.py").write_text(
            "class Ball:\n    __signature__ = 1\n"
            "    def __init__(self, *args): ...\n    def grow(self, *args): ...\n"
            "def make(*args): ...\nBall.__module__ = 'builtins'\n"  # as a type of PyO3 says
        )
        return importlib.import_module("stubbed_balls")

    yield module
    for name in ("stubbed_balls", "stubbed_balls._native"):
        sys.modules.pop(name, None)


STUB = """
from typing import overload

class Other:
    def make(self, wrong: int) -> int: ...

class Ball:
    @overload
    def __init__(self, radius: float, colour: str = "red") -> None: ...
    @overload
    def __init__(
        self, arg0: m.Other, /, __mode: int = 0o17, *, key: bool = ...
    ) -> None: ...
    if sys.version_info >= (3, 9):
        @classmethod
        def grow(cls, by: float) -> "Ball": ...

def make(
    radius: float,
) -> Ball: ...
"""


@pytest.mark.parametrize("file", ["stubbed_balls/__init__.pyi", "stubbed_balls/_native.pyi"])
def test_stubs_beside_the_module_are_read(stubbed: Callable[..., Any], file: str) -> None:
    module = stubbed(STUB, file)
    assert signatures(module.Ball) == [
        [RADIUS, COLOUR],
        [
            required("", "m.Other", "positional"),
            optional("__mode", "int", 15, "positional"),
            optional("key", "bool", kind="keyword"),
        ],
    ]
    assert signatures(module.make) == [[RADIUS]]
    assert returns(module.make) == "Ball"
    assert signatures(module.Ball.grow, module.Ball) == [[required("by", "float")]]
    assert returns(module.Ball.grow, module.Ball) == "Ball"


def test_a_broken_stub_tells_nothing(stubbed: Callable[..., Any]) -> None:
    module = stubbed("def make(x: int\nclass Ball:\n    def")
    assert signatures(module.make) == [[optional("args", kind="*")]]


def test_what_raises_tells_nothing() -> None:
    class Panic(BaseException):
        pass

    class Raising:
        def __getattribute__(self, name: str) -> Any:
            raise Panic(name)

    class Meta(type):
        def __getattribute__(cls, name: str) -> Any:
            raise Panic(name)

    class Broken(metaclass=Meta):
        pass

    for broken in (Raising(), Broken):
        assert signatures(broken) in ([], [[]])
        assert type(returns(broken)) is str
