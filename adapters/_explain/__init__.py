"""`adapters.explain`: why an object does not pickle.

| module | what it holds |
|---|---|
| `explain` | `explain`: which parts are findings |
| `dry_run` | pickling a part for its size or its error alone |
| `parts`, `walk` | the parts of one object, and of all in it, as a pickler meets them |
| `paths` | expressions that evaluate to a part |
| `hazards` | parts that pickle and should not |
| `reducers` | parts that pickle in another way than it seems |
| `round_trip` | what another process rebuilds and sends back |
| `compared` | parts that arrive changed |
| `rebuilding`, `rebuild_advice` | parts that another process does not rebuild, what to do |
| `classes`, `owners` | expressions of classes, whose code they are; what a part belongs to |
| `standard_advice` | what to do about objects of multiprocessing and sqlite3 |
| `advice`, `report` | what to do about a part, and how findings are shown |
"""
