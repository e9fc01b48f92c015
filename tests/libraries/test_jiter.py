"""The numbers of jiter."""

import pytest
from kit import check_examples

import adapters

jiter = pytest.importorskip("jiter")


def number():
    return jiter.LosslessFloat(b"1.5000000000000000000001")


def exponent():
    return jiter.from_json(b"[-2.50e-7]", float_mode="lossless-float")[0]


TYPES = {"LosslessFloat": [number, exponent]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_all_digits_arrive():
    assert str(adapters.loads(adapters.dumps(number()))) == "1.5000000000000000000001"
