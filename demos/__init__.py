"""The programs of the article, each of which moves native objects between processes.

`python -m demos` lists them, `python -m demos NAME` runs one. Each checks its own result.

| demo | what it runs |
|---|---|
| `manager_pids` | processes that write into the list of a Manager |
| `palindromes` | a Pool that looks for palindromes in words |
| `prime_sieve` | the sequential sieve of Eratosthenes |
| `pipe_sieve` | the parallel sieve, which sends primes through pipes |
| `by_hand` | the hand-written layer that adapters replaces |
| `expensive` | many tasks that use one expensive object |
| `engines` | the same tasks on each engine |

| module | what it holds |
|---|---|
| `__main__` | the command `python -m demos` |
| `_support/` | what makes the programs fit for work, and need not be read for them |
"""
