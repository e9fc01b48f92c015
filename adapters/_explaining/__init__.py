"""What `adapters.explain` is made of.

| file | idea |
|---|---|
| `explain` | the function: which parts are findings |
| `walk`, `inside` | the graph of parts, as the pickler goes through it |
| `trial` | what pickling one part alone gives |
| `paths` | expressions that evaluate to a part |
| `doubts` | parts that pickle and should not |
| `check` | parts that arrive changed |
| `advice`, `report` | what to do, and how it is said |
"""
