"""Payloads read without an unpickler, for `adapters.audit` and `adapters.loads(..., trusted=...)`.

| file | idea |
|---|---|
| `reader`, `opcodes` | the bytes of a payload, and the machine that they drive |
| `builder` | what a machine does with values: the interface of the next two |
| `symbols`, `symbolic` | a run on symbols, in which nothing is made |
| `construct` | a run that makes the values |
| `auditor`, `audit` | what a run on symbols found |
| `trusted` | judge with symbols, then construct |
"""
