"""The matrices and dicts of symengine."""

import pytest
from kit import check_examples

symengine = pytest.importorskip("symengine")
from symengine.lib import symengine_wrapper as wrapper  # noqa: E402


def matrix():
    x, y = symengine.symbols("x y")
    return symengine.DenseMatrix(2, 3, [1, x, y**2, symengine.sin(x), 0, symengine.Rational(1, 3)])


def numbers():
    return symengine.DenseMatrix(2, 2, [1, 2, 3, 4])


def immutable():
    return symengine.ImmutableDenseMatrix(1, 2, [1, symengine.Symbol("x")])


def pairs():
    x, y = symengine.symbols("x y")
    return wrapper.DictBasic({x: y + 1, y: 3})


TYPES = {
    "MutableDenseMatrix": [matrix, numbers],
    "ImmutableDenseMatrix": [immutable],
    "DictBasic": [pairs],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)
