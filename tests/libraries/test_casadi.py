"""The expressions of casadi."""

import pytest
from kit import check_examples

import adapters

casadi = pytest.importorskip("casadi")


def scalar():
    x = casadi.SX.sym("x", 2)
    return casadi.vertcat(x[0] * 3, casadi.sin(x[1]) + x[0], 5)


def scalar_symbol():
    return casadi.SX.sym("x", 2, 3)


def constant():
    return casadi.SX([[1, 0], [0, 1 / 3]])


def matrix():
    x = casadi.MX.sym("x", 2)
    return casadi.if_else(x[0] > 0, casadi.mtimes(x.T, x), casadi.norm_2(x) / 3)


def matrix_symbol():
    return casadi.MX.sym("m", 3, 2)


def cut():
    return casadi.Slice(1, 7, 2)


def solver():
    return casadi.Linsol("solver", "qr", casadi.Sparsity.lower(3), {"eps": 1e-9})


TYPES = {
    "SX": [scalar, scalar_symbol, constant],
    "MX": [matrix, matrix_symbol],
    "Slice": [cut, casadi.Slice],
    "Linsol": [solver],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


@pytest.mark.parametrize("kind", [casadi.SX, casadi.MX])
def test_symbols_of_one_message_arrive_as_one(kind):
    x, y = kind.sym("x", 2), kind.sym("y")
    sent = [casadi.dot(x, x) * y, x, y]
    there, a, b = adapters.loads(adapters.dumps(sent))
    f = casadi.Function("f", [a, b], [there])
    assert float(f([1, 2], 3)) == 15
    assert str(there) == str(sent[0])


def test_symbols_of_two_messages_are_two():
    payload = adapters.dumps(casadi.SX.sym("x"))
    one, other = adapters.loads(payload), adapters.loads(payload)
    assert not casadi.is_equal(one, other)
