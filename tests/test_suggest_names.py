"""By which modules a type and the functions around it are written in code."""

from __future__ import annotations

import collections
import enum
import fractions
import importlib.machinery
import sys
import types
from typing import Any

import pytest

from adapters._suggest.names import (
    Name,
    aliases_of,
    classes_around,
    content,
    in_words,
    is_of_main,
    members_of,
    modules_of,
    name_of,
    package_names,
    rendered,
    resolved,
    written,
)


class Outer:
    class Inner:
        pass


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


def make_module(monkeypatch: pytest.MonkeyPatch, name: str, **content: Any) -> Any:
    module: Any = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    module.__dict__.update(content)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def test_names_that_the_types_say() -> None:
    assert name_of(fractions.Fraction) == Name("fractions", "Fraction")
    assert name_of(collections.OrderedDict) == Name("collections", "OrderedDict")
    assert name_of(int) == Name("", "int")
    assert name_of(Outer.Inner) == Name(__name__, "Outer.Inner")


def test_the_most_public_module_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    ring: Any = type("Ring", (), {"__module__": "wild._native"})
    make_module(monkeypatch, "wild", Ring=ring)
    make_module(monkeypatch, "wild._native", Ring=ring)
    make_module(monkeypatch, "wild.deep.inside", Ring=ring)
    make_module(monkeypatch, "another", Ring=ring)
    assert name_of(ring) == Name("wild", "Ring")


def test_a_type_under_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    ring: Any = type("_RingImpl", (), {"__module__": "wild"})
    make_module(monkeypatch, "wild", Ring=ring)
    assert name_of(ring) == Name("wild", "Ring")


def test_a_type_that_says_a_wrong_module(monkeypatch: pytest.MonkeyPatch) -> None:
    ring: Any = type("Ring", (), {"__module__": "builtins"})
    make_module(monkeypatch, "wild", Ring=ring)
    assert name_of(ring) == Name("wild", "Ring")


def test_a_type_that_no_module_has() -> None:
    assert name_of(type("Local", (), {})) is None
    assert name_of(type("Local", (), {"__module__": "no_such_module"})) is None


def test_another_type_of_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (type("Ring", (), {"__module__": "wild"}) for _ in range(2))
    make_module(monkeypatch, "wild", Ring=one)
    assert name_of(other) is None


def test_a_type_of_the_main_script(monkeypatch: pytest.MonkeyPatch) -> None:
    ring: Any = type("Ring", (), {"__module__": "__main__"})
    make_module(monkeypatch, "__main__", Ring=ring)
    assert name_of(ring) == Name("", "Ring")
    assert [name for name, _ in modules_of(ring)] == [""]


def test_strange_modules_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Strange:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    ring: Any = type("Ring", (), {"__module__": "wild"})
    make_module(monkeypatch, "wild", Ring=ring)
    monkeypatch.setitem(sys.modules, "strange", Strange())  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "nothing", None)  # type: ignore[arg-type]
    assert name_of(ring) == Name("wild", "Ring")


def test_the_modules_around_a_type(monkeypatch: pytest.MonkeyPatch) -> None:
    ring: Any = type("Ring", (), {"__module__": "wild._native"})
    for name in ("wild", "wild._native", "wild.io", "wild._hidden", "other"):
        make_module(monkeypatch, name, **({"Ring": ring} if "native" in name else {}))
    found = [name for name, _ in modules_of(ring)]
    assert found[0] == "wild._native"
    assert set(found) == {"wild._native", "wild", "wild.io"}


def test_the_packages_of_a_type() -> None:
    assert package_names(fractions.Fraction, "fractions") == ["fractions"]
    assert package_names(int, "") == []


def test_enumerations() -> None:
    assert members_of(Level) == {"LOW": Level.LOW, "HIGH": Level.HIGH}
    assert members_of(Outer) == {}
    assert Level in classes_around(Outer)


def test_public_content() -> None:
    module: Any = types.ModuleType("wild")
    module.size, module._private = 1, 2
    assert content(module) == {"size": 1}


def test_the_public_class_of_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    public: Any = type("Ring", (), {"__module__": "wild"})
    hidden: Any = type("Ring", (public,), {"__module__": "wild._native"})
    make_module(monkeypatch, "wild", Ring=public)
    make_module(monkeypatch, "wild._native", Ring=hidden)
    assert aliases_of(hidden, hidden()) == [public]


def test_code_of_expressions() -> None:
    text = f"{written('wild', 'Ring')}({written('wild', 'Ring.Mode')}, {written('', 'int')}(x))"
    assert rendered(text) == ("Ring(Ring.Mode, int(x))", {"Ring": ("wild", "Ring")})
    assert in_words(text) == "wild.Ring(wild.Ring.Mode, int(x))"
    assert rendered("obj.size") == ("obj.size", {})


def test_modules_that_have_things_of_one_name() -> None:
    texts = [written(name, "Ring") for name in ("wild", "other", "third", "wild", "other")]
    text, needs = rendered(" ".join(texts))
    assert text == "Ring Ring_ Ring__ Ring Ring_"
    assert needs == {
        name: (module, "Ring")
        for name, module in zip(
            ["Ring", "Ring_", "Ring__"], ["wild", "other", "third"], strict=True
        )
    }


@pytest.mark.parametrize(
    "name", ["state", "saved", "obj", "adapters", "open", "list", "SETTINGS", "keys", "name"]
)
def test_names_that_code_has_for_itself(name: str) -> None:
    text, needs = rendered(f"{written('wild', f'{name}.inner')}(state)")
    assert text == f"{name}_.inner(state)"
    assert needs == {f"{name}_": ("wild", name)}


def test_what_an_expression_is_here() -> None:
    assert resolved(written("fractions", "Fraction")) is fractions.Fraction
    assert resolved(written("fractions", "nothing")) is None
    assert resolved(written("no_such_module", "Ring")) is None
    assert resolved("no_such_name") is None


def test_what_is_a_name_of_the_main_script(monkeypatch: pytest.MonkeyPatch) -> None:
    make_module(monkeypatch, "__main__", Ring=Outer)
    assert is_of_main("Ring")
    assert is_of_main("Ring.Inner")
    assert not any(map(is_of_main, ("", "Other", written("wild", "Ring"))))
