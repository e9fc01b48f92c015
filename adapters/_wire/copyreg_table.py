"""copyreg's table of reducers, which pickle, cloudpickle, multiprocessing, Dask and Ray read."""

from __future__ import annotations

from copyreg import dispatch_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_table: dict[type, Any] = dispatch_table


class CopyregTable:
    """The reducers that one registry has put into copyreg's table; it leaves others alone."""

    def __init__(self) -> None:
        self._own: dict[type, Any] = {}

    def foreign_reducer(self, cls: type) -> Any:
        """The reducer of a type that other code has put there, or None."""
        found = _table.get(cls)
        return None if found is self._own.get(cls) else found

    def set(self, cls: type, reduce: Any) -> None:
        """Set the reducer of a type, or remove it for None; a reducer of other code stays."""
        if self.foreign_reducer(cls) is not None:
            self._own.pop(cls, None)
        elif reduce is not None:
            _table[cls] = self._own[cls] = reduce
        elif self._own.pop(cls, None) is not None:
            _table.pop(cls, None)
