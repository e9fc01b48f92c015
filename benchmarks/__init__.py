"""What the library costs, as ratios to its peers: `python -m benchmarks`.

A time belongs to one machine. The ratio of two times, taken in turns on the same machine, can be
compared with the ratio on another one. So each row has a peer, and only the ratio has a bound.

| topic | what its `rows()` compare |
|---|---|
| `round_trip` | pickling an object through its adapter, and through `__reduce__` |
| `import_time` | `import adapters` and `import pickle` |
| `executor` | `adapters.Executor` and the executor inside |
| `large_parts` | large arrays to a worker and back, and one memcpy, joblib, fastshare, Ray |
| `sharing` | a shared handle and a hand-written initializer; large states and one memcpy |
| `trusted` | trusted loads and audits, and pickle; the worst crafted payloads, and usual ones |
| `sieve` | the sieve of `native` and libprimesieve, numpy, a Python list |
| `pipes` | the pipe sieve of `demos` with two processes and with one |

| module | what it holds |
|---|---|
| `__main__` | the command, which runs the topics |
| `_measure` | rows, samples, and the ratio of a row |
| `_chart` | the ratios as a picture |
| `_small_types` | two small types, one with an adapter and one with `__reduce__` |
| `_large_peers` | ways to call a function in a worker: this library's and the peers' |
| `_primesieve` | libprimesieve through ctypes |
| `_article_sieve` | the pipe sieve of the article |
"""
