"""Payloads read without an unpickler, for `adapters.audit` and `adapters.loads(..., trusted=...)`.

| module | what it holds |
|---|---|
| `reader` | the bytes of a payload: constants, lengths, lines |
| `machine` | pickle's machine, which runs opcodes on a stack, with marks and a memo |
| `symbols` | symbols, which stand for values that are not made |
| `forms` | the calls that payloads make of `adapters`, in each wire form |
| `symbolic` | a builder of symbols, for audits and the first pass of trusted loading |
| `construct` | a builder of values: the second pass |
| `budget` | every limit: memory, nesting, counts |
| `audit`, `audit_report` | `audit()`, and what it returns |
| `validator` | the first pass of trusted loading: what is refused |
| `needs` | the adapters that a payload needs, found among those that are trusted |
| `trusted` | trusted loading: the two passes |
| `steps`, `diagnosis` | what a payload asks for in order, and which of it made a load fail |
"""
