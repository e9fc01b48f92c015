"""`adapters.share`: a small handle for an object that is expensive to construct or to send.

| module | what it holds |
|---|---|
| `handle` | `share` and the handle |
| `cache` | the objects of handles in this process |
| `checksum` | what tells that a state has been written over |
"""
