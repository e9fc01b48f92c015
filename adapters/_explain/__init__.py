"""`adapters.explain`: why an object does not pickle.

| module | what it holds |
|---|---|
| `explain` | `explain`: which parts are findings |
| `walk`, `parts` | the graph of parts, in the order in which a pickler goes through it |
| `dry_run` | pickling one part alone |
| `paths` | expressions that evaluate to a part |
| `hazards` | parts that pickle and should not |
| `round_trip` | parts that arrive changed |
| `advice`, `report` | what to do, and how it is said |
"""
