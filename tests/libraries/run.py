"""Run the tests of the adapters of packages, each package in a process of its own.

So are those of test_bindings.py, which is about classes that no package has.

`python tests/libraries/run.py [PACKAGE ...]`: some libraries do not stand each other in a process.
The exit code is 1 if a test failed; a package that is not installed is skipped, and named.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TIMEOUT = 1800  # seconds for one package
BINDINGS = "bindings"  # tests of suggestions: no file of adapters
FOR_ALL = "knows_the_file", "has_examples", "finds_each_type", "travels"


def files() -> list[str]:
    found = sorted(HERE.glob("test_*.py"), key=lambda path: path.stem.lower())
    return [path.stem.removeprefix("test_") for path in found if path.stem != "test_all"]


def test(file: str) -> tuple[str, int, str]:
    """(file, exit code, output) of the tests of a package."""
    names = [f"{HERE}/test_all.py::test_{name}[{file}]" for name in FOR_ALL if file != BINDINGS]
    command = [sys.executable, "-m", "pytest", "-q", f"{HERE}/test_{file}.py", *names]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    try:
        done = subprocess.run(command, cwd=ROOT, timeout=TIMEOUT, check=False, **options)
    except subprocess.TimeoutExpired as error:
        return file, 1, f"it did not end within {TIMEOUT} s\n{error.output or ''}"
    return file, done.returncode, done.stdout


def main(wanted: list[str]) -> int:
    types, missing, failed = 0, [], []
    chosen = wanted or files()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for file, code, output in threads.map(test, chosen):
            found = re.search(r"^libraries: (\d+) types", output, re.MULTILINE)
            count = int(found[1]) if found else 0
            types += count
            if code == 0 and not count:
                missing.append(file)
            elif code == 0:
                print(f"{file}: {count} types", flush=True)
            else:
                failed.append(file)
                print(f"{output}\n{file}: FAILED", flush=True)
    tried = len(chosen) - len(missing)
    print(f"libraries: {types} types of {tried} packages passed the kit")
    for what, names in (("not installed, so not tried", missing), ("failed", failed)):
        if names:
            print(f"{what}: {', '.join(names)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
