"""Two types that hold C memory, as those of an extension do, and that pickle refuses.

`native.specs` registers both with `adapters`; nothing here imports it.

| module | what it holds |
|---|---|
| `sieve` | Sieve: a window of the integers, and which of its composites are crossed off |
| `words` | WordList: words packed in C memory |
| `specs` | the adapters of both |
| `_primes` | count_primes and primes: windows of which no bitmap is kept |
| `_unkept` | the same below 2**52, where C does it alone; sieves use it, too |
| `_cross_off` | crossing off in a bitmap, in short C calls |
| `_bitmap` | the bitmap of a Sieve: when it is allocated, who may write to it, how it is restored |
| `_handle` | a Python object that owns a C object: why pickle refuses it, and when it is freed |
| `_window` | the bounds of a window |
| `_buffers` | the buffers that callers pass |
| `_context` | the C context of this process: `NATIVE_SIEVE_ISA` chooses its instruction set |
| `_status` | status codes of the C library as exceptions |
| `_build` | the cffi builder of `_native`, the extension module |
| `csrc/` | the C; its README.md has a paragraph a file |
"""

try:
    import native._native  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"native cannot be imported, as its C is not there ({error}): install a C compiler, then"
        " run pip install -e . in the checkout; adapters works without it",
        name="native._native",
    ) from error

from native._primes import count_primes, primes
from native.sieve import Sieve
from native.words import WordList

__all__ = ["Sieve", "WordList", "count_primes", "primes"]

for _public in (Sieve, WordList, count_primes, primes):
    _public.__module__ = "native"
del _public
