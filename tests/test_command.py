"""The `adapters` command: what it prints, its exit codes, and one line for a user's mistake."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("click", reason="the command needs the extra [cli]")

from click.testing import CliRunner, Result
from suggested import candidate, suggestions

from adapters._cli.command import command
from adapters._cli.object_reference import resolve

SCRIPT = """
import threading
import gadgets

fine = gadgets.Gadget(3)
bad = {"here": [threading.Lock()], "fine": 1}
adapter = gadgets.adapters.registry["gadgets.Gadget"]

def make():
    return gadgets.Gadget("made")

def examples():
    return [gadgets.Gadget(1), gadgets.Gadget("two")]
"""


SESSION = """
import threading

class Session:
    def __init__(self, url, retries=3):
        self.url, self.retries, self._lock = url, retries, threading.Lock()
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    return tmp_path / "script.py"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def as_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def test_list_shows_what_a_module_registers(script: Path) -> None:
    result = run("list", "gadgets")
    assert result.exit_code == 0
    assert "tools.Tool" in result.output
    rows = {row["name"]: row for row in as_json("list", "gadgets")}
    assert rows["tools.Tool"] == {
        "name": "tools.Tool",
        "version": 1,
        "type": "gadgets.Tool",
        "provider": "gadgets",
        "subclasses": True,
    }


def test_explain_names_the_part_and_fails(script: Path) -> None:
    result = run("explain", "script.py:bad")
    assert result.exit_code == 1
    assert 'bad["here"][0]' in result.output or "bad['here'][0]" in result.output
    assert run("explain", "script.py:fine").exit_code == 0
    assert as_json("explain", "script.py:bad")


class Suggest:
    """Stands for `suggest`, which takes seconds: it notes its arguments."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.found = suggestions(candidate())
        self.calls: list[tuple[Any, Any]] = []
        module: Any = ModuleType("adapters._suggest.suggest")
        module.suggest = self
        monkeypatch.setitem(sys.modules, module.__name__, module)

    def __call__(self, *examples: Any, **options: Any) -> Any:
        self.calls.append((examples, options))
        return self.found


@pytest.fixture
def suggest(monkeypatch: pytest.MonkeyPatch) -> Suggest:
    return Suggest(monkeypatch)


def test_suggest_takes_examples_of_one_type(script: Path, suggest: Suggest) -> None:
    assert run("suggest", "json:1", "json:2").exit_code == 0
    assert run("suggest", "json:3", "--timeout", "5", "--no-batteries").exit_code == 0
    assert suggest.calls == [
        ((1, 2), {"timeout": 60.0, "batteries": True}),
        ((3,), {"timeout": 5.0, "batteries": False}),
    ]
    for wrong in (["json:1", "json:''"], [], ["json:1", "--timeout", "0"]):
        result = run("suggest", *wrong)
        assert result.exit_code == 2
        assert "Traceback" not in result.output
    assert len(suggest.calls) == 2


def test_suggest_prints_what_was_found(script: Path, suggest: Suggest) -> None:
    test = candidate().test
    assert run("suggest", "json:1").output == f"{suggest.found}\n"
    assert run("suggest", "json:1", "--test").output == f"{suggest.found}\n\n{test}"
    assert as_json("suggest", "json:1") == suggest.found.as_dict()
    assert as_json("suggest", "json:1", "--test")["candidates"][0]["test"] == test


def test_suggest_fails_where_the_first_is_not_proven(script: Path, suggest: Suggest) -> None:
    near = candidate(proven=False)
    for found, code in (((), 1), ((near, candidate()), 1), ((candidate(), near), 0)):
        suggest.found = suggestions(*found)
        assert run("suggest", "json:1", "--test").exit_code == code


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the trials are forked children")
def test_what_suggest_prints_works_as_pasted(tmp_path: Path) -> None:
    (tmp_path / "web.py").write_text(SESSION, encoding="utf-8")

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )

    done = python("-m", "adapters", "suggest", "web:Session('a', 5)", "web:Session('b')", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    best = json.loads(done.stdout)["candidates"][0]
    assert best["proven"]
    (tmp_path / "pasted.py").write_text(best["code"], encoding="utf-8")
    program = """
import pickle, pasted, web
twin = pickle.loads(pickle.dumps(web.Session("c", 7)))
print(type(twin) is web.Session, twin.url, twin.retries)
"""
    assert python("-c", program).stdout == "True c 7\n"


def test_audit_runs_nothing(script: Path, tmp_path: Path) -> None:
    payload = tmp_path / "payload"
    payload.write_bytes(b"cno_such_module\nfunction\n(S'argument'\ntR.")
    result = run("audit", str(payload))
    assert result.exit_code == 1
    assert "no_such_module" in result.output
    payload.write_bytes(pickle.dumps(resolve("script.py:fine")))
    assert run("audit", str(payload)).exit_code == 0
    assert "gadgets.Gadget" in json.dumps(as_json("audit", str(payload)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "target", ["script.py:adapter", "script.py:gadgets.Gadget", "gadgets:gadgets.Gadget"]
)
def test_check_takes_an_adapter_a_type_or_a_name(script: Path, target: str) -> None:
    result = run("check", target, "--examples", "script.py:examples")
    assert "round trip" in result.output
    assert result.exit_code in (0, 1)


@pytest.mark.slow
def test_bench_prints_the_costs_and_advises(script: Path) -> None:
    figures = as_json("bench", "script.py:make")
    assert figures["body"] > 0
    assert 0 < figures["later_get"] < figures["first_get"]
    text = run("bench", "script.py:make").output
    assert "each later get()" in text
    assert text.rstrip().endswith(".")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "nowhere"], "neither module:expression nor script.py:expression"),
        (["explain", "no_such_module:x"], "cannot import no_such_module: ModuleNotFoundError"),
        (["explain", "no_such.py:x"], "cannot run no_such.py: FileNotFoundError"),
        (["explain", "script.py:no_such"], "'no_such' fails in script.py: NameError"),
        (["list", "no_such_module"], "cannot import no_such_module"),
        (["check", "script.py:SCRIPT", "--examples", "script.py:examples"], "fails in script.py"),
        (["check", "json:dumps", "--examples", "script.py:examples"], "is no adapter, nor a type"),
        (["audit", "no_such_file"], "does not exist"),
        (["no_such_command"], "No such command"),
    ],
)
def test_a_wrong_use_is_one_line_and_2(script: Path, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_what_cannot_be_sent_is_one_line_and_1(script: Path) -> None:
    result = run("bench", "script.py:bad")
    assert result.exit_code == 1
    assert result.output.startswith("Error: cannot pickle")


def test_help_says_what_there_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "adapters", "--help"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    for name in ("list", "explain", "suggest", "check", "audit", "bench", "Completion"):
        assert name in done.stdout


def test_what_the_terminal_cannot_show_is_an_escape(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text('parts = {"été": (n for n in [])}', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "adapters", "explain", "job.py:parts"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=60,
    )
    assert b"Traceback" not in done.stderr
    assert rb"parts['\xe9t\xe9']" in done.stdout


def test_without_click_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['click'] = None; import runpy; runpy.run_module('adapters')"
    program = program.replace(
        "run_module('adapters')", "run_module('adapters', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert 'pip install "pickling-adapters[cli]"' in done.stderr
    assert "Traceback" not in done.stderr
