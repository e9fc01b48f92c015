"""What differs by nature: addresses, times, and the names of temporary files."""

from __future__ import annotations

import re
import sys
import time
from typing import Any

from adapters._addresses import MappedMemory
from adapters._comparison.seen import Natural, Unknown
from adapters.errors import suppress_failures

NOW = Natural("a time of this hour")
_LEAST = 1 << 32  # numbers below are no addresses
_HOUR = 3600  # seconds
# The path of a temporary file, up to the part of its name that is drawn.
_TEMPORARY = re.compile(r"[^\s'\"]*[/\\]tmp[a-z0-9_]{8}(?=[/\\.]|$)")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")


class Nature:
    """Tells what differs by nature, in this process and from when it is made."""

    def __init__(self) -> None:
        self._memory: MappedMemory | None = None
        self._now = int(time.time())

    def plain(self, value: Any) -> Any:
        """A scalar or bytes, or what stands for one that differs by nature."""
        kind = type(value)
        if kind in (int, float) and value >= _LEAST >> 2:
            if self.is_now(value):
                return NOW
            return Unknown() if kind is int and self.is_address(value) else value
        if kind is not str:
            return value
        value = _TEMPORARY.sub("/tmp...", value)
        if "0x" in value:
            return _ADDRESS.sub(
                lambda found: "0x..." if self.is_address(int(found[0], 16)) else found[0], value
            )
        return value

    def is_now(self, number: float) -> bool:
        """Whether a number is a time of this hour, in seconds since 1970 or fractions of them."""
        units = (1, 10**3, 10**6, 10**9)
        begin, end = self._now - _HOUR, self._now + _HOUR
        return any(begin * unit < number < end * unit for unit in units)

    def is_time_of_now(self, value: Any) -> bool:
        """Whether an object is a datetime of this hour."""
        datetime = getattr(sys.modules.get("datetime"), "datetime", ())
        with suppress_failures():  # one that is no time, or too early
            return isinstance(value, datetime) and self.is_now(value.timestamp())
        return False

    def is_address(self, number: int) -> bool:
        """Whether a number is an address of this process, or the hash of one."""
        return self.in_memory(number) or self.in_memory(number << 4)

    def in_memory(self, number: int) -> bool:
        """Whether a number is an address of this process."""
        self._memory = self._memory or MappedMemory()
        return number in self._memory


def without_addresses(text: str) -> str:
    """A text with "0x..." for all that may be an address."""
    return _ADDRESS.sub("0x...", text)
