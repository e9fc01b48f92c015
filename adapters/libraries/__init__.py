"""Libraries and engines that need a few lines of their own, one per file, imported on demand.

| module | what it holds |
|---|---|
| `on_ray` | `RayExecutor`: Ray's tasks as an executor of concurrent.futures |
"""
