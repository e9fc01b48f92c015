"""Fsspec: a file for each state under any URL that fsspec knows, for processes on any host."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import fsspec.core

from adapters.errors import StoreError
from adapters.stores._frame import TOKEN_BYTES, flat, frame, parts_of


class Fsspec:
    """Keeps states under a URL: a shared file system, S3, GCS, and all else that fsspec has.

    Each process reads a state once. A process that has read one does not see that it was deleted.
    If the owner is killed, its files stay.

    Args:
        url: A folder, such as "s3://bucket/states" or "file:///net/scratch". It is made if needed.
        options: For the file system, such as `anon=True`. They travel with each handle: keep
            secrets in the environment.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self._url, self._options = url, options

    def __reduce__(self) -> Any:
        return (
            (_with_options, (self._url, self._options)) if self._options else (Fsspec, (self._url,))
        )

    def __repr__(self) -> str:
        return f"stores.Fsspec({self._url!r})"

    def put(self, parts: Sequence[Any]) -> str:
        """Write a new file; its name is the key."""
        key = secrets.token_hex(TOKEN_BYTES // 2)
        pieces, _ = frame(list(map(flat, parts)), key)
        try:
            files, path = self._place()
            files.makedirs(path, exist_ok=True)
            with files.open(f"{path}/{key}", "wb") as file:
                for piece in pieces:
                    file.write(piece)
        except Exception as error:
            self.delete(key)
            raise self._error(f"cannot write to {self._url}", error) from error
        return key

    def get(self, key: str) -> list[memoryview]:
        """Read the file."""
        try:
            files, path = self._place()
            content = memoryview(files.cat_file(f"{path}/{key}"))
        except FileNotFoundError as error:
            raise LookupError(key) from error
        except Exception as error:
            raise self._error(f"cannot read {key} from {self._url}", error) from error
        return parts_of(content, key, f"{key} in {self._url}")

    def delete(self, key: str) -> None:
        """Remove the file."""
        with suppress(Exception):  # it is gone, or cannot be reached: nobody can be told
            files, path = self._place()
            files.rm_file(f"{path}/{key}")

    def closed(self, parts: Any) -> bool:
        """Never known without asking, which would take too long."""
        return False

    def _place(self) -> tuple[Any, str]:
        files, path = fsspec.core.url_to_fs(self._url, **self._options)
        return files, path.rstrip("/")

    def _error(self, message: str, error: Exception) -> StoreError:
        return StoreError(f"{message}: {type(error).__name__}: {error}", self._url)


def _with_options(url: str, options: dict[str, Any]) -> Fsspec:
    return Fsspec(url, **options)
