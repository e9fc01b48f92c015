"""Two objects from outside: where they differ, and how.

| module | what it holds |
|---|---|
| `comparison` | `differences`: a deep comparison, with a path to each difference |
| `contents` | what an object holds: attributes, buffers, arrays, its reduction |
| `places` | `Difference`, and how the part that differs is written in Python |
"""
