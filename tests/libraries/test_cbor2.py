"""The tags and simple values of cbor2."""

import pytest
from kit import check_examples

import adapters

cbor2 = pytest.importorskip("cbor2")


def tag():
    return cbor2.CBORTag(4000, [1, {"a": b"b"}])


def nested():
    return cbor2.CBORTag(1, cbor2.CBORTag(2**64 - 1, None))


def simple():
    return cbor2.CBORSimpleValue(99)


def undefined():
    return cbor2.undefined


TYPES = {"CBORTag": [tag, nested], "CBORSimpleValue": [simple], "UndefinedType": [undefined]}
REASON = "a process has one of it, which cannot be changed"
SKIP = dict.fromkeys(("factory_makes_a_fresh_object", "deepcopy_makes_a_second_object"), REASON)
# A tag holds the very object of its state.
HOLDS = dict.fromkeys(("state_is_no_alias", "factory_keeps_no_container"), "a tag holds its value")
OPTIONS = {"UndefinedType": {"skip": SKIP}, "CBORTag": {"skip": HOLDS}}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


def test_undefined_arrives_as_the_one_there():
    assert adapters.loads(adapters.dumps([cbor2.undefined]))[0] is cbor2.undefined


def test_a_tag_that_contains_itself_is_refused():
    made = cbor2.CBORTag(5, [])
    made.value.append(made)
    with pytest.raises(adapters.AdapterError):
        adapters.dumps(made)
