"""Dask: states in the memory of a Dask cluster's workers, which send them to each other."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from distributed import Client, get_client

from adapters.errors import suppress_failures
from adapters.stores._frame import flat
from adapters.stores._store import TIMEOUT, Store, library_errors, wrong_key

# States that older versions have scattered name this class: they have to load for ever.
Parts = list


class Dask(Store):
    """Keeps states as data of a Dask cluster. The default is the client that is current.

    A process that has got a state does not see that it was deleted. If the owner is killed, its
    states stay for as long as the cluster runs.

    Args:
        client: The owner's client. Elsewhere it is the one that `distributed.get_client()` finds.
    """

    __module__ = "adapters.stores"

    def __init__(self, client: Client | None = None) -> None:
        self._client = client

    def __reduce__(self) -> Any:
        return Dask, ()

    def __repr__(self) -> str:
        return "stores.Dask()"

    def put(self, parts: Sequence[Any]) -> str:
        """Scatter the parts and publish them as a data set, whose name is the key."""
        key = f"adapters-{secrets.token_hex(8)}"
        with library_errors("cannot scatter a state", "stores.Dask"):
            client = self._current()
            # Dask sends memoryviews without a copy. The outer list says that this is one datum.
            [future] = client.scatter([list(map(flat, parts))], hash=False)
            client.publish_dataset(**{key: future})
        return key

    def get(self, key: str) -> list[memoryview]:
        """Gather the parts."""
        if not isinstance(key, str):
            raise wrong_key(key, "stores.Dask")
        with library_errors("cannot gather a state", "stores.Dask", KeyError):
            parts = self._current().get_dataset(key).result(TIMEOUT)
        return [memoryview(part).toreadonly() for part in parts]

    def delete(self, key: str) -> None:
        """Delete the data set, unless the cluster has ended, and its data with it."""
        with suppress_failures():
            self._current().unpublish_dataset(key)

    def _current(self) -> Client:
        return self._client if self._client is not None else get_client()
