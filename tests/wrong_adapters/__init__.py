"""Adapters that are wrong on purpose, each in one way: the kit has to find just that.

Children import these modules to rebuild what they get.

| module | what is wrong |
|---|---|
| `base` | `wrong`, which registers an adapter and notes the promise that it breaks, in `WRONG` |
| `states` | examples and states |
| `processes` | the way to another process and back, and the end of a process |
| `objects` | identity, memory and containers of an object |
| `files` | what a rebuild does to files |
| `leaks` | what each rebuild leaves behind |
| `right` | nothing, though it may look so |
| `old_and_wrong` | what becomes of old and of wrong states |
"""

from wrong_adapters import files, leaks, objects, old_and_wrong, processes, right, states
from wrong_adapters.base import WRONG

__all__ = ["WRONG", "files", "leaks", "objects", "old_and_wrong", "processes", "right", "states"]
