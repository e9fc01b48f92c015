"""The own folder of a child: what foreign code writes lands there, and is removed with it."""

from __future__ import annotations

import os
import sys

_WORK, _TEMPORARY = "work", "tmp"
_VARIABLES = ("TMPDIR", "TEMP", "TMP")

entered = ""  # in a child: its own folder


def make() -> str:
    """In the parent: make a folder, of which `work` and `tmp` are empty."""
    import tempfile

    folder = os.path.realpath(tempfile.mkdtemp(prefix="adapters-child-"))
    for each in (_WORK, _TEMPORARY):
        os.mkdir(os.path.join(folder, each))
    return folder


def remove(folder: str) -> None:
    """In the parent: remove a folder, if there is one, as far as the system lets it."""
    if folder:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)


def enter(folder: str) -> None:
    """In a child: work in the folder from now on, and put temporary files there, too."""
    global entered
    # Imports must go on from where they did.
    sys.path[:] = [os.path.abspath(each) if isinstance(each, str) else each for each in sys.path]
    os.environ.update(dict.fromkeys(_VARIABLES, os.path.join(folder, _TEMPORARY)))
    if module := sys.modules.get("tempfile"):
        vars(module)["tempdir"] = None  # it is looked up anew
    os.chdir(os.path.join(folder, _WORK))
    entered = folder


def work_in_another() -> None:
    """In a child: go on in another empty folder inside of its own one."""
    import tempfile

    os.chdir(tempfile.mkdtemp(dir=entered))


def new_path(name: str) -> str:
    """In a child: a new path inside of its own folder, with that last part."""
    import tempfile

    return os.path.join(tempfile.mkdtemp(dir=entered), name)


def content() -> set[str]:
    """In a child: what lies in the folder that it works in, and in that of temporary files."""
    folders = os.getcwd(), os.path.join(entered, _TEMPORARY)
    return {os.path.join(each, name) for each in folders for name in os.listdir(each)}
