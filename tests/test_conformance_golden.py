"""Golden payloads: recorded once, loaded for ever, and led through the upgrades."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from wrong_adapters.old_and_wrong import Grown

import adapters
from adapters._conformance.promises import PROMISES
from adapters.testing import ConformanceError, check_adapter


def test_golden_payloads_are_recorded_once_and_go_through_upgrades(tmp_path: Path) -> None:
    others = {each.name: "not now" for each in PROMISES[5:] if "golden" not in each.name}
    options: dict[str, Any] = {"golden": tmp_path, "skip": others}
    examples = {"a/b": Grown("x")}
    # As earlier releases wrote them.
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


def test_a_name_may_look_like_a_version(tmp_path: Path) -> None:
    class Local:
        def __init__(self, value: Any) -> None:
            self.value = value

    adapter = adapters.register(Local, lambda local: local.value, Local, name="local.v1.Local")
    skip = {each.name: "not now" for each in PROMISES[5:] if "golden" not in each.name}
    try:
        report = check_adapter(
            adapter, {"a.v2.b": Local(1)}, golden=tmp_path, record_golden=True, skip=skip
        )
    finally:
        adapters.unregister(Local)
    found = {result.promise: result.status for result in report.results}
    assert found["golden_payloads_load"] == "passed"


class _Payload:
    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def __reduce__(self) -> Any:
        name, version, state = self.parts
        return adapters.rebuild, (name, version, "wrong_adapters", state)
