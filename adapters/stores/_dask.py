"""Dask: states in the memory of a Dask cluster's workers, which send them to each other."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from pickle import PickleBuffer
from typing import Any

from distributed import Client, get_client

from adapters.errors import StoreError

_PATIENCE = 60  # seconds for the cluster to bring a state


class Dask:
    """Keeps states as data of a Dask cluster. The default is the client that is current.

    A process that has got a state does not see that it was deleted. If the owner is killed, its
    states stay for as long as the cluster runs.

    Args:
        client: The owner's client. Elsewhere it is the one that `distributed.get_client()` finds.
    """

    def __init__(self, client: Client | None = None) -> None:
        self._client = client

    def __reduce__(self) -> Any:
        return Dask, ()

    def __repr__(self) -> str:
        return "stores.Dask()"

    def put(self, parts: Sequence[Any]) -> str:
        """Scatter the parts and publish them as a data set, whose name is the key."""
        key = f"adapters-{secrets.token_hex(8)}"
        try:
            client = self._current()
            client.publish_dataset(**{key: client.scatter(Parts(parts), hash=False)})
        except Exception as error:
            raise _error("cannot scatter a state", error) from error
        return key

    def get(self, key: str) -> list[Any]:
        """Gather the parts."""
        try:
            parts: Parts = self._current().get_dataset(key).result(_PATIENCE)
        except KeyError:
            raise
        except Exception as error:
            raise _error("cannot gather a state", error) from error
        return [memoryview(part) for part in parts]

    def delete(self, key: str) -> None:
        """Let the cluster forget the data."""
        with suppress(Exception):  # the cluster is gone, and its data with it
            self._current().unpublish_dataset(key)

    def closed(self, parts: Any) -> bool:
        """Never known without asking the scheduler, which would take too long."""
        return False

    def _current(self) -> Client:
        return self._client if self._client is not None else get_client()


class Parts(list[Any]):
    """Parts that travel as buffers, without being copied into the pickle."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Parts, ([PickleBuffer(part) if protocol >= 5 else bytes(part) for part in self],)


def _error(message: str, error: Exception) -> StoreError:
    return StoreError(f"{message}: {type(error).__name__}: {error}", "stores.Dask")
