"""check_adapter finds what is wrong with an adapter, that alone, and says what to do."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import pickle
import sys
from typing import Any

import cffi
import pytest
from gadgets import Gadget, ffi
from graphs import Joint, Motor, Painted, Slotted
from hypothesis import strategies as st
from wrong_adapters import WRONG

import adapters
from adapters._conformance.promises import PROMISES
from adapters.testing import ConformanceError, check_adapter

NAMES = [promise.name for promise in PROMISES]


def wrong_names() -> list[Any]:
    """One wrong adapter for every fourth promise is quick; the rest takes time."""
    seen: set[str] = set()
    params = []
    for name, (promise, *_) in WRONG.items():
        cheap = promise not in seen and NAMES.index(promise) % 4 == 0
        params.append(pytest.param(name, marks=[] if cheap else [pytest.mark.slow]))
        seen.add(promise)
    return params


@pytest.mark.parametrize("name", wrong_names())
def test_a_wrong_adapter_breaks_one_promise(name: str) -> None:
    promise, adapter, examples, says, options = WRONG[name]
    with pytest.raises(ConformanceError) as raised:
        check_adapter(adapter, examples, **options)
    found = {result.promise: result.reason for result in raised.value.report.failures}
    assert list(found) == [promise], found
    assert says in found[promise]
    assert found[promise] in str(raised.value)
    assert f"skip={{'{promise}': 'the reason'}}" in str(raised.value)
    assert ("timeout=" in found[promise]) is ("timeout" in options)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_a_terminal_shows_what_is_checked(
    stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", shown := stream())
    check_adapter(Gadget, [Gadget(1)], skip=dict.fromkeys(NAMES[4:], "not now"))
    said = shown.getvalue()
    if stream is io.StringIO:
        assert said == ""
        return
    texts = [text.strip() for text in said.split("\r")]
    assert len(texts) == len(NAMES) + 3
    assert texts[3] == f"adapter gadgets.Gadget, promise 3 of {len(NAMES)}: state pickles"
    assert texts[-2:] == ["", ""]
    assert "\n" not in said


def alike(one: Any, other: Any) -> bool:
    return repr(adapters.to_spec(one)) == repr(adapters.to_spec(other))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "examples"),
    [
        (Motor, [Motor(1), Painted(2, color="red"), Slotted(3, "red")]),
        (Joint, [Joint("alone"), Joint("root").add(Joint("leaf"))]),
    ],
)
def test_adapters_with_init_or_links(target: type, examples: list[Any]) -> None:
    report = check_adapter(target, examples, equal=alike)
    skipped = {result.promise for result in report.results if result.status == "skipped"}
    assert {"golden_payloads_load", "old_versions_are_reachable"} <= skipped
    assert ("deepcopy_makes_a_second_object" in skipped) is (target is Joint)


def test_each_promise_has_a_wrong_adapter() -> None:
    of_golden = {"golden_payloads_load"}  # test_conformance_golden.py, with a folder
    missing = set(NAMES) - {wrong.promise for wrong in WRONG.values()} - of_golden
    if "forkserver" not in multiprocessing.get_all_start_methods():
        missing -= {"round_trip_in_a_forked_child", "round_trip_in_a_forkserver_child"}
    assert not missing


def test_a_report_is_text_and_data() -> None:
    report = check_adapter(Gadget, {"one": Gadget(1)}, skip=dict.fromkeys(NAMES[4:], "not now"))
    lines = str(report).splitlines()
    assert lines[0] == "adapter 'gadgets.Gadget' version 1, 1 example: breaks no promise"
    assert "  ok       state pickles" in lines
    assert "  skipped  every protocol: not now" in lines
    told = json.loads(json.dumps(report.as_dict()))
    assert told["ok"] is True
    assert [promise["promise"] for promise in told["promises"]] == NAMES
    assert report.ok


def test_the_error_crosses_a_process_whole() -> None:
    _, adapter, examples, *_ = WRONG["Locked"]
    with pytest.raises(ConformanceError) as raised:
        check_adapter(adapter, examples)
    twin = pickle.loads(pickle.dumps(raised.value))
    assert isinstance(twin, (AssertionError, adapters.AdapterError))
    assert str(twin) == str(raised.value)
    assert twin.report == raised.value.report
    assert "breaks 1 of 25 promises" in str(twin)
    skipped = {r.promise: r.reason for r in twin.report.results if r.status == "skipped"}
    assert skipped["threads_at_once"] == "not checked while this is broken: state pickles"


@pytest.mark.slow
def test_an_adapter_by_value_with_lambdas() -> None:
    class Local:
        def __init__(self, value: Any) -> None:
            self.value = value

    adapter = adapters.register(Local, lambda local: local.value, Local, name="local")
    try:
        report = check_adapter(
            adapter,
            lambda: [lambda: Local([1]), Local(2.5)],
            equal=lambda a, b: a.value == b.value,
            skip={"factory_keeps_no_container": "on purpose", "state_is_no_alias": "as well"},
        )
        assert report.ok
        with pytest.raises(ConformanceError, match=r"equal\(original, rebuilt\) is false"):
            check_adapter(adapter, [Local(1)], equal=lambda a, b: a is b)
    finally:
        adapters.unregister(Local)


@pytest.mark.slow
def test_examples_from_a_strategy() -> None:
    strategy = st.builds(Gadget, st.integers() | st.text() | st.binary())
    report = check_adapter(Gadget, strategy, golden="nowhere", record_golden=True)
    assert len(report.examples) == 5
    reasons = {result.promise: result.reason for result in report.results}
    assert "strategy" in reasons["golden_payloads_load"]
    assert not os.path.exists("nowhere")


@pytest.mark.slow
def test_a_c_type() -> None:
    ctype = ffi.typeof("gear_t *")
    assert check_adapter(ctype, [lambda: ffi.new(ctype, {"size": 3, "teeth": 12})]).ok


def test_what_is_no_check_is_refused() -> None:
    with pytest.raises(ValueError, match="no examples"):
        check_adapter(Gadget, [])
    with pytest.raises(ValueError, match="the promises are"):
        check_adapter(Gadget, [Gadget()], skip={"nothing": "at all"})
    with pytest.raises(adapters.UnknownAdapterError):
        check_adapter(int, [1])
    lock = cffi.FFI().new("int *")
    with pytest.raises(TypeError, match="equal and live"):
        check_adapter("gadgets.Gadget", [Gadget(1)], equal=lambda a, b: lock is lock)
