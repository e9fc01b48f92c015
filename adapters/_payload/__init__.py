"""Payloads read without an unpickler, for `adapters.audit` and `adapters.loads(..., trusted=...)`.

| module | what it holds |
|---|---|
| `reader` | the bytes of a payload: constants, lengths, lines |
| `machine` | pickle's machine, which runs opcodes on a stack, with marks and a memo |
| `places` | the same, which also knows where in the payload each value begins |
| `symbols` | symbols, which stand for values that are not made |
| `symbolic` | a builder of symbols, for audits and the first pass of trusted loading |
| `forms` | the calls that payloads make of `adapters`, in each wire form |
| `objects`, `giving` | objects of adapters, and what their code is given |
| `keys`, `tables` | keys of dicts and sets, and how long it takes to add them |
| `levels` | how deep values are inside each other at the end |
| `budget` | every limit: memory, time, nesting, counts |
| `meter` | what a payload has taken of its memory and time |
| `construct` | a builder of values: the second pass |
| `audit`, `audit_report` | `audit()`, and what it returns |
| `validator` | the first pass of trusted loading: what is refused |
| `needs` | the adapters that a payload needs, found among those that are trusted |
| `trusted` | trusted loading: the two passes |
| `steps`, `diagnosis` | what a payload asks for in order, and which of it made a load fail |
"""
