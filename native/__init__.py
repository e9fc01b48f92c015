"""Two types held in C memory, as an extension has them: neither can be pickled by itself.

`native.specs` registers both with `adapters`; nothing here imports it. `count_primes` and `primes`
answer for a window that nobody keeps.
"""

from native._primes import count_primes, primes
from native.sieve import Sieve
from native.words import WordList

__all__ = ["Sieve", "WordList", "count_primes", "primes"]

for _public in (Sieve, WordList, count_primes, primes):
    _public.__module__ = "native"
del _public
