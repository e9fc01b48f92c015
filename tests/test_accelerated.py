"""Which form of the hot paths is used; and that both do, and write, the same."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cffi
import pytest
from both_forms import accelerator, needs_c
from processes import TESTS, run

import adapters
from adapters._accelerated import in_c

ADAPTERS = Path(adapters.__file__).parent
HAS_STABLE_ABI = platform.python_implementation() == "CPython" and not sysconfig.get_config_var(
    "Py_GIL_DISABLED"
)

ROUND_TRIP = """
import sys
if sys.argv[1:] == ["hidden"]:
    sys.modules["adapters._accelerator"] = None
import adapters, pickle
from adapters._accelerated import accelerator
class Native:
    def __init__(self, state):
        self.state = state
adapters.register(Native, lambda obj: obj.state, Native)
part = Native({"rows": [1, (2, b"3")], "memory": bytearray(4)})
twin = adapters.loads(adapters.dumps(Native([part, part])))
assert twin.state[0] is twin.state[1]
assert pickle.loads(pickle.dumps(twin)).state[0].state["rows"] == [1, (2, b"3")]
print("Python" if accelerator is None else "C")
"""


def test_the_tests_do_not_run_the_python_form_unasked() -> None:
    """Else the tests of both forms would be twice those of one."""
    if os.environ.get("ADAPTERS_ACCELERATOR") != "0" and HAS_STABLE_ABI:
        assert accelerator is not None


@pytest.mark.parametrize("wanted", [None, "", "0", "1"])
def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch, wanted: str | None) -> None:
    if wanted is None:
        monkeypatch.delenv("ADAPTERS_ACCELERATOR", raising=False)
    else:
        monkeypatch.setenv("ADAPTERS_ACCELERATOR", wanted)
    built = any((ADAPTERS / f"_accelerator{suffix}").exists() for suffix in EXTENSION_SUFFIXES)
    if wanted == "1" and not built:
        pytest.skip("it is not built")
    expected = "C" if built and wanted != "0" else "Python"
    assert run("-c", ROUND_TRIP) == f"{expected}\n"


def test_without_the_extension_it_is_the_python_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADAPTERS_ACCELERATOR", raising=False)
    assert run("-c", ROUND_TRIP, "hidden") == "Python\n"
    monkeypatch.setenv("ADAPTERS_ACCELERATOR", "1")
    with pytest.raises(AssertionError, match=r"(ImportError|ModuleNotFoundError).*_accelerator"):
        run("-c", ROUND_TRIP, "hidden")


def test_a_log_line_says_why_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADAPTERS_ACCELERATOR", raising=False)
    program = """
import logging, sys
logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s %(message)s")
sys.modules["adapters._accelerator"] = None
import adapters
"""
    assert run("-c", program).startswith("adapters adapters runs without its C extension")


def test_it_works_where_the_import_of_cffi_is_blocked() -> None:
    assert run("-c", f"import sys; sys.modules['_cffi_backend'] = None\n{ROUND_TRIP}") != ""


# Both forms are one format

WRITTEN = """
import cffi, copy, hashlib, pickle, adapters
from gadgets import Gadget
ffi = cffi.FFI()
ffi.cdef("struct spot { int x; double y; }; struct pair { struct spot spot; char c; };")
objects = {}
for name in ("struct spot", "struct spot *", "struct pair", "struct pair *"):
    adapter = adapters.register_struct(ffi.typeof(name), name=name)
    print(name, adapter.fingerprint)
    made = ffi.new(f"{name.strip(' *')} *")
    objects[name] = made if "*" in name else made[0]
shared = [[1], {"key": b"value"}]
states = [
    1, b"bytes", shared, [shared, shared], {(1, 2): object}, bytearray(3), bytes(1 << 20),
    [Gadget(1), Gadget([Gadget(2), memoryview(b"3")])], (True, None, 1j), {1, 2},
]
objects |= {f"state {index}": Gadget(state) for index, state in enumerate(states)}
for name, obj in objects.items():
    twice = [obj, obj]
    for protocol in (2, 4, 5):
        for dumps in (pickle.dumps, pickle._dumps, adapters.dumps):
            data = dumps(twice, protocol)
            pickle.loads(data)
            print(name, protocol, dumps.__name__, hashlib.sha256(data).hexdigest())
    for copier in (copy.copy, copy.deepcopy):
        assert type(copier(obj)) in (Gadget, *map(type, objects.values()))
"""


@needs_c
def test_both_write_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for wanted in "01":
        monkeypatch.setenv("ADAPTERS_ACCELERATOR", wanted)
        written.append(run("-c", WRITTEN))
    assert written[0] == written[1]
    assert written[0].count("\n") == 4 + 14 * 9


# What stands for a function


def declared() -> Any:
    ffi = cffi.FFI()
    ffi.cdef("struct spot { int x; double y; };")
    return ffi


def test_what_stands_for_a_function_is_not_copied_with_its_attributes() -> None:
    """A wrapper has all attributes of what it wraps, and does something else."""
    ffi = declared()
    ctype = ffi.typeof("struct spot *")
    layout = adapters.StructLayout(ctype, {})

    @functools.wraps(layout.serialize)
    def serialize(spot: Any) -> Any:
        return {**layout.serialize(spot), "more": 1}

    class Methods:
        @functools.wraps(layout.factory)
        def factory(self, state: Any) -> Any:
            assert state.pop("more") == 1
            return layout.factory(state)

    adapters.register(ctype, serialize, Methods().factory, name="wrapped spot")
    try:
        for _ in range(2):  # from the second one on, the key is known
            twin = adapters.loads(adapters.dumps(ffi.new("struct spot *", {"x": 1})))
            assert twin.x == 1
    finally:
        adapters.unregister(ctype)


def test_what_stands_for_a_function() -> None:
    class Methods:
        def original(self) -> None: ...

        def other(self) -> None: ...

        @property
        def _in_c(self) -> Any:
            raise RuntimeError

    methods = Methods()
    for function in (Methods.original, Methods.other):
        function._in_c = Methods.original, len  # type: ignore[attr-defined]
    functions: list[tuple[Callable[..., Any], Any]] = [
        (methods.original, len),
        (methods.other, methods.other),
        (Methods.original, Methods.original),
        (methods, methods),  # type: ignore[list-item]
        (len, len),
    ]
    for given, expected in functions:
        assert in_c(given) == expected


# Other interpreters

INTERPRETER = """
try:
    import _interpreters as interpreters
    options = {"config": "legacy"}  # which share the interpreter lock, as extensions may need it
except ImportError:
    import _xxsubinterpreters as interpreters
    options = {"isolated": False}
program = '''
import gc, pickle, adapters
class Native:
    def __init__(self, state):
        self.state = state
Native.__module__, Native.__qualname__ = "adapters", "Native"
adapters.Native = Native
adapters.register(Native, lambda obj: obj.state, Native)
part = Native([1, (2, b"3")])
for _ in range(3):
    data = pickle.dumps([Native([part, part]), Native(bytearray(3))])
    assert pickle.loads(data)[0].state[0].state == [1, (2, b"3")]
loop = Native([])
loop.state.append(loop)
try:
    adapters.dumps(loop)
except adapters.SerializeError:
    print("done", flush=True)
'''
import adapters
for _ in range(2):
    interpreter = interpreters.create(**options)
    failed = interpreters.run_string(interpreter, program)
    assert failed is None, failed
    interpreters.destroy(interpreter)
print(adapters.loads(adapters.dumps(1)))
"""


def test_another_interpreter_of_the_same_process() -> None:
    if not any(map(find_spec, ("_interpreters", "_xxsubinterpreters"))):
        pytest.skip("this Python has none")
    assert run("-c", INTERPRETER) == "done\ndone\n1\n"


def test_a_process_may_end_in_the_middle_of_pickling() -> None:
    program = """
import pickle, adapters
from gadgets import Gadget
class Late:
    def __del__(self, dumps=pickle.dumps, Gadget=Gadget):
        dumps(Gadget([Gadget(1)]))
        dumps(Gadget([set()]))
late = Late()
late.itself = [late]
kept = Gadget([set()]).__reduce_ex__, adapters.registry["gadgets.Gadget"].reduce(Gadget([set()]))
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ADAPTERS.parent), str(TESTS)])},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
