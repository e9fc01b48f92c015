"""Where two objects differ, and how.

| module | what it holds |
|---|---|
| `differences` | a deep comparison of two objects, or of two states |
"""
