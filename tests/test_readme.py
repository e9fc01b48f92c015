"""The examples in the README print what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from processes import run

README = Path(__file__).parents[1] / "README.md"
PROGRAM = r"""
import doctest, pathlib, re, sys
text = re.sub("^```.*$", "", pathlib.Path(sys.argv[1]).read_text("utf-8"), flags=re.M)
test = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)
test.globs = vars(sys.modules["__main__"])  # where a reader types them
runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
print(*runner.run(test, clear_globs=False))
"""


@pytest.mark.skipif(not README.exists(), reason="the README is not installed")
def test_the_examples() -> None:
    failed, tried = run("-c", PROGRAM, str(README)).split()[-2:]
    assert failed == "0"
    assert int(tried) > 25
