"""python-sat: pools of variables; formulas pickle by themselves.

| type | what travels | what does not |
|---|---|---|
| `IDPool` | the objects and their numbers, what is occupied, the next number | nothing |

Left out: `Solver` and the solvers that it stands for: the clauses that they were given cannot be
read back, so send a `CNF`; `ITotalizer` and the other incremental encodings, for the same reason.
"""

from __future__ import annotations

from typing import Any

from pysat.formula import IDPool

from adapters import register
from adapters.libraries._states import parts


def _pool_state(pool: Any) -> dict[str, Any]:
    state = dict(vars(pool))
    state["obj2id"] = dict(pool.obj2id)  # its default is a function of the pool
    state["id2obj"] = dict(pool.id2obj)
    state["_occupied"] = [[*each] for each in pool._occupied]
    return state


def _pool(state: Any) -> Any:
    names = {"top", "_occupied", "obj2id", "id2obj"}
    if type(state) is not dict or not names <= state.keys():
        raise ValueError(f"the state has to be a dict of {', '.join(sorted(names))}")
    kinds = (int, list, dict, dict)
    keys = ("top", "_occupied", "obj2id", "id2obj")
    top, occupied, numbers, objects = parts(tuple(state[key] for key in keys), *kinds)
    intervals = [[*parts(each, int, int)] for each in occupied]
    pool = IDPool()
    others = {name: value for name, value in state.items() if name not in names}
    if unknown := others.keys() - vars(pool).keys():
        raise ValueError(f"IDPool of this version of python-sat has no {sorted(unknown)}")
    vars(pool).update(others, top=top, _occupied=intervals, id2obj=dict(objects))
    pool.obj2id.update(numbers)
    return pool


register(IDPool, _pool_state, _pool)
