"""Editions: a class of the main script that was defined again, and registered again.

The newer class takes the place of the older one, whose objects then say so to each pickler.
"""

from __future__ import annotations

import sys
from _weakref import ref

from adapters._importable.main_script import defined_again, find
from adapters._naming import has_module, qualified_name
from adapters._wire.adapter import Adapter
from adapters._wire.ctype import ffi_types, is_ctype
from adapters.errors import SerializeError, suppress_failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn


class OlderEdition(Adapter):
    """What has the place of an adapter whose class, or C type, was registered anew.

    It keeps the class alive, and refuses its objects and those of its subclasses.

    Args:
        adapter: The adapter.
    """

    __slots__ = ()
    is_older = True

    def __init__(self, adapter: Adapter) -> None:
        subclasses = not is_ctype(adapter.target)
        super().__init__(
            adapter.target, self._refuse, self._refuse, name=adapter.name, subclasses=subclasses
        )
        self.reduce = self._refuse

    def error(self, cls: Any) -> SerializeError:
        """The error for an object of a class or C type, of which this is an older edition."""
        name, subject = qualified_name(self.target), qualified_name(cls)
        if is_ctype(self.target):
            problem = (
                f"it is of an ffi whose {name} was registered again with a newer ffi; make the"
                " object anew with that one"
            )
        elif cls is self.target:
            problem = (
                f"it is an instance of an older edition of {name}, which was defined and registered"
                " again; make the object anew, as by running the cell again that made it"
            )
        else:
            problem = (
                f"its class derives from an older edition of {name}, which was defined and"
                " registered again; define the class again, too, and make the object anew"
            )
        return SerializeError(f"cannot serialize {subject}: {problem}", subject)

    def _refuse(self, obj: Any) -> NoReturn:
        raise self.error(self.target if is_ctype(self.target) else type(obj))


class Editions:
    """Counts the classes that the main script has registered under each name of an adapter.

    A process that has another edition under the name tells the two apart by the fingerprints of
    their adapters, in which the number is.
    """

    def __init__(self) -> None:
        self._latest: dict[str, tuple[Any, int]] = {}

    def number(self, adapter: Adapter) -> int:
        """Which class of its name the adapter is for, from 1 on."""
        latest, number = self._latest.get(adapter.name, (None, 0))
        return number if latest is not None and latest() is adapter.target else number + 1

    def count(self, adapter: Adapter) -> None:
        """Count the class of an adapter that was registered."""
        if _is_counted(adapter.target):
            self._latest[adapter.name] = ref(adapter.target), adapter.edition
            if adapter.edition > 1 and isinstance(adapter.target, type):
                defined_again.add(adapter.target.__qualname__)


def older_than(adapter: Adapter, others: Iterable[Adapter]) -> list[Adapter]:
    """Which of other adapters that were registered are for an older edition of the same class.

    That is another class of the same name in `__main__`, at its top level, that has the name of the
    adapter, or to which its own name leads no more; or a C type of the same name whose ffi the main
    script has no more, while it has that of the newer one.
    """
    others = list(others)
    if any(other.target is adapter.target and other.is_older for other in others):
        return []  # the older edition itself
    return [other for other in others if not other.is_older and _is_older(other, adapter)]


def replaces(adapter: Adapter, other: Adapter) -> bool:
    """Whether an adapter is for a newer edition of the class of one that was registered."""
    old, new = other.target, adapter.target
    if other.arrived or other.is_older or old is new or not (has_module(old) and has_module(new)):
        return False
    return is_ctype(old) is is_ctype(new) and qualified_name(old) == qualified_name(new)


def _is_older(other: Adapter, adapter: Adapter) -> bool:
    new = adapter.target
    if not replaces(adapter, other) or not _is_counted(new):
        return False
    if is_ctype(new):
        by_value = other.module is None and adapter.module is None
        return by_value and _has_ffi_of(new) and not _has_ffi_of(other.target)
    return other.name == adapter.name or find(new.__qualname__) is new


def _is_counted(target: Any) -> bool:
    if is_ctype(target):
        return True
    name = qualified_name(target)
    return name.startswith("__main__.") and "<locals>" not in name


def _has_ffi_of(ctype: Any) -> bool:
    """Whether the main script has an `ffi` that knows a C type."""
    types = ffi_types()
    for value in list(vars(sys.modules["__main__"]).values()):
        if type(value) in types and hasattr(value, "typeof"):
            with suppress_failures():  # it knows no type of this name
                if value.typeof(ctype.cname) is ctype:
                    return True
    return False
