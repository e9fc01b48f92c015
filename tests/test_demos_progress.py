"""The progress bar: on a terminal, and without rich."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from demo_command import ENVIRONMENT, QUICK, run

from demos.__main__ import DEMOS


@pytest.mark.slow
@pytest.mark.parametrize("name", DEMOS)
def test_no_progress_bar_where_rich_is_not_installed(name: str) -> None:
    hide = "sys.modules['rich'] = None; sys.stderr.isatty = lambda: True"
    result = run(name, *QUICK[name], code=hide)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_progress_bar_on_a_terminal() -> None:
    pytest.importorskip("rich")
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    code = (
        "from demos import __main__; from demos._support import progress; import sys;"
        "progress.DELAY = 0.0; sys.exit(__main__.main(['prime_sieve', '--limit', '1e6']))"
    )
    try:
        subprocess.run(
            [sys.executable, "-c", code],
            env={**ENVIRONMENT, "TERM": "xterm"},
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=60,
            check=True,
        )
        assert b"sieving" in os.read(ours, 1 << 16)
    finally:
        os.close(ours)
        os.close(theirs)
