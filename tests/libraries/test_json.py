import json
from decimal import Decimal

import pytest
from kit import check_examples

import adapters


def relaxed():
    return json.JSONDecoder(strict=False)


def with_hooks():
    return json.JSONDecoder(parse_float=Decimal, object_pairs_hook=tuple, parse_constant=str)


TYPES = {"JSONDecoder": [relaxed, with_hooks]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


@pytest.mark.parametrize("make", [relaxed, with_hooks])
def test_a_decoder_decodes_as_before(make):
    text = '[1.10, NaN, {"a": 2}]'
    first = make()
    arrived = adapters.loads(adapters.dumps(first))
    assert str(arrived.decode(text)) == str(first.decode(text))
    assert arrived.strict == first.strict
