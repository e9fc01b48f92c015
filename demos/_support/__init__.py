"""What makes the demos fit for work: options, child processes, Ctrl-C, checks and charts.

A reader of the demos needs none of it.

| module | what it holds |
|---|---|
| `arguments` | command-line options that the demos share |
| `workers` | child processes with a pipe each, from the side of the parent |
| `worker_process` | what such a process runs, and its end of the pipe |
| `managers` | the process of a multiprocessing.Manager |
| `pool` | a multiprocessing.Pool that reports dead workers |
| `clusters` | a local cluster and an executor for each engine |
| `interrupts` | Ctrl-C and the death of the parent process |
| `ranges` | ranges of integers |
| `counting` | ranges that are only counted, in parallel |
| `sieve_options` | the options of the pipe sieve |
| `sieve_report` | what it shows: its progress, a table, a check |
| `words` | recipes to make lists of words, their division, a check of what is a word |
| `supply` | the words that a command line asks for, in each form that can be searched |
| `moves` | what it costs to search on workers: the bytes that move, and the time |
| `calibration` | the size of work that takes a given time on this machine |
| `checks` | known results, an independent primality test, the last line of a demo |
| `timeline` | what a process does from when to when |
| `charts` | pictures of timelines and durations, by matplotlib |
| `table` | aligned columns of text |
| `progress` | a progress bar on a terminal |
"""
