"""`import adapters` and `import pickle`, each in a new interpreter without site-packages."""

from __future__ import annotations

import atexit
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import adapters
from benchmarks._measure import Row, Sample

# Timed inside the child, as the start of the interpreter takes longer than the difference.
_CHILD = """
import sys
from time import perf_counter
sys.path.append(sys.argv[1])
start = perf_counter()
import {module}
print(perf_counter() - start)
"""


def rows() -> Iterator[Row]:
    """One row."""
    cache = tempfile.TemporaryDirectory(prefix="benchmarks-")
    atexit.register(cache.cleanup)
    yield Row(
        "import adapters",
        _importing("adapters", cache.name),
        _importing("pickle", cache.name),
        f"import pickle, Python {platform.python_version()}",
        bound=1.0,
        rounds=31,
    )


def _importing(module: str, cache: str) -> Sample:
    """A sample of one import; the first import writes the byte code into the folder `cache`."""
    folder = Path(adapters.__file__).parents[1]
    options = ("-I", "-S", "-X", f"pycache_prefix={cache}")
    command = [sys.executable, *options, "-c", _CHILD.format(module=module), str(folder)]

    def sample() -> float:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return float(done.stdout)

    return sample
