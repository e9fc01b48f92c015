"""Adapters made from the fields of a C struct.

| module | what it holds |
|---|---|
| `layout` | `register_struct`: which fields can travel, and which are refused |
| `serializer` | the serializer of one struct, made from source |
| `factory` | the factory of one struct, made from source |
| `source` | functions made from source |
| `fields` | reading the fields of a struct into a state, and writing them into a new struct |
"""
