"""What the library costs, as ratios to its peers: `python -m benchmarks`.

A time belongs to one machine. The ratio of two times, taken in turns on the same machine, can be
compared with the ratio on another one. So each row has a peer, and only the ratio has a bound.

| topic | what its `rows()` compare |
|---|---|
| `round_trip` | pickling objects through their adapter, and through a hand-written `__reduce__` |
| `dumps` | `adapters.dumps` and `pickle.dumps`; objects of a late subclass and of the exact class |
| `import_time` | `import adapters` and `import pickle` |
| `executor` | `adapters.Executor` and the executor inside |
| `large_parts` | large arrays to a worker and back, and one memcpy, joblib, fastshare, Ray |
| `sharing` | a shared handle and a hand-written initializer; large states and one memcpy |
| `trusted` | trusted loads and audits, and pickle; the worst crafted payloads, and usual ones |
| `tracing` | `dumps` and `loads` that ask whether a trace is open, and such that do not |
| `sieve` | the sieve of `native` and libprimesieve, numpy, a Python list |
| `pipes` | the pipe sieve of `demos` with two processes and with one |

| module | what it holds |
|---|---|
| `__main__` | the command, which runs the topics |
| `_measure` | rows, samples, and the ratio of a row |
| `_chart` | the ratios as a picture |
| `_small_types` | small types that differ only in how pickle gets their state |
| `_small_structs` | a C struct with an adapter, and with a hand-written reducer |
| `_large_peers` | ways to call a function in a worker: this library's and the peers' |
| `_primesieve` | libprimesieve through ctypes |
| `_article_sieve` | the pipe sieve of the article |
"""

from benchmarks._small_structs import make_node
from benchmarks._small_types import make_by_copyreg, make_by_hand

__all__ = ["make_by_copyreg", "make_by_hand", "make_node"]

# Pickle finds a function sooner in a module whose name has no dot. Payloads of adapters name
# `adapters.rebuild`; so that the peers have no disadvantage, theirs name functions of this package.
for factory in (make_by_copyreg, make_by_hand, make_node):
    factory.__module__ = __name__
