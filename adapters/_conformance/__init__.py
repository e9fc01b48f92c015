"""The conformance kit behind `adapters.testing`.

| module | what it holds |
|---|---|
| `run` | the order of a run, and `check_adapter` |
| `promises` | the promises: what each says, what it needs, where it is checked |
| `state_checks`, `rebuild_checks`, `leaks`, `wrong_states`, `golden` | the checks |
| `states` | states compared part by part |
| `case` | one adapter with its examples |
| `children` | the processes in which adapters may crash |
| `report` | what was found |
| `pytest_class`, `pytest_plugin` | the same for pytest |
"""
