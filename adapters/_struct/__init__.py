"""Adapters made from the fields of a C struct.

| module | what it holds |
|---|---|
| `layout` | `register_struct`: which fields can travel, and which are refused |
| `fields` | reading the fields of a struct into a state, and writing them into a new struct |
"""
