"""Fsspec: a file for each state under any URL that fsspec knows, for processes on any host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import fsspec.core

from adapters.errors import suppress_failures
from adapters.stores._frame import frame, parts_of
from adapters.stores._store import Store, library_errors, wrong_key


class Fsspec(Store):
    """Keeps states under a URL: a shared file system, S3, GCS, and all else that fsspec has.

    Each process reads a state once. A process that has read one does not see that it was deleted.
    If the owner is killed, its files stay.

    Args:
        url: A folder, such as "s3://bucket/states" or "file:///net/scratch". It is made if needed.
        options: For the file system, such as `anon=True`. They travel with each handle: keep
            secrets in the environment.
    """

    __module__ = "adapters.stores"

    def __init__(self, url: str, **options: Any) -> None:
        self._url, self._options = url, options

    def __reduce__(self) -> Any:
        return Fsspec, (self._url,), self._options or None

    def __setstate__(self, options: dict[str, Any]) -> None:
        self._options = options

    def __repr__(self) -> str:
        return f"stores.Fsspec({self._url!r})"

    def put(self, parts: Sequence[Any]) -> str:
        """Write a new file; its name is the key."""
        key, pieces, _ = frame(parts)
        with library_errors(f"cannot write to {self._url}", self._url):
            files, path = self._place()
            files.makedirs(path, exist_ok=True)
            try:
                with files.open(f"{path}/{key}", "wb") as file:
                    for piece in pieces:
                        file.write(piece)
            except BaseException:
                self.delete(key)
                raise
        return key

    def get(self, key: str) -> list[memoryview]:
        """Read the file."""
        if not isinstance(key, str):
            raise wrong_key(key, self._url)
        with library_errors(f"cannot read {key} from {self._url}", self._url, FileNotFoundError):
            files, path = self._place()
            content = memoryview(files.cat_file(f"{path}/{key}"))
        return parts_of(content, key, f"{key} in {self._url}")

    def delete(self, key: str) -> None:
        """Remove the file, if it can be reached."""
        with suppress_failures():
            files, path = self._place()
            files.rm_file(f"{path}/{key}")

    def _place(self) -> tuple[Any, str]:
        """The file system of the URL, and the folder in it."""
        files, path = fsspec.core.url_to_fs(self._url, **self._options)
        return files, path.rstrip("/")


def _with_options(url: str, options: dict[str, Any]) -> Fsspec:
    """Older handles of stores with options name this function: they have to load for ever."""
    return Fsspec(url, **options)
