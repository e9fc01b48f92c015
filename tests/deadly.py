"""What child processes import: objects whose properties end or hold up who reads them."""

from __future__ import annotations

import os
import time
from typing import Any

from adapters._comparison.portrait import portrait


class Deadly:
    """Ends or holds up the process that reads some of its properties."""

    name = "a"

    @property
    def crashing(self) -> Any:
        os.abort()

    @property
    def ending(self) -> Any:
        os._exit(7)

    @property
    def hanging(self) -> Any:
        time.sleep(100)

    @property
    def size(self) -> int:
        return 3


class Hanging:
    """Holds up each process that reads anything of it."""


for _name in "abcdefgh":
    setattr(Hanging, _name, property(lambda self: time.sleep(100)))


def read_one(skip: dict[str, str], kind: type) -> Any:
    found = portrait(kind(), skip)
    return found.root.getters, found.unread


def fail(skip: dict[str, str]) -> Any:
    raise ArithmeticError("not here")


def end(skip: dict[str, str]) -> Any:
    os._exit(9)
