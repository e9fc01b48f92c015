"""Functions and classes: where other processes find them, and what goes by value where none does.

| module | what it holds |
|---|---|
| `importable` | what another process can import |
| `reference` | under which name it can |
| `functions` | names that lead to functions and to bound methods |
| `extension_type` | classes with a C part |
| `fingerprint` | whether two registrations are the same |
| `class_ids` | ids of classes that go by value |
| `definitions` | classes and functions that only some processes have |
| `main_script` | what the main script defines, where another process runs it, too |
| `stable_pickler` | bytes that are the same in each process |
"""
