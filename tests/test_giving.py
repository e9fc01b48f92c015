"""What adapters are given: it does not grow, and it counts once for each that is given it."""

from __future__ import annotations

import time
from itertools import pairwise

import gadgets
import pytest
from payloads import REBUILD, load, text

from adapters._payload import budget
from adapters._payload.giving import give
from adapters._payload.meter import Meter
from adapters._payload.symbols import (
    AS_ATTRIBUTES,
    TO_FACTORY,
    TO_LINK,
    BytesLike,
    Closed,
    Container,
    Made,
)
from adapters.errors import UntrustedError


def meter() -> Meter:
    return Meter(budget.UNLIMITED, budget.UNLIMITED)


def test_a_copy_counts_what_is_met_as_often_as_it_is_met() -> None:
    counted = meter()
    part = Container(list, ["x" * 1000, BytesLike(bytes, b"y" * 500, 500), None])
    whole = Closed(tuple, [part, part])
    for times in (1, 2):
        give(counted, whole, TO_FACTORY)
        assert 3000 * times < counted._spent < 4000 * times
    assert part.given == whole.given == TO_FACTORY


def test_a_value_that_holds_itself_is_counted_once() -> None:
    counted = meter()
    outer, inner = Container(list, ["x" * 1000]), Container(list, [])
    outer.items += [inner, outer]
    inner.items = [outer]
    give(counted, outer, TO_FACTORY)
    assert 1000 < counted._spent < 1500


def test_a_doubled_value_is_too_large_and_takes_no_time() -> None:
    counted = Meter(1 << 50, 1)
    value = Closed(tuple, [None])
    for _ in range(500):
        value = Closed(tuple, [value, value])
    started = time.process_time()
    with pytest.raises(NotImplementedError):  # what it does at its limit, a subclass decides
        give(counted, value, TO_FACTORY)
    assert time.process_time() - started < 1


def test_a_value_is_searched_once_for_each_that_may_be_given_it() -> None:
    counted = meter()
    chain = [Container(list, []) for _ in range(20_000)]
    for outer, inner in pairwise(chain):
        outer.items = [inner]
    started = time.process_time()
    for value in reversed(chain):
        give(counted, value, TO_LINK)
    for value in chain:
        give(counted, value, TO_FACTORY)
    assert time.process_time() - started < 2
    assert {value.given for value in chain} == {TO_FACTORY}


def test_objects_in_links_are_not_given_and_those_in_states_are() -> None:
    attributes = Container(dict, ["name", Container(list, [])])
    obj = Made(("a", 1, "x"), None, 1)
    obj.items += [attributes, None]
    holder = Container(list, [obj])
    give(meter(), holder, TO_LINK)
    assert (holder.given, obj.given, attributes.given) == (TO_LINK, 0, 0)
    give(meter(), obj, TO_LINK)
    assert obj.given == 0
    give(meter(), holder, TO_FACTORY)  # although it was given to a link before
    assert (holder.given, obj.given) == (TO_FACTORY, TO_FACTORY)
    assert attributes.given == attributes.items[1].given == TO_FACTORY


def test_attributes_of_an_object_are_searched_when_they_are_given_to_more() -> None:
    inner = Container(list, [])
    attributes = Container(dict, ["name", inner])
    attributes.given = AS_ATTRIBUTES
    give(meter(), attributes, TO_LINK)
    assert inner.given == TO_LINK


def test_one_state_for_many_objects_counts_for_each_of_them() -> None:
    state = b"](" + b"N" * 10_000 + b"e"
    assert gadgets.Gadget.made >= 0
    many = REBUILD + b"q\x000" + text("2:1:x:gadgets.Gadget") + state + b"\x86q\x010("
    assert len(load(many + b"h\0h\1R" * 10 + b"t.")) == 10
    with pytest.raises(UntrustedError, match="bytes of memory"):
        load(many + b"h\0h\1R" * 10_000 + b"t.")
