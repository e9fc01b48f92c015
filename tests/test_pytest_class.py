"""Conformance: the promises of an adapter as tests of pytest."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from gadgets import Gadget

import adapters
from adapters._conformance.promises import PROMISES
from adapters.testing import Conformance


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
    roots = [str(Path(adapters.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-W", "error"),
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
    said = run_pytest(tmp_path, "-k", "golden")
    assert "1 skipped" in said
    assert "nothing was recorded; run pytest -p adapters.testing --adapters-record once" in said
    # The plugin may have been imported before pytest loads it, and be named twice.
    conftest = "import adapters.testing\npytest_plugins = ['adapters.testing']\n"
    (tmp_path / "conftest.py").write_text(conftest)
    said = run_pytest(tmp_path, "-p", "adapters.testing", "--adapters-record", "--collect-only")
    assert f"{len(PROMISES)} tests collected" in said
    golden = tmp_path / "adapters-golden"
    assert not golden.exists()
    said = run_pytest(tmp_path, "--adapters-record")
    skipped = 2 if "forkserver" in multiprocessing.get_all_start_methods() else 4
    assert f"{len(PROMISES) - skipped} passed, {skipped} skipped" in said
    assert "PASSED test_widgets.py::TestWidget::test_threads_at_once" in said
    assert sorted(path.name for path in golden.iterdir()) == [
        "widgets.Widget.v1.large.pickle",
        "widgets.Widget.v1.small.pickle",
    ]
    (tmp_path / "conftest.py").unlink()
    assert "1 passed" in run_pytest(tmp_path, "-k", "golden")
    (tmp_path / "widgets.py").write_text(WIDGETS.replace("Widget(*state)", "Widget(state[1])"))
    said = run_pytest(tmp_path, "-k", "spawned or threads")
    assert "1 failed, 1 skipped" in said
    assert "widgets.Widget" in said
    assert "IndexError" in said
    assert "not checked while this is broken: round trip in a spawned child" in said
    assert "pytest_class.py" not in said.partition("short test summary")[0]


def test_pytest_is_imported_only_by_its_side() -> None:
    program = "import sys, adapters.testing; print('pytest' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"
