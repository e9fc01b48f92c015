"""check=True: the innermost part that another process does not rebuild, and what to do about it."""

from __future__ import annotations

import copyreg
import sys
import time
from types import ModuleType
from typing import Any
from xmlrpc.client import ProtocolError

import pytest
from findings import Plain, only, value_of
from gadgets import Gadget, Unbuildable
from unloadable import (
    ByIdentity,
    ByName,
    Constant,
    Fatal,
    Fragile,
    KeywordError,
    Logged,
    Lookup,
    MendedError,
    NeedsArgument,
    Node,
    Options,
    Sized,
    Slow,
    WrongReducer,
)

from adapters import Finding, explain


def by_path(obj: Any, **options: Any) -> dict[str, Finding]:
    found = explain(obj, check=True, **options)
    for each in found:
        assert each.kind == "differs"
        assert "provider" not in each.advice
        assert each.exact
        value_of(each, obj)
    return {each.path: each for each in found}


def test_the_innermost_parts_are_named_with_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    only_here = ModuleType("only_here")
    exec("def f(): pass\nclass C: pass", vars(only_here))
    monkeypatch.setitem(sys.modules, "only_here", only_here)
    for cls in (KeywordError, MendedError, ProtocolError):  # where tblib has a reducer for errors
        monkeypatch.delitem(copyreg.dispatch_table, cls, raising=False)
    logged = Logged()
    logged["a"] = 1
    obj = {
        "fine": [*range(50), Gadget(1), MendedError("no", key=1), ByName.A],
        "steps": [{"last": KeywordError("no", key=1)}, ProtocolError("u", 1, "m", {})],
        "enum": Plain(mode=ByIdentity.A),
        "options": (1, [Options(a=1)]),
        "new": {"thing": NeedsArgument(1)},
        "function": [vars(only_here)["f"]],
        "class": [vars(only_here)["C"]()],
        "reducer": [WrongReducer()],
        "state": [Fragile(a=1)],
        "items": [logged],
        "slots": [Constant(1)],
        "cycle": [Node("child", Node("parent"))],
        "base": [Sized(a=1)],
        "lookup": [Lookup()],
    }
    found = by_path(obj)
    expected = {
        "obj['steps'][0]['last']": ("missing 1 required", "define __reduce__ in unloadable.Key"),
        "obj['steps'][1]": ("missing 4 required", "call adapters.register(xmlrpc.client.Protocol"),
        "obj['enum'].mode": ("not a valid ByIdentity", "__reduce_ex__ in unloadable.ByIdentity"),
        "obj['options'][1][0]": (
            "RecursionError",
            "let unloadable.Options.__getattr__ raise A",
        ),
        "obj['new']['thing']": ("missing 1 required", "define __getnewargs__ (or __getnew"),
        "obj['function'][0]": ("No module named", "register_pickle_by_value(sys.modules['only_h"),
        "type(obj['class'][0])": ("No module named", "move it to a file on its sys.path"),
        "obj['reducer'][0]": ("ValueError: invalid lit", "mend unloadable.WrongReducer.__reduce__"),
        "obj['items'][0]": ("no attribute 'log'", "items are added before the object has any attr"),
        "obj['slots'][0]": ("value is constant", "define __setstate__ in unloadable.Constant to"),
        "obj['cycle'][0]": ("no attribute 'name'", "calls the __hash__ of an object"),
        "obj['base'][0]": ("RecursionError", "let unloadable.Options.__getattr__ raise Attribute"),
        "obj['lookup'][0]": ("KeyError", "mend unloadable.Lookup.__reduce__"),
        "obj['state'][0]": ("ArithmeticError: not here", "mend unloadable.Fragile.__setstate__"),
    }
    assert found.keys() == expected.keys()
    for path, (error, advice) in expected.items():
        assert error in found[path].error
        assert "in another process" in found[path].error
        assert advice in found[path].advice


@pytest.mark.slow
def test_few_trials_find_one_part_of_many_and_the_object_that_others_refer_to() -> None:
    wide = [Plain(n=n) for n in range(20_000)]
    wide[12_345] = Plain(inner=[Fragile(a=1)])
    start = time.monotonic()
    assert by_path(wide).keys() == {"obj[12345].inner[0]"}
    assert time.monotonic() - start < 20
    owner = Fragile(a=1)
    vars(owner).update(part=Plain(owner=owner))
    assert by_path([owner]).keys() == {"obj[0]"}
    assert by_path([owner.part]).keys() == {"obj[0].owner"}  # type: ignore[attr-defined]


@pytest.mark.slow
def test_parts_that_end_or_stop_the_other_process_within_the_time() -> None:
    found = by_path({"a": [1, Plain(b=Fatal(a=1))], "c": [Fatal(a=1)]})
    assert found.keys() == {"obj['a'][1].b", "obj['c'][0]"}
    assert "exit code 3" in found["obj['c'][0]"].error
    start = time.monotonic()
    found = by_path({"a": [1, Plain(b=Slow(a=1))]}, timeout=12)
    assert time.monotonic() - start < 15
    assert found.keys() == {"obj['a'][1].b"}
    assert "did not rebuild it in" in found["obj['a'][1].b"].error


@pytest.mark.slow
def test_the_factory_is_named_where_there_is_an_adapter() -> None:
    found = only(explain([1, Plain(a=[Unbuildable(1)])], check=True))
    assert found.path == "obj[1].a[0]"
    assert "no such thing" in found.error
    assert found.advice.startswith("see the error; the factory of <Adapter 'gadgets.Unbuildable'")
    found = only(explain([Gadget(Fragile(a=1))], check=True))  # not the factory of the gadget
    assert found.path == "obj[0].state"


@pytest.mark.slow
def test_an_object_that_no_other_process_sends_back() -> None:
    found = only(explain(Once(), check=True))
    assert "another process rebuilds it, and cannot send it back: " in found.error
    assert "has to pickle, too" in found.advice


class Once:
    """Pickles, and what it becomes does not."""

    def __reduce__(self) -> Any:
        return memoryview, (b"a",)
