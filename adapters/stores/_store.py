"""The interface of a store, and the errors of those that use a library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from adapters._naming import in_words, shown
from adapters.errors import StoreError, failures

TIMEOUT = 60  # seconds for an engine to send a state


class Store(Protocol):
    """What `adapters.share` needs of a store. It is pickled with each handle, so it is small."""

    def put(self, parts: Sequence[Any]) -> Any:
        """Keep some bytes-like objects, in order.

        Returns:
            A key that is hashable, pickles, is small, and is never given out twice.

        Raises:
            StoreError: they cannot be kept.
        """

    def get(self, key: Any) -> Sequence[Any]:
        """The parts under a key, as bytes-like objects, read-only where they are the store's own.

        Raises:
            LookupError: nothing is under the key, or no longer.
            StoreError: the parts were changed, this process cannot reach them, or the key is not
                one that the store gives out.
        """

    def delete(self, key: Any) -> None:
        """Delete the parts under a key; does nothing where there are none."""

    def closed(self, parts: Sequence[Any]) -> bool:
        """Whether what `get` returned is known to have been deleted since.

        Each `get()` of a handle calls it, so it has to return within a microsecond, without asking
        another process. A class that inherits from `Store` may leave it out: False.
        """
        return False


Store.__module__ = "adapters.stores"


def wrong_key(key: object, subject: str) -> StoreError:
    """The error for what is not a key, whatever it is."""
    message = f"{shown(key)} is not a key of {subject}: a key is what put() returned"
    return StoreError(message, subject)


@contextmanager
def library_errors(message: str, subject: str, *missing: type[Exception]) -> Iterator[None]:
    """Turn the errors of a library into those of `Store`: `missing` ones into LookupError."""
    try:
        yield
    except missing as error:
        raise LookupError(*error.args) from error
    except failures() as error:
        raise StoreError(f"{message}: {in_words(error, short=True)}", subject) from error
