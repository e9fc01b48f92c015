"""The code on the pages in docs/ works: each block of a page is run, in order, as a reader runs it.

A block that begins with a comment `file: NAME` is written to a file in the folder of the page.
Blocks with `>>>` are one Python session per page. Commands in console blocks are run, and their
output is compared. Commands that install or measure something are in NOT_RUN, and are not run.
"""

from __future__ import annotations

import doctest
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import adapters

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [
    path
    for path in sorted(DOCS.rglob("*.md"))
    if re.search(r"^```\w+$", path.read_text("utf-8"), re.MULTILINE)
]

# What the code of a page needs beside this package: modules, or commands.
NEEDS = {
    "engines.md": ["loky", "mpi4py", "mpiexec"],
    "tutorial.md": ["cc", "setuptools"],
    "how-to/cpp.md": ["c++", "pybind11", "Cython", "setuptools"],
    "how-to/dask.md": ["distributed"],
    "how-to/eigen.md": ["c++", "eigen", "numpy", "pybind11", "setuptools"],
    "how-to/find-what-does-not-pickle.md": ["adapters:explain", "click"],
    "how-to/other-transports.md": ["anyio"],
    "how-to/large-parts.md": ["numpy"],
    "how-to/library-authors.md": ["adapters:testing"],
    "how-to/matrices.md": ["c++", "numpy", "pybind11", "Cython", "setuptools"],
    "how-to/nanobind.md": ["c++", "nanobind", "setuptools"],
    "how-to/progress.md": ["rich", "tqdm"],
    "how-to/ray.md": ["ray"],
    "how-to/suggest-an-adapter.md": ["fork", "click"],
    "how-to/test-an-adapter.md": ["adapters:testing", "click"],
    "how-to/trust.md": ["adapters:audit", "click"],
}
SLOW = {"tutorial.md", *NEEDS} | {
    "explanation/failures.md",
    "how-to/expensive-objects.md",
    "how-to/forkserver.md",
    "how-to/scripts-and-notebooks.md",
}
# Commands of this environment come first, as where it is activated.
PATH = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
RUN = re.compile("(python|adapters|mpiexec) ")
NOT_RUN = re.compile(r"python3 -m venv|\. |pip |make|sphinx-build |adapters bench ")

# One Python session, with files and commands in between. It runs in the namespace of `__main__`, as
# the session of a reader does.
PROGRAM = r"""
def _page():
    import doctest, json, os, subprocess, sys

    blocks = json.load(sys.stdin)
    sys.stdin = open(os.devnull)
    checker, parser = doctest.OutputChecker(), doctest.DocTestParser()
    runner = doctest.DocTestRunner(checker, optionflags=doctest.ELLIPSIS)
    failed = ran = 0
    for line, kind, what, text in blocks:
        if kind == "file":
            os.makedirs(os.path.dirname(what) or ".", exist_ok=True)
            with open(what, "w", encoding="utf-8") as file:
                file.write(text)
        elif kind == "session":
            test = parser.get_doctest(text, {}, "page", "page", line)
            test.globs = vars(sys.modules["__main__"])
            runner.run(test, clear_globs=False)
        else:
            program, _, rest = what.partition(" ")
            module = "" if program == "python" else "-m adapters "
            command = what if program == "mpiexec" else f'"{sys.executable}" {module}{rest}'
            done = subprocess.run(
                command, shell=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90,
            )
            ran += 1
            right = checker.check_output(text, done.stdout, doctest.ELLIPSIS)
            if not right if text else done.returncode:
                failed += 1
                print(f"line {line}: $ {what}\nexpected:\n{text}got:\n{done.stdout}")
    print(runner.failures + failed, runner.tries + ran)


_page()
"""


Block = tuple[int, str, str, str]


def blocks_of(page: Path) -> list[Block]:
    """(line, kind, file name or command, text) of each block or command of a page."""
    text = page.read_text("utf-8")
    found = []
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        language, body = match.groups()
        line = text.count("\n", 0, match.start()) + 1
        before = text[: match.start()].rstrip().rpartition("\n")[2]
        named = re.match(r"(?:#|//|/\*|#:) file: (\S+)", body)
        if language == "text":
            continue
        if named:
            found.append((line, "file", named[1], body))
        elif language == "python" and body.startswith(">>>"):
            found.append((line, "session", before, body))
        elif language == "console":
            for part in re.findall(r"^\$ .*?(?=^\$ |\Z)", body, re.DOTALL | re.MULTILINE):
                command, _, want = part[2:].partition("\n")
                if not NOT_RUN.match(command):
                    assert re.match("(python|adapters|mpiexec) ", command), (
                        f"{page}:{line}: {command}"
                    )
                    found.append((line, "command", command.partition("  #")[0], want))
        else:
            raise AssertionError(f"{page}:{line}: a {language} block that nothing runs")
    return found


def sessions_of(blocks: list[Block]) -> list[list[Block]]:
    """The blocks of each Python session; "In a new Python" before a block starts the next one."""
    sessions: list[list[Block]] = [[]]
    for block in blocks:
        if block[1] == "session" and "In a new Python" in block[2]:
            sessions.append([])
        sessions[-1].append(block)
    return sessions


def missing(need: str) -> str | None:
    """The reason why a need of a page is not met on this machine, or None."""
    if need in ("cc", "c++", "mpiexec"):
        return None if shutil.which(need, path=PATH) else f"there is no {need}"
    if need == "eigen":
        pip = Path(sysconfig.get_path("purelib"), "cmeel.prefix/include/eigen3")
        found = any((each / "Eigen").exists() for each in (pip, Path("/usr/include/eigen3")))
        return None if found else "there are no headers of Eigen"
    if need == "fork":
        return None if hasattr(os, "fork") else "there is no fork"
    module, _, name = need.partition(":")
    if name:
        try:
            __import__(f"{module}.{name}") if name == "testing" else getattr(adapters, name)
        except (ImportError, AttributeError) as error:
            return str(error)
        return None
    pytest.importorskip(module)
    return None


def pages() -> list[Any]:
    return [
        pytest.param(
            page,
            id=name,
            marks=[pytest.mark.slow] if name in SLOW else [],
        )
        for page in PAGES
        for name in [page.relative_to(DOCS).as_posix()]
    ]


@pytest.mark.skipif(not DOCS.exists(), reason="the documentation is not installed")
@pytest.mark.parametrize("page", pages())
def test_the_page(page: Path, tmp_path: Path) -> None:
    for need in NEEDS.get(page.relative_to(DOCS).as_posix(), []):
        if reason := missing(need):
            pytest.skip(reason)
    blocks = blocks_of(page)
    roots = [str(ROOT), str(tmp_path), os.environ.get("PYTHONPATH", "")]
    for session in sessions_of(blocks):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=json.dumps(session),
            cwd=tmp_path,
            env={**os.environ, "PATH": PATH, "PYTHONPATH": os.pathsep.join(filter(None, roots))},
            capture_output=True,
            text=True,
            timeout=140,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        failed, tried = done.stdout.splitlines()[-1].split()
        assert failed == "0", done.stdout + done.stderr
        assert tried != "0"


def in_the_reference(directive: str) -> list[str]:
    """What the directives of that name in the reference document."""
    pages = sorted((DOCS / "reference").glob("*.md"))
    text = "\n".join(page.read_text("utf-8") for page in pages)
    return re.findall(rf"^\.\. {directive}:: ([\w.]+)", text, re.MULTILINE)


@pytest.mark.skipif(not DOCS.exists(), reason="the documentation is not installed")
@pytest.mark.parametrize("module", ["adapters", "adapters.stores", "adapters.testing"])
def test_the_reference_has_every_public_name(module: str) -> None:
    documented = set(in_the_reference(r"[\w:]+"))
    public = import_module(module)
    modules = {"libraries", "stores", "testing"}  # which have pages or sections of their own
    names = set(public.__all__) - modules
    assert {f"{module}.{name}" for name in names} <= documented


@pytest.mark.skipif(not DOCS.exists(), reason="the documentation is not installed")
def test_the_reference_has_every_variable() -> None:
    package = Path(adapters.__file__).parent
    code = "".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    names = set(re.findall(r"environ\b.*?\b(ADAPTERS_\w+)", code))
    assert names
    pages = [page for page in DOCS.rglob("*.md") if "reference" in page.relative_to(DOCS).parts[0]]
    reference = "".join(page.read_text("utf-8") for page in pages)
    assert names <= set(re.findall(r"^\| `(ADAPTERS_\w+)`", reference, re.MULTILINE))


@pytest.mark.skipif(not DOCS.exists(), reason="the documentation is not installed")
def test_what_stays_compatible() -> None:
    """Modules without an underscore are promises, and so is the oldest Python."""
    page = (DOCS / "explanation/compatibility.md").read_text("utf-8")
    package = Path(adapters.__file__).parent
    modules = {path.stem for path in package.glob("*.py")}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    public = {f"adapters.{name}" for name in modules if not name.startswith("_")}
    assert public <= set(re.findall(r"^\| `(adapters\.\w+)` \|", page, re.MULTILINE))
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    oldest = re.search(r'^requires-python = ">=([\d.]+)"', project, re.MULTILINE)
    assert oldest is not None
    assert f"| CPython {oldest[1]} to " in page


@pytest.mark.skipif(not DOCS.exists(), reason="the documentation is not installed")
def test_every_page_is_in_a_list_of_pages() -> None:
    listed = {DOCS / "index.md"}
    for page in DOCS.rglob("*.md"):
        for toctree in re.findall(r"```{toctree}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            names = [line for line in toctree.splitlines() if line and line[0] != ":"]
            listed |= {page.parent / f"{name}.md" for name in names}
    assert listed == set(DOCS.rglob("*.md"))


def documented_objects() -> list[tuple[str, Any]]:
    """The objects whose docstrings are in the reference."""
    found = []
    for name in in_the_reference(r"auto\w+"):
        try:
            found.append((name, pkgutil.resolve_name(name)))
        except (ImportError, AttributeError):  # an engine that is not installed
            continue
    return found


@pytest.mark.skipif(not DOCS.exists(), reason="the documentation is not installed")
def test_the_examples_in_the_reference() -> None:
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for name, obj in documented_objects():
        function = getattr(obj, "__init__", obj) if isinstance(obj, type) else obj
        names = getattr(function, "__globals__", {})  # those of its module, as in doctest
        test = doctest.DocTestParser().get_doctest(obj.__doc__ or "", names, name, name, 0)
        runner.run(test, out=output.append)
    assert runner.failures == 0, "".join(output)
    assert runner.tries > 5
