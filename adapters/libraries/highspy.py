"""highspy: models, options, solutions and the other structures of HiGHS.

| type | what travels | what does not |
|---|---|---|
| `HighsLp` | costs, bounds, matrix, names, integrality, sense, offset | scaling: refused |
| `HighsModel` | the linear part and the Hessian | scaling: refused |
| `HighsHessian`, `HighsSparseMatrix` | format and entries | nothing |
| `HighsOptions` | all options | nothing |
| `HighsSolution`, `HighsObjectiveSolution` | values, duals, whether they are valid | nothing |
| `HighsBasis` | the status of each column and row | nothing |
| `HighsInfo` | all that a run reported | nothing |
| `HighsIis`, `HighsIisInfo` | bounds, statuses and figures | nothing |
| `HighsRanging`, `HighsRangingRecord` | all values | nothing |
| `HighsLinearObjective` | coefficients, weight, priority, tolerances | nothing |
| `Highs` | model, options, further objectives, basis | callbacks: refused; results of a run |

A `Highs` arrives with the status "not set", and starts from the basis of the last run, or, if it has
none, from the values of its solution: send `getInfo()` and `getSolution()` to have the results.

Left out: `HighsLpMods`, `HighsScale`, of which nothing can be read; `highs_var`, `highs_cons`,
which are places in a `Highs` that they do not tell.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import highspy

from adapters import register
from adapters.libraries._files import saved
from adapters.libraries._states import parts

_UNREADABLE = {"mods_", "scale_"}


def _attributes(kind: type) -> list[str]:
    names = (name for name in dir(kind) if isinstance(getattr(kind, name), property))
    return [name for name in names if name not in _UNREADABLE]


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _state_of(struct: Any) -> dict[str, Any]:
    if getattr(struct, "is_scaled_", False):
        raise ValueError("the scaling of this HighsLp cannot be read: send one that is not scaled")
    return {name: _plain(getattr(struct, name)) for name in _attributes(type(struct))}


def _struct(kind: Any, state: Any) -> Any:
    (values,) = parts((state,), dict)
    names = {*_attributes(kind)}
    if unknown := values.keys() ^ names:
        raise ValueError(f"{kind.__name__} here and there differ in {sorted(unknown)}")
    if values.get("is_scaled_", False) is not False:
        raise ValueError("the scaling of a HighsLp cannot be restored")
    made = kind()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def _serve(kind: Any) -> None:
    register(kind, _state_of, lambda state: _struct(kind, state))


_core = getattr(highspy, "_core", highspy)
for _name in (
    *("HighsLp", "HighsModel", "HighsHessian", "HighsSparseMatrix", "HighsSolution", "HighsBasis"),
    *("HighsObjectiveSolution", "HighsInfo", "HighsIis", "HighsIisInfo", "HighsLinearObjective"),
    *("HighsRanging", "HighsRangingRecord"),
):
    if (_kind := getattr(_core, _name, None)) is not None:
        _serve(_kind)


# Options: those that are no attribute of HighsOptions are read from a solver that was given them.
# The names of all are in a file that a solver writes.
@lru_cache(maxsize=1)
def _other_options() -> tuple[str, ...]:
    text = saved(_solver().writeOptions, ".txt").decode()
    return tuple({*re.findall(r"^(\w+) = ", text, re.MULTILINE)} - {*_attributes(_Options)})


def _solver() -> Any:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    return solver


def _options_state(options: Any) -> dict[str, Any]:
    solver = _solver()
    solver.passOptions(options)
    others = {name: solver.getOptionValue(name)[1] for name in _other_options()}
    return {**_state_of(options), **others}


def _options(state: Any) -> Any:
    (values,) = parts((state,), dict)
    attributes, others = {*_attributes(_Options)}, {*_other_options()}
    if unknown := values.keys() ^ (attributes | others):
        raise ValueError(f"HighsOptions here and there differ in {sorted(unknown)}")
    solver = _solver()
    for name in others:
        value = values[name]
        if type(value) is not type(solver.getOptionValue(name)[1]):
            raise TypeError(f"option {name} cannot be {value!r}")
        _done(solver.setOptionValue(name, value), f"option {name} cannot be {value!r}")
    options = solver.getOptions()
    for name in attributes:
        setattr(options, name, values[name])
    return options


_Options = highspy.HighsOptions
register(_Options, _options_state, _options)


# Solvers.
def _done(status: Any, failed: str) -> None:
    if status == highspy.HighsStatus.kError:
        raise ValueError(failed)


def _highs_state(highs: Any) -> tuple[Any, ...]:
    if any(each.callbacks for each in getattr(highs, "callbacks", ())):
        raise ValueError("callbacks of this Highs belong to its process: unsubscribe them first")
    objectives = getattr(highs, "getNumLinearObjectives", lambda: 0)()
    basis, solution = highs.getBasis(), highs.getSolution()
    return (
        highs.getOptions(),
        highs.getModel(),
        basis if basis.valid else None,
        [*solution.col_value] if solution.value_valid and not basis.valid else None,
        [highs.getLinearObjective(i) for i in range(objectives)],
    )


def _highs(state: Any) -> Any:
    none = type(None)
    kinds = (_Options, highspy.HighsModel, (highspy.HighsBasis, none), (list, none), list)
    options, model, basis, values, objectives = parts(state, *kinds)
    highs = _solver()
    _done(highs.passModel(model), "HiGHS does not accept the model")
    if model.lp_.a_matrix_.format_ == highspy.MatrixFormat.kRowwise:
        highs.ensureRowwise()
    for objective in objectives:
        highs.addLinearObjective(*parts((objective,), _core.HighsLinearObjective))
    if basis is not None:
        _done(highs.setBasis(basis), "HiGHS does not accept the basis")
    elif values is not None:
        solution = highspy.HighsSolution()
        solution.col_value = values
        _done(highs.setSolution(solution), "HiGHS does not accept the solution")
    _done(highs.passOptions(options), "HiGHS does not accept the options")
    return highs


register(highspy.Highs, _highs_state, _highs)
