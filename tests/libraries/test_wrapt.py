"""The object proxies of wrapt."""

import pytest
from kit import check_examples

import adapters

wrapt = pytest.importorskip("wrapt")


def of_list():
    return wrapt.ObjectProxy([1, 2])


def with_attribute():
    made = wrapt.ObjectProxy({"a": 1})
    made._self_note = "kept"
    return made


def callable_one():
    return wrapt.CallableObjectProxy(len)


def partial():
    return wrapt.PartialCallableObjectProxy(int, base=2)


def partial_of_two():
    return wrapt.PartialCallableObjectProxy(max, 3, 4)


TYPES = {
    "ObjectProxy": [of_list, with_attribute],
    "CallableObjectProxy": [callable_one],
    "PartialCallableObjectProxy": [partial, partial_of_two],
}


# The proxies have a method of their own for deepcopy, which raises NotImplementedError.
# What a proxy wraps is the very object of its state.
SKIP = {
    "deepcopy_makes_a_second_object": "wrapt refuses deepcopy before adapters are asked",
    "state_is_no_alias": "a proxy is one",
    "factory_keeps_no_container": "a proxy keeps what it wraps",
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers, skip=SKIP)


def test_a_proxy_arrives_as_a_proxy_with_its_attributes():
    there = adapters.loads(adapters.dumps(with_attribute()))
    assert type(there) is wrapt.ObjectProxy
    assert there == {"a": 1}
    assert there._self_note == "kept"


def test_two_proxies_of_one_object_arrive_as_two_of_one():
    shared = [1]
    one, other = adapters.loads(adapters.dumps([wrapt.ObjectProxy(shared) for _ in "ab"]))
    assert one.__wrapped__ is other.__wrapped__


def test_a_partial_call_gives_the_same():
    assert adapters.loads(adapters.dumps(partial()))("101") == 5
