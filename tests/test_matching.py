"""Which readings of an object are the arguments of what makes one."""

from __future__ import annotations

import keyword
from typing import Any

import pytest

from adapters._suggest.matching import Match, Table, match
from adapters._suggest.names import written
from adapters._suggest.readings import Reading
from adapters._suggest.signatures import MISSING, Parameter


def table(*names: str) -> Table:
    return Table(Reading(name, f"obj.{name}") for name in names)


def matched(parameters: Any, readings: Table, **options: Any) -> Match | None:
    return match(parameters, readings, options.pop("fixed", {}), **options)


def parameter(name: str, **fields: Any) -> Parameter:
    plain: dict[str, Any] = {"required": True, "kind": "either", "type": "", "default": MISSING}
    return Parameter(name, **{**plain, **fields})


@pytest.mark.parametrize("reading", ["max_size", "maxSize", "getMaxSize", "MaxSize", "_max_size"])
def test_names_of_each_style(reading: str) -> None:
    found = matched([parameter("max_size")], table(reading))
    assert found is not None
    assert found.values == (("max_size", f"obj.{reading}"),)
    assert found.arguments == "{max_size}"
    assert found.by_synonym == 0


def test_a_public_reading_comes_before_a_private_one() -> None:
    found = matched([parameter("size")], table("_size", "size"))
    assert found is not None
    assert found.values == (("size", "obj.size"),)


def test_synonyms() -> None:
    found = matched([parameter("dim")], table("ndim"))
    assert found is not None
    assert found.values == (("dim", "obj.ndim"),)
    assert found.by_synonym == 1


def test_a_synonym_is_not_taken_for_what_may_be_left_out() -> None:
    found = matched([parameter("dim", required=False)], table("ndim"))
    assert found is not None
    assert found.values == ()


def test_what_is_required_and_missing() -> None:
    assert matched([parameter("seconds"), parameter("seed")], table("seconds")) is None


def test_the_form_of_arguments() -> None:
    signature = [
        parameter("a", kind="positional"),
        parameter("b"),
        parameter("c", required=False),
        parameter("d", required=False),
        parameter("e", kind="keyword"),
        parameter("rest", kind="*", required=False),
        parameter("more", kind="**", required=False),
    ]
    found = matched(signature, table("a", "b", "d", "e"))
    assert found is not None
    assert found.arguments == "{a}, {b}, d={d}, e={e}"
    assert [key for key, _ in found.values] == ["a", "b", "d", "e"]


def test_a_positional_parameter_behind_one_that_is_left_out_is_left_out() -> None:
    signature = [
        parameter("a", kind="positional", required=False),
        parameter("b", kind="positional", required=False),
    ]
    found = matched(signature, table("b"))
    assert found is not None
    assert found.arguments == ""


def test_only_what_is_required() -> None:
    signature = [parameter("a"), parameter("b", required=False)]
    found = matched(signature, table("a", "b"), optional=False)
    assert found is not None
    assert found.arguments == "{a}"


def test_what_says_how_others_are_taken_is_left_out() -> None:
    signature = [parameter("data"), parameter("copy", required=False)]
    found = matched(signature, table("data", "copy"))
    assert found is not None
    assert found.arguments == "{data}"


def test_a_reading_that_is_given() -> None:
    content = Reading("items", "list(obj)")
    found = matched([parameter("a"), parameter("b")], table("b"), fixed={0: content})
    assert found is not None
    assert dict(found.values) == {"a": "list(obj)", "b": "obj.b"}


def test_what_gives_a_reading_back() -> None:
    kind = written("wild", "Mode")
    mode = Reading("mode", "int(obj.mode)", f"{kind}({{}})")
    found = matched([parameter("mode")], Table([mode]))
    assert found is not None
    assert found.arguments == f"{kind}({{mode}})"


@pytest.mark.parametrize("name", ["class", "lambda", "_private", "", "__"])
def test_a_key_is_a_name(name: str) -> None:
    content = Reading("items", "list(obj)")
    found = matched([parameter(name, kind="positional")], table(), fixed={0: content})
    assert found is not None
    ((key, _),) = found.values
    assert key.isidentifier()
    assert not keyword.iskeyword(key)
    assert found.arguments == f"{{{key}}}"


def test_keys_are_different() -> None:
    content = Reading("items", "list(obj)")
    twice = [parameter("", kind="positional"), parameter("", kind="positional")]
    found = matched(twice, table(), fixed={0: content, 1: content._replace(expression="len(obj)")})
    assert found is not None
    assert len(dict(found.values)) == 2


def test_the_path_of_a_file() -> None:
    path = Reading("location_on_disk", "obj.location_on_disk", text="/tmp")
    found = matched([parameter("filename")], Table([path]))
    assert found is not None
    assert found.values == (("filename", "obj.location_on_disk"),)


def test_a_reading_that_does_not_travel_is_none() -> None:
    assert matched([parameter("lock")], Table([Reading("lock", "")])) is None
    assert "lock" not in Table([Reading("lock", "")])
    assert "getLock" in table("lock")
