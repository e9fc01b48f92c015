"""Parts of objects, and the expressions that reach them."""

from __future__ import annotations

from typing import Any

import pytest

from adapters._expressions import attributes, is_of_stdlib, literal


@pytest.mark.parametrize("key", [1, True, None, "a", b"a", 1.5, (), (1,), (1, ("b", 2.0))])
def test_a_literal_is_written_as_python(key: Any) -> None:
    text = literal(key)
    assert text is not None
    assert eval(text) == key


@pytest.mark.parametrize("key", [float("nan"), float("inf"), (1, float("nan")), 1j, [1], int])
def test_other_keys_are_no_literals(key: Any) -> None:
    assert literal(key) is None


def test_attributes_are_read_without_methods_of_the_class() -> None:
    class Base:
        __slots__ = ("_unset", "held")

    class Guarded(Base):
        def __getattribute__(self, name: str) -> Any:
            raise ArithmeticError(name)

    guarded = Guarded()
    Base.held.__set__(guarded, 1)  # type: ignore[attr-defined]
    object.__setattr__(guarded, "own", 2)
    assert attributes(guarded) == {"held": 1, "own": 2}
    assert attributes(Guarded) == attributes(pytest) == attributes(1) == {}


def test_an_int_that_python_does_not_print_is_no_literal() -> None:
    assert literal(10**5000) is None
    assert literal((1, -(10**5000))) is None


def test_a_class_is_of_the_standard_library_if_it_says_so_and_can_be_asked() -> None:
    class Silent(type):
        @property
        def __module__(cls) -> str:  # type: ignore[override]
            raise ArithmeticError

    assert is_of_stdlib(dict)
    assert not is_of_stdlib(type("Own", (), {}))
    assert not is_of_stdlib(Silent("Hidden", (), {}))
