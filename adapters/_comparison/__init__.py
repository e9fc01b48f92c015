"""The comparison of two objects from outside: where they differ, and how.

| module | what it holds |
|---|---|
| `supervised` | the child that reads, and what is done where a getter crashes or hangs |
| `portrait` | what can be seen of an object, as plain data |
| `place` | where a part is, which says how it is read |
| `reading` | the reading of one object: attributes, getters, length, items, reduction |
| `getters` | which properties and methods tell something and change nothing |
| `names` | what the names of attributes and methods say of that |
| `arrays` | what is seen of arrays and buffers |
| `nature` | what differs by nature: addresses, times, names of temporary files |
| `seen` | what a portrait is made of |
| `flat` | portraits as tables, which pickle at any depth |
| `differences` | the deep comparison, of portraits or of the states of native objects |
| `steps` | its steps: items, attributes, arrays, reductions |
"""
