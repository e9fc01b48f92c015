"""Suggest: an adapter for an object, found in the API of its type and proven.

| module | what it holds |
|---|---|
| `sandbox` | what a forked child gives up before foreign code is tried in it |
| `kernel` | what Linux refuses to it: Landlock, and a network of its own |
| `refusals` | what an audit hook refuses to Python code |
"""
