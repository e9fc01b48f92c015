"""What an audit finds in payloads, and that it runs none of them."""

from __future__ import annotations

import copyreg
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from gadgets import Gadget
from payloads import ARGUMENTS, GOLDEN, PROTOCOLS, Outside, assert_not_understood, paths

import adapters
from adapters._payload.audit import audit

# Name, version, provider and the number of objects in each payload of tests/golden.
EXPECTED: dict[str, tuple[str, int, str, int]] = {
    "scalar": ("gadgets.Gadget", 1, "gadgets", 1),
    "nested": ("gadgets.Gadget", 1, "gadgets", 2),
    "buffers": ("gadgets.Gadget", 1, "gadgets", 1),
    "struct": ("gadgets:gear_t *", 1, "gadgets", 1),
    "spec": ("gadgets.Gadget", 1, "gadgets", 1),
    "sieve": ("native.Sieve", 1, "native.specs", 1),
    "sieve_counted": ("native.Sieve", 2, "native.specs", 1),
    "sieve_lines": ("native.Sieve", 2, "native.specs", 1),
    "words": ("native.WordList", 1, "native.specs", 1),
}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_payloads(path: Path) -> None:
    payload = path.read_bytes()
    report = audit(payload)
    name, protocol = path.stem.split(".")
    (adapter,) = report.adapters
    found = (adapter.name, adapter.version, adapter.provider, len(adapter.states))
    assert found == EXPECTED[name]
    assert adapter.specs == (name == "spec")
    assert report.complete
    assert report.only_adapters
    assert not report.foreign
    assert (report.protocol, report.size) == (int(protocol), len(payload))
    assert all(0 < state < len(payload) for state in adapter.states)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_globals_are_those_that_an_unpickler_looks_up(protocol: int) -> None:
    payload = pickle.dumps([Outside(print, ("a",)), Outside(Gadget, ()), {1}, b"b"], protocol)
    looked_up = []

    class Listing(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            looked_up.append(f"{module}.{name}".replace("__builtin__", "builtins"))
            return Outside

    import io

    try:
        Listing(io.BytesIO(payload)).load()
    finally:
        assert paths(audit(payload)) == list(dict.fromkeys(looked_up))


def test_sizes_and_counts() -> None:
    payload = pickle.dumps([Gadget("x" * 50), Gadget("y" * 60)], 5)
    (adapter,) = audit(payload).adapters
    assert adapter.states == (53, 63)  # opcode, length, text, MEMOIZE
    assert audit(pickle.dumps([1, None, "text", (2,), {"k": []}])).values == 9
    large = pickle.dumps(Gadget(bytearray(5000)), 5, buffer_callback=lambda _: None)
    assert audit(large).buffers == audit(large, buffers=[b"x"]).buffers == 1


def test_the_size_of_a_state_is_that_of_all_its_opcodes() -> None:
    for state, size in ((b"K\1K\2\x86", 5), (b"(K\1K\2\x91", 5), (b"](K\1e", 5), (b"N", 1)):
        payload = b"cadapters\nrebuild\n" + ARGUMENTS[:-2] + state + b"tR."
        assert audit(payload).adapters[0].states == (size,)


def test_too_few_buffers_are_a_problem() -> None:
    payload = pickle.dumps(Gadget(bytearray(5000)), 5, buffer_callback=lambda _: None)
    assert "more buffers than the 0" in audit(payload, buffers=[]).problems[0].message


@pytest.mark.parametrize("protocol", range(2, 6))
def test_an_adapter_by_value_is_audited_inside(protocol: int) -> None:
    class Local:
        pass

    adapters.register(Local, lambda local: 5, lambda state: eval("1"), name="local")
    try:
        report = audit(adapters.dumps([Local(), Local()], protocol))
    finally:
        adapters.unregister(Local)
    (adapter,) = report.adapters
    assert adapter.by_value
    assert adapter.provider is None
    assert len(adapter.states) == 2
    assert adapter.nested is not None
    assert "cloudpickle.cloudpickle._make_function" in paths(adapter.nested)
    assert not report.only_adapters
    assert "by value" in str(report)
    assert "runs code of its own choice" in str(report).splitlines()[-1]


def test_an_adapter_that_could_not_go_by_value() -> None:
    payload = pickle.dumps(Outside(adapters.rebuild, ("x", 1, ("print", "TypeError: no"), None)))
    (adapter,) = audit(payload).adapters
    assert adapter.by_value
    assert adapter.nested is None


def test_payloads_inside_calls_are_audited() -> None:
    inner = pickle.dumps(Outside(eval, ("1",)))
    report = audit(
        pickle.dumps(Outside(pickle.loads, (pickle.dumps(Outside(pickle.loads, (inner,))),)))
    )
    (first,) = report.nested
    (second,) = first.nested
    assert paths(second) == ["builtins.eval"]
    assert report.complete


def test_payloads_too_deep_inside_each_other_are_not_understood() -> None:
    payload = pickle.dumps(1)
    for _ in range(12):
        payload = pickle.dumps(Outside(pickle.loads, (payload,)))
    report = audit(payload)
    assert not report.complete
    assert "too deep" in str(report)


def test_a_pickle_in_bytes_is_bytes() -> None:
    assert audit(pickle.dumps([pickle.dumps(Outside(eval, ("1",)))])).only_adapters


@pytest.mark.parametrize(
    ("payload", "calls"),
    [
        (b"cos\nsystem\n(Vls\ntR.", [("os.system", "REDUCE", "ls")]),
        (b"(Vls\nios\nsystem\n.", [("os.system", "INST", "ls")]),
        (b"(cos\nsystem\nVls\no.", [("os.system", "OBJ", "ls")]),
        (b"cos\nsystem\n(Vls\nt\x81.", [("os.system", "NEWOBJ", "ls")]),
        (b"cos\nsystem\n(Vls\nt}\x92.", [("os.system", "NEWOBJ_EX", "ls")]),
        (b"cos\nsystem\n}b.", [("os.system, changed", "BUILD", None)]),
        (b"cos\nsystem\nNa.", [("os.system, changed", "APPENDS", None)]),
        (b"cos\nsystem\nNNs.", [("os.system, changed", "SETITEMS", None)]),
        (b"cos\nsystem\n(N\x90.", [("os.system, changed", "ADDITEMS", None)]),
        (
            b"cbuiltins\ngetattr\n(cos\npath\nVx\ntR)R.",
            [
                ("builtins.getattr", "REDUCE", None),
                ("what builtins.getattr returns", "REDUCE", None),
            ],
        ),
        (b"c__builtin__\nexecfile\n)R.", [("builtins.execfile", "REDUCE", None)]),
        (b"\x80\x04\x8c\x02os\x94h\x000\x8c\x06system\x93)R.", [("os.system", "REDUCE", None)]),
    ],
)
def test_calls(payload: bytes, calls: Any) -> None:
    report = audit(payload)
    assert [(call.path, call.how, call.argument) for call in report.calls] == calls
    assert not report.only_adapters


def test_a_state_for_a_list_is_not_plain_data() -> None:
    report = audit(b"]}b.")
    assert report.complete
    assert not report.foreign
    assert not report.only_adapters


def test_an_extension_code_is_not_looked_up_in_the_cache() -> None:
    copyreg.add_extension("os", "system", 77)
    try:
        copyreg._extension_cache[77] = eval  # type: ignore[attr-defined]
        assert audit(b"\x82\x4d.").problems
    finally:
        copyreg.remove_extension("os", "system", 77)
        copyreg._extension_cache.pop(77, None)  # type: ignore[attr-defined]


def test_nothing_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "audited_side_effect.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    report = audit(b"caudited_side_effect\nthing\n)R.")
    assert paths(report) == ["audited_side_effect.thing"]
    assert "audited_side_effect" not in sys.modules


def test_any_bytes_like_object() -> None:
    payload = pickle.dumps([1])
    assert audit(bytearray(payload)) == audit(memoryview(payload)) == audit(payload)


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"\x82\x05.", "extension code 5"),
        (b"\x83\x05\x00.", "extension code 5"),
        (b"\x84\x05\x00\x00\x00.", "extension code 5"),
        (b"P1\n.", "persistent id"),
        (b"NQ.", "persistent id"),
        (b"\x80\x04\x8c\x02osN\x93.", "strings that it computes"),
        (b"\x80\x04\x8c\x02oscbuiltins\nstr\n)R\x93.", "strings that it computes"),
        (b"cadapters\nrebuild\n)R.", "arguments of adapters.rebuild"),
        (b"cadapters\nrebuild\nNR.", "arguments of adapters.rebuild"),
        (b"cadapters\nSpec\n)\x81.", "arguments of adapters.Spec"),
        (b"cbuiltins\nbytes\nJ\xff\xff\xff\x7f\x85R.", "arguments of builtins.bytes"),
        (b"cpickle\nloads\n)R.", "what pickle.loads loads is not"),
        (b"cpickle\nloads\ncos\ngetcwdb\n)R\x85R.", "what pickle.loads loads is not"),
    ],
)
def test_what_is_not_understood_is_said_and_not_guessed(payload: bytes, problem: str) -> None:
    assert_not_understood(payload, problem)


def test_problems_have_a_limit() -> None:
    assert len(audit(b"(" + b"\x82\5" * 150 + b"t.").problems) == 100
