"""The decoding trees of bitarray."""

import pytest
from kit import check_examples

import adapters

bitarray = pytest.importorskip("bitarray")


def tree(**codes):
    return bitarray.decodetree({symbol: bitarray.bitarray(bits) for symbol, bits in codes.items()})


def complete():
    return tree(a="0", b="10", c="11")


def incomplete():
    return tree(a="00")


def of_numbers():
    return bitarray.decodetree({1: bitarray.bitarray("1"), (2, "x"): bitarray.bitarray("0110")})


TYPES = {"decodetree": [complete, incomplete, of_numbers]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_it_decodes_alike():
    there = adapters.loads(adapters.dumps(complete()))
    assert [*bitarray.bitarray("010110").decode(there)] == ["a", "b", "c", "a"]
