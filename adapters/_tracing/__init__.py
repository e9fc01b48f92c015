"""`adapters.trace`: what travels, through which adapter, how large it is and how long it takes.

The rooms below ask `_events.observer`, which is None while nobody traces. An open trace puts the
`Observer` there, and lets the registry wrap the reducers of all adapters.

| module | what it holds |
|---|---|
| `observer` | `Observer`: told of all that travels, and tells those that record |
| `sizes` | how many bytes a state and a message have |
| `trace` | `Trace` and `trace`: what was recorded, as data |
| `report` | the same as text, with rich and as HTML |
"""
