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
| `arguments` | command-line options that the demos share |
| `workers` | child processes with a pipe each |
| `pool` | a multiprocessing.Pool that reports dead workers |
| `clusters` | a local cluster and an executor for each engine |
| `interrupts` | Ctrl-C and the death of the parent process |
| `ranges` | ranges of integers, and the base primes that each of them needs |
| `words` | lists of words, and recipes to make them |
| `checks` | known results, an independent primality test, the last line of a demo |
| `timeline` | what a process does from when to when |
| `charts` | pictures of timelines and durations, by matplotlib |
| `table` | aligned columns of text |
| `progress` | a progress bar on a terminal |
"""
