"""copyreg's table of reducers, which pickle, cloudpickle, multiprocessing, Dask and Ray read."""

from __future__ import annotations

from adapters._importable.importable import is_importable
from adapters._wire.ctype import is_ctype, python_types, reducers, with_subclasses
from adapters.errors import suppress_failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

_MOST_MET = 64  # classes that a pickler met: the table keeps each alive
_MOST_LEFT = 1000  # types that are known to be left to pickle


class CopyregTable:
    """What one registry has told copyreg. Other code's reducers stay, whenever they are set.

    Args:
        table: That of copyreg, or one that no pickler reads.
        reducer_for: Returns what picklers call for the objects of a type, None for nothing.
        reduce: What they call for all objects of cffi.
    """

    def __init__(
        self,
        table: dict[type, Any],
        reducer_for: Callable[[type], Any],
        reduce: Callable[[Any], Any],
    ) -> None:
        self._table = table
        self._reducer_for = reducer_for
        self._reduce = reduce
        self._own: dict[type, Any] = {}
        self._met: dict[type, None] = {}
        self.edition = 0  # changes with each change that is made here
        self.left: dict[type, None] = {}  # types whose objects no adapter has to do with

    def foreign_reducer(self, cls: type) -> Any:
        """The reducer of a type that other code has put there, or None."""
        found = self._table.get(cls)
        return None if found is self._own.get(cls) else found

    def conflicting(self, target: Any) -> Any:
        """The reducer of other code because of which an adapter would not be used, or None."""
        found = map(self.foreign_reducer, python_types() if is_ctype(target) else (target,))
        return next((reduce for reduce in found if reduce is not None), None)

    def tell(self, target: Any, adapters: Mapping[Any, Any]) -> None:
        """Set the reducers of a target and of its subclasses, after its adapter came or went.

        Args:
            target: The type or C type.
            adapters: All adapters, by their types and C types.
        """
        if is_ctype(target):  # all C types share these Python types
            served = any(map(is_ctype, adapters))
            for cls, reduce in reducers(self._reduce, adapters).items():
                self._set(cls, reduce if served else None)
            return
        for cls in with_subclasses(target):
            self._met.pop(cls, None)
            self._set(cls, self._reducer_for(cls))

    def renew(self) -> None:
        """Set the reducers anew that were set here, as those of the adapters have changed."""
        for cls, own in list(self._own.items()):
            # Other code may have removed it; and cffi's types have a reducer of all adapters.
            if self._table.get(cls) is own and (reduce := self._reducer_for(cls)) is not None:
                self._set(cls, reduce)

    def tell_subclasses(self, targets: Iterable[Any]) -> None:
        """Set the reducers of subclasses that were made since."""
        for target in targets:
            # Most have none, and each registration asks all of them.
            if isinstance(target, type) and type.__subclasses__(target):
                for cls in with_subclasses(target):
                    if cls not in self._table:
                        self._set(cls, self._reducer_for(cls))

    def meet(self, cls: type) -> None:
        """Set the reducer of a subclass that was made since, as a pickler meets an object of it.

        Of many such classes the first are forgotten, which lets those go that nothing else holds.
        """
        if cls in self._table:
            return
        known = cls in self._own  # and was taken from the table since
        self._set(cls, self._reducer_for(cls))
        if cls in self._own and not known:
            self._met[cls] = None
        for oldest in list(self._met)[:-_MOST_MET]:
            del self._met[oldest]
            self._set(oldest, None)

    def leave(self, cls: type, edition: int) -> None:
        """Keep in `left` that no adapter has to do with the objects of a type, until one comes.

        Args:
            cls: The type. One that no module holds is not kept, as it may go; nor one that derives
                from a type with an adapter, and would have it without a `__reduce__` of its own.
            edition: The edition when that was found out.
        """
        with suppress_failures():  # what a metaclass raises
            derives = any(base in self._own for base in cls.__mro__)
            if edition == self.edition and not derives and is_importable(cls):
                if len(self.left) >= _MOST_LEFT:
                    self.edition += 1
                    self.left.clear()
                self.left[cls] = None

    def forget_left(self) -> None:
        """Ask anew about types that were left to pickle, as there are more adapters now."""
        self.edition += 1
        self.left.clear()

    def _set(self, cls: type, reduce: Any) -> None:
        """Set the reducer of a type, or remove it for None; a reducer of other code stays."""
        self.forget_left()
        if self.foreign_reducer(cls) is not None:
            self._own.pop(cls, None)
        elif reduce is not None:
            self._table[cls] = self._own[cls] = reduce
        elif self._own.pop(cls, None) is not None:
            self._table.pop(cls, None)
