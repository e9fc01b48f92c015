import struct

import pytest
from kit import check_examples


def small():
    return struct.Struct("<if")


def native():
    return struct.Struct("3s0lQ")


TYPES = {"Struct": [small, native]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)
