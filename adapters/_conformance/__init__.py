"""The conformance kit behind `adapters.testing`.

| module | what it holds |
|---|---|
| `check` | `check_adapter`, all promises in one call |
| `run` | the order of a run: what is checked here, and what in a child |
| `service` | what a child does for a run |
| `originals` | children that have the examples themselves |
| `looks` | what examples look like from outside, and how a twin differs |
| `promises` | the promises: the check of each, what it needs, where it is checked |
| `case` | one adapter with its examples, which is also sent to a child |
| `state_checks` | checks of states, which rebuild nothing |
| `elsewhere` | the checks for objects of which a process may have one at a time |
| `files` | the check for files that rebuilds write, and the watch over them |
| `rebuild_checks`, `leaks`, `subclasses`, `wrong_states`, `golden` | checks that rebuild objects |
| `states` | the parts of a state; whether two states, or two native objects, are equal |
| `path_copies` | copies of the files that a state names, for wrong states |
| `progress_line` | a line on the terminal that says what is being checked |
| `report` | the results, as an object, text and an error; how a check ends that does not pass |
| `pytest_class`, `pytest_plugin` | the promises as tests of pytest, and its option |
"""
