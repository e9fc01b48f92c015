"""The own folder of a child: what foreign code writes lands there, and is removed with it."""

from __future__ import annotations

import os
import sys

_WORK, _TEMPORARY = "work", "tmp"
_VARIABLES = ("TMPDIR", "TEMP", "TMP")


def make() -> str:
    """In the parent: make a folder, of which `work` and `tmp` are empty."""
    import tempfile

    folder = os.path.realpath(tempfile.mkdtemp(prefix="adapters-child-"))
    for each in (_WORK, _TEMPORARY):
        os.mkdir(os.path.join(folder, each))
    return folder


def remove(folder: str) -> None:
    """In the parent: remove a folder, as far as the system lets it."""
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def enter(folder: str) -> None:
    """In a child: work in the folder from now on, and put temporary files there, too."""
    # Imports must go on from where they did.
    sys.path[:] = [os.path.abspath(each) if isinstance(each, str) else each for each in sys.path]
    os.environ.update(dict.fromkeys(_VARIABLES, os.path.join(folder, _TEMPORARY)))
    if module := sys.modules.get("tempfile"):
        vars(module)["tempdir"] = None  # it is looked up anew
    os.chdir(os.path.join(folder, _WORK))


def parts() -> tuple[str, str]:
    """In a child that has entered its folder: where it works, and where temporary files are."""
    temporary = os.environ[_VARIABLES[0]]
    return os.path.join(os.path.dirname(temporary), _WORK), temporary
