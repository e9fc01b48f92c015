"""Objects that pickle, and that no other process rebuilds."""

from __future__ import annotations

import enum
import functools
import os
import time
from typing import Any


class KeywordError(Exception):
    def __init__(self, message: str, *, key: int) -> None:
        super().__init__(message)
        self.key = key


class MendedError(KeywordError):
    """As the advice says."""

    def __reduce__(self) -> Any:
        return functools.partial(MendedError, key=self.key), self.args


class ByIdentity(enum.Enum):
    """Its value is equal to nothing but itself."""

    A = functools.partial(int, base=2)


class ByName(enum.Enum):
    """As the advice says."""

    A = functools.partial(int, base=2)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return getattr, (type(self), self.name)


class Options:
    """Reads attributes from one that a rebuilt object does not have yet."""

    def __init__(self, **options: Any) -> None:
        self.__dict__["options"] = options

    def __getattr__(self, name: str) -> Any:
        return self.options[name]


class NeedsArgument:
    def __new__(cls, argument: Any) -> Any:
        self = super().__new__(cls)
        self.argument = argument
        return self


class Fragile:
    """Fails where its state is set, and refers to what holds it."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def __setstate__(self, state: Any) -> None:
        raise ArithmeticError("not here")


class Fatal(Fragile):
    def __setstate__(self, state: Any) -> None:
        os._exit(3)


class Slow(Fragile):
    def __setstate__(self, state: Any) -> None:
        time.sleep(100)


class WrongReducer:
    def __reduce__(self) -> Any:
        return int, ("x",)
