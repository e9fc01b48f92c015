"""The conformance kit behind `adapters.testing`.

| module | what it holds |
|---|---|
| `run` | the order of a run, and `check_adapter` |
| `promises` | the promises: what each says, what it needs, where it is checked |
| `state_checks`, `rebuild_checks`, `leaks`, `wrong_states`, `golden` | the checks |
| `outcomes` | how a check ends: the promise is broken, or cannot be checked here |
| `state_parts` | what a state holds, a snapshot of it, changes of its parts |
| `equality` | whether two native objects, or two states, are equal |
| `case` | one adapter with its examples |
| `children` | the processes in which adapters may crash |
| `report` | what was found |
| `pytest_class`, `pytest_plugin` | the same for pytest |
"""
