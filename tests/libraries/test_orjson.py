"""The fragments of orjson."""

import pytest
from kit import check_examples

import adapters

orjson = pytest.importorskip("orjson")


def fragment():
    return orjson.Fragment(b'{"a": [1, 2]}')


def fragment_of_text():
    return orjson.Fragment('"\u00e9"')


TYPES = {"Fragment": [fragment, fragment_of_text]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


@pytest.mark.parametrize("make", TYPES["Fragment"])
def test_what_arrives_is_written_alike(make):
    there = adapters.loads(adapters.dumps([make()]))
    assert orjson.dumps(there) == orjson.dumps([make()])
