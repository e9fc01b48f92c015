"""Two types held in C memory, as an extension has them: neither can be pickled by itself.

`native.specs` registers both with `adapters`; nothing here imports it.
"""

from native.sieve import Sieve
from native.words import WordList

__all__ = ["Sieve", "WordList"]

for _type in (Sieve, WordList):
    _type.__module__ = "native"
del _type
