"""Payloads read without an unpickler, for `adapters.audit` and `adapters.loads(..., trusted=...)`.

| module | what it holds |
|---|---|
| `reader`, `machine` | the bytes of a payload, and the machine that executes its opcodes |
| `builder` | what a machine does with values: the interface of the next two |
| `symbols`, `symbolic` | a run on symbols, in which no value is made |
| `construct` | a run that makes the values |
| `audit`, `audit_report` | what a run on symbols found |
| `trusted` | first pass on symbols, second pass on values |
"""
