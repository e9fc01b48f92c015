"""The `adapters` command.

| module | what it holds |
|---|---|
| `command` | the subcommands: list, explain, suggest, check, audit and bench |
| `object_reference` | arguments such as "module:expression" |
| `bench` | what one object costs on its way |
"""
