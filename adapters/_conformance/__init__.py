"""The conformance kit behind `adapters.testing`.

| file | idea |
|---|---|
| `kit` | the order of a run, and `check_adapter` |
| `promises` | the promises: what each says, what it needs, where it runs |
| `looking`, `rebuilding`, `leaks`, `wrong`, `golden` | the checks, by what they do with a state |
| `states`, `trial` | states compared part by part; an adapter with its examples |
| `children` | the processes in which things may crash |
| `report` | what was found |
| `test_class`, `plugin` | the same for pytest |
"""
