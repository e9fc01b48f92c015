"""The folder of a user in a directory where all users may write: no other user can open it.

Anybody can make a folder of the usual name, or a file or a symlink, before the user does. What is
not the user's alone is passed over for a folder with a random part in its name.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from re import fullmatch


def folder_in(directory: str) -> str:
    """The folder of this user in a directory; made where there is none.

    Raises:
        OSError: it cannot be made.
    """
    usual = os.path.join(directory, _name())
    with suppress(FileExistsError):
        os.mkdir(usual, 0o700)
    if _is_usable(usual):
        return usual
    for found in folders_of(directory, names_in(directory)):
        return found
    other = f"{usual}-{secrets.token_hex(8)}"
    os.mkdir(other, 0o700)
    _is_usable(other)  # whatever the umask is
    return other


def names_in(directory: str) -> list[str]:
    """What is in a directory; the usual name alone where this user may not list it."""
    try:
        return os.listdir(directory)
    except PermissionError:
        return [_name()]


def folders_of(directory: str, names: Iterable[str]) -> Iterator[str]:
    """Those of the names in a directory that are folders of this user alone."""
    pattern = f"{_name()}(-[0-9a-f]{{16}})?"
    paths = (os.path.join(directory, name) for name in names if fullmatch(pattern, name))
    return filter(_is_usable, paths)


def is_private(found: os.stat_result) -> bool:
    """Whether this user owns what was found, and no other user may open it."""
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _name() -> str:
    return f"adapters-{os.geteuid() if hasattr(os, 'geteuid') else 'user'}"


def _is_usable(folder: str) -> bool:
    """Whether a path is a folder of this user alone; a mode that shuts this user out is mended."""
    try:
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or not is_private(found):
            return False
        if hasattr(os, "geteuid") and found.st_mode & 0o700 != 0o700:
            _mend(folder)
    except OSError:
        return False
    return True


def _mend(folder: str) -> None:
    """Give a folder its mode, of which a umask or a hand has taken a part."""
    if not hasattr(os, "O_PATH"):
        os.chmod(folder, 0o700, follow_symlinks=False)
        return
    # A descriptor is of what was looked at, whatever is at the path by now. With O_PATH it needs no
    # permission, and so takes no fchmod.
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if is_private(os.fstat(descriptor)):
            os.chmod(f"/proc/self/fd/{descriptor}", 0o700)
    finally:
        os.close(descriptor)
