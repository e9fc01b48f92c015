"""The conformance kit finds what is wrong with an adapter, that alone, and says what to do."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import cffi
import pytest
import wrong_adapters
from gadgets import Gadget, ffi
from hypothesis import strategies as st
from wrong_adapters import WRONG

import adapters
from adapters._conformance.equality import difference
from adapters._conformance.promises import PROMISES
from adapters._conformance.wrong_states import wrong_states
from adapters.testing import Conformance, ConformanceError, check_adapter

NAMES = [promise.name for promise in PROMISES]


def wrong_names() -> list[Any]:
    """One wrong adapter per promise is quick; the others break it in another way."""
    seen: set[str] = set()
    params = []
    for name, (promise, *_) in WRONG.items():
        cheap = promise not in seen or promise in NAMES[:4]
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


def test_each_promise_has_a_wrong_adapter() -> None:
    of_golden = {"golden_payloads_load"}  # below, with a folder
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
    assert "breaks 1 of 23 promises" in str(twin)
    skipped = {r.promise: r.reason for r in twin.report.results if r.status == "skipped"}
    assert skipped["threads_at_once"] == "not checked while this is broken: state pickles"


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


def test_examples_from_a_strategy() -> None:
    strategy = st.builds(Gadget, st.integers() | st.text() | st.binary())
    report = check_adapter(Gadget, strategy, golden="nowhere", record_golden=True)
    assert len(report.examples) == 5
    reasons = {result.promise: result.reason for result in report.results}
    assert "strategy" in reasons["golden_payloads_load"]
    assert not os.path.exists("nowhere")


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


def test_golden_payloads_are_recorded_once_and_go_through_upgrades(tmp_path: Path) -> None:
    others = {name: "not now" for name in NAMES[5:] if "golden" not in name}
    options: dict[str, Any] = {"golden": tmp_path, "skip": others}
    examples = {"a/b": wrong_adapters.Grown("x")}
    # As releases before wrote them.
    for version in (1, 2):
        payload = pickle.dumps(_Payload("wrong.Grown", version, ("x",) * version), 4)
        (tmp_path / f"wrong.Grown.v{version}.a_b.pickle").write_bytes(payload)
    assert check_adapter("wrong.Grown", examples, record_golden=True, **options).ok
    recorded = tmp_path / "wrong.Grown.v3.a_b.pickle"
    first = recorded.read_bytes()
    assert pickle.loads(first).value == "x"
    for content, says in (
        (pickle.dumps(_Payload("wrong.Grown", 3, ("x", "x")), 4), "no longer loads"),
        (pickle.dumps(_Payload("wrong.Grown", 3, ("y",) * 3), 4), "is not equal"),
        (pickle.dumps(_Payload("wrong.Grown", 2, ("x",) * 2), 4), r"upgrades \[2\]"),
        (first[:20], "no longer loads"),
    ):
        file = tmp_path / "wrong.Grown.v1.a_b.pickle" if "upgrades" in says else recorded
        before = file.read_bytes()
        file.write_bytes(content)
        with pytest.raises(ConformanceError, match=says) as raised:
            check_adapter("wrong.Grown", examples, record_golden=True, **options)
        assert [each.promise for each in raised.value.report.failures] == ["golden_payloads_load"]
        assert file.read_bytes() == content
        file.write_bytes(before)


class _Payload:
    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def __reduce__(self) -> Any:
        name, version, state = self.parts
        return adapters.rebuild, (name, version, "wrong_adapters", state)


def test_wrong_states_are_many_and_differ() -> None:
    state = (1, "text", [2.5, {"key": b"bytes"}], memoryview(b"12345678"), None)
    found = dict(wrong_states(state))
    assert len(found) > 60
    for wanted in (
        "the state[0] missing",
        "the state reversed",
        "the state[2][1]['key'] cut in half",
        "the state[3] all bytes 255",
        "the state[1] = None",
        "the state[2][1] without the key 'key'",
    ):
        assert difference(state, found[wanted]), wanted


class TestGadget(Conformance):
    adapter = Gadget
    examples = (Gadget(1), lambda: Gadget("text"))
    golden = None

    @staticmethod
    def equal(a: Gadget, b: Gadget) -> bool:
        return a == b


TESTS = """
import adapters.testing
from widgets import Widget

class TestWidget(adapters.testing.Conformance):
    adapter = Widget
    examples = {"small": lambda: Widget(1), "large": Widget("x" * 10_000)}
"""
WIDGETS = """
import adapters

class Widget:
    def __init__(self, value):
        self.value = value

adapters.register(Widget, lambda widget: (widget.value,), lambda state: Widget(*state))
"""


def run_pytest(folder: Path, *arguments: str) -> str:
    plugin = "adapters._conformance.pytest_plugin"
    installed = any(each.value == plugin for each in entry_points(group="pytest11"))
    roots = [str(Path(adapters.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-W", "error"),
            *(() if installed else ("-p", plugin)),
            *arguments,
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert not done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_class_for_pytest_and_its_golden_payloads(tmp_path: Path) -> None:
    (tmp_path / "widgets.py").write_text(WIDGETS)
    (tmp_path / "test_widgets.py").write_text(TESTS)
    golden = tmp_path / "adapters-golden"
    said = run_pytest(tmp_path, "--adapters-record")
    skipped = 1 if "forkserver" in multiprocessing.get_all_start_methods() else 3
    assert f"{len(NAMES) - skipped} passed, {skipped} skipped" in said
    assert "PASSED test_widgets.py::TestWidget::test_threads_at_once" in said
    assert sorted(path.name for path in golden.iterdir()) == [
        "widgets.Widget.v1.large.pickle",
        "widgets.Widget.v1.small.pickle",
    ]
    (tmp_path / "widgets.py").write_text(WIDGETS.replace("Widget(*state)", "Widget(state[1])"))
    said = run_pytest(tmp_path, "-k", "spawned or threads")
    assert "1 failed, 1 skipped" in said
    assert "widgets.Widget" in said
    assert "IndexError" in said
    assert "not checked while this is broken: round trip in a spawned child" in said
    assert "conformance_pytest.py" not in said.partition("short test summary")[0]


def test_pytest_is_imported_only_by_its_side() -> None:
    program = "import sys, adapters.testing; print('pytest' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"
