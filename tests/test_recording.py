"""docs/make_recording.py draws a terminal: its picture is made by hand, as times differ."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

SCRIPT = Path(__file__).parents[1] / "docs" / "make_recording.py"


@pytest.mark.slow
@pytest.mark.skipif(not SCRIPT.exists(), reason="the documentation is not installed")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the trials are forked children")
def test_the_script_draws_a_terminal(tmp_path: Path) -> None:
    for name in ("click", "matplotlib.ft2font", "rich"):
        pytest.importorskip(name)
    picture = tmp_path / "suggest.svg"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(picture)], capture_output=True, text=True, timeout=140
    )
    assert done.returncode == 0, done.stderr
    shown = "".join(ElementTree.parse(picture).getroot().itertext()).replace("\xa0", " ")
    assert "$ adapters suggest fonts:font" in shown
    assert "FT2Font: " in shown
    assert "font-face" not in shown
