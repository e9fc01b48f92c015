"""What examples tell, and which drafts may be tried for them."""

from __future__ import annotations

import decimal
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import suggested_types as types

from adapters._suggest.draft import Draft
from adapters._suggest.names import written
from adapters._suggest.survey import Facts, drafts_of, facts_of


def facts(*objs: Any, **skip: str) -> Facts:
    return facts_of(objs, skip)


def drafts(obj: Any) -> list[Draft]:
    return drafts_of((obj,), {}, facts(obj))


class Known(types.Native):
    """A type whose members have names as of methods that change it, and change nothing."""

    def __init__(self, settings: str, update_interval: int) -> None:
        types._keep(self, settings=settings, update_interval=update_interval)

    settings, update_interval = types._of("settings"), types._of("update_interval")

    @classmethod
    def register(cls, name: str) -> None:
        """Registers the class."""

    @staticmethod
    def enable_logging() -> None:
        """Enables it for all."""


def test_facts() -> None:
    found = facts(types.Timer(2.5, "tea"))
    assert found.target == written("suggested_types", "Timer")
    assert {each.name: each.expression for each in found.readings if each.expression} == {
        "seconds": "obj.seconds",
        "label": "obj.label",
    }
    assert not found.payload
    assert len(facts(types.Timer(1.0), types.Timer(2.0)).looks) == 2


def test_a_type_that_no_module_names() -> None:
    local = type("Local", (types.Timer,), {"__module__": "suggested_types"})
    found = facts(local(1.0))
    assert found.target == ""


def test_what_pickles() -> None:
    assert pickle.loads(facts(decimal.Context(prec=9)).payload).prec == 9


@pytest.mark.parametrize(
    ("make", "hidden"),
    [
        (lambda: types.Radio("news"), ("set_mode",)),
        (types.Player, ()),
        (lambda: types.Timer(1.0), ()),
        (lambda: types.Index().add("to"), ()),  # its count can be read
    ],
)
def test_what_can_be_told_that_nothing_reads(make: Callable[[], Any], hidden: Any) -> None:
    assert facts(make()).hidden == hidden


@pytest.mark.parametrize("name", ["settings", "update_interval", "register", "enable_logging"])
def test_what_is_no_method_of_an_object_tells_it_nothing(name: str) -> None:
    assert name not in facts(Known("fast", 3)).hidden


def test_a_doubt_goes_with_each_draft() -> None:
    found = drafts(types.Radio("news"))
    assert found
    assert all(
        any("set_mode" in doubt for doubt in each.doubts) for each in found if each.rank >= 0
    )


def test_a_parameter_that_is_not_read() -> None:
    doubts = {doubt for each in drafts(types.Session("a")) for doubt in each.doubts}
    assert doubts == {
        "parameter connect_timeout of suggested_types.Session() is not read from anything"
    }


def test_no_draft_is_there_twice() -> None:
    found = drafts(types.Route().go(1, 2))
    assert len({each.key for each in found}) == len(found) > 1
