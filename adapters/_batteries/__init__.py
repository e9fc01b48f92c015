"""Batteries: which modules bring adapters for the types of a package, found when one is met.

| module | what it holds |
|---|---|
| `finder` | from which package a type is, and the import of what brings adapters for it |
| `packages` | the table of the packages that `adapters.libraries` has adapters for |
| `available` | all that is available, also for packages that are not here |
| `described` | what the files in `adapters.libraries` say of their types |
| `entry_points` | modules of other distributions, which their entry points name |
"""
