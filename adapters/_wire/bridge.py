"""The bridge to copyreg, whose table pickle, cloudpickle, multiprocessing, Dask and Ray read."""

from __future__ import annotations

from copyreg import dispatch_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_table: dict[type, Any] = dispatch_table


class Bridge:
    """The reducers that one registry has put into copyreg's table; it leaves others alone."""

    def __init__(self) -> None:
        self._put: dict[type, Any] = {}

    def foreign(self, cls: type) -> Any:
        """The reducer of a type that other code has put there, or None."""
        found = _table.get(cls)
        return None if found is self._put.get(cls) else found

    def put(self, cls: type, reduce: Any) -> None:
        """Give a type its reducer, or none; does nothing where there is a foreign one."""
        if self.foreign(cls) is not None:
            self._put.pop(cls, None)
        elif reduce is not None:
            _table[cls] = self._put[cls] = reduce
        elif self._put.pop(cls, None) is not None:
            _table.pop(cls, None)
