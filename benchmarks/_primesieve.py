"""The peer of the sieve: libprimesieve, called through ctypes, so that C is compared with C.

The environment variable PRIMESIEVE_LIBRARY names the shared library, where it is not to be that of
the system.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from typing import Any, NamedTuple

VARIABLE = "PRIMESIEVE_LIBRARY"

_UINT64_PRIMES = 13  # UINT64_PRIMES of the enum in primesieve.h


class Peer(NamedTuple):
    """libprimesieve, on one thread."""

    library: Any
    version: str

    def count_primes(self, first: int, last: int) -> int:
        """The number of primes in [first, last)."""
        return int(self.library.primesieve_count_primes(first, last - 1))

    def generate(self, first: int, last: int) -> int:
        """Make an array of the primes in [first, last), as uint64; return its length."""
        size = ctypes.c_size_t()
        made = self.library.primesieve_generate_primes(
            first, last - 1, ctypes.byref(size), _UINT64_PRIMES
        )
        self.library.primesieve_free(made)
        return size.value


def find() -> Peer | None:
    """The library that the environment names, or that of the system, or None.

    Raises:
        OSError: what was found is not libprimesieve.
    """
    name = os.environ.get(VARIABLE) or ctypes.util.find_library("primesieve")
    if name is None:
        return None
    try:
        library = ctypes.CDLL(name)
        library.primesieve_version.restype = ctypes.c_char_p
    except (OSError, AttributeError) as error:
        raise OSError(f"{name} is not libprimesieve ({error}); see {VARIABLE}") from error
    library.primesieve_count_primes.restype = ctypes.c_uint64
    library.primesieve_count_primes.argtypes = [ctypes.c_uint64] * 2
    library.primesieve_generate_primes.restype = ctypes.c_void_p
    library.primesieve_generate_primes.argtypes = [
        ctypes.c_uint64,
        ctypes.c_uint64,
        ctypes.POINTER(ctypes.c_size_t),
        ctypes.c_int,
    ]
    library.primesieve_free.argtypes = [ctypes.c_void_p]
    library.primesieve_set_num_threads(1)
    return Peer(library, f"libprimesieve {library.primesieve_version().decode()}")
