"""kiwisolver: variables, and what is made of them.

| type | what travels | what does not |
|---|---|---|
| `Variable` | name, context, value | |
| `Term`, `Expression` | variables and numbers | |
| `Constraint` | expression, relation, strength | |
| `Strength` | it is one object in each process | |

A variable that stands in several constraints of one message arrives as one.

Left out: `Solver`: its constraints cannot be read back: send these, and add them to a new one.
"""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import kiwisolver

from adapters import register
from adapters.libraries._states import parts


def _variable(variable: Any) -> Any:
    return variable.name(), _own(variable.context()), variable.value()


def _own(context: Any) -> Any:
    return deepcopy(context) if type(context) in (list, dict, set) else context


def _make_variable(state: Any) -> Any:
    name, context, value = parts(state, str, object, float)
    if not math.isfinite(value):
        raise ValueError(f"a variable has a finite value, not {value!r}")
    made = kiwisolver.Variable(name, _own(context))
    if value:  # which a solver alone can give it
        solver = kiwisolver.Solver()
        solver.addConstraint(made == value)
        solver.updateVariables()
    return made


def _term(term: Any) -> Any:
    return term.variable(), term.coefficient()


def _make_term(state: Any) -> Any:
    return kiwisolver.Term(*parts(state, kiwisolver.Variable, (int, float)))


def _expression(expression: Any) -> Any:
    return expression.terms(), expression.constant()


def _make_expression(state: Any) -> Any:
    terms, constant = parts(state, tuple, (int, float))
    return kiwisolver.Expression(parts(terms, *[kiwisolver.Term] * len(terms)), constant)


def _constraint(constraint: Any) -> Any:
    terms, constant = _expression(constraint.expression())
    # They are in the order of addresses.
    terms = sorted(terms, key=lambda term: (term.variable().name(), term.coefficient()))
    return tuple(terms), constant, constraint.op(), constraint.strength()


def _make_constraint(state: Any) -> Any:
    terms, constant, relation, strength = parts(state, tuple, float, str, (int, float))
    return kiwisolver.Constraint(_make_expression((terms, constant)), relation, strength)


def _make_strength(state: Any) -> Any:
    parts((state,), type(None))
    return kiwisolver.strength


register(kiwisolver.Variable, _variable, _make_variable)
register(kiwisolver.Term, _term, _make_term)
register(kiwisolver.Expression, _expression, _make_expression)
register(kiwisolver.Constraint, _constraint, _make_constraint)
register(type(kiwisolver.strength), lambda strength: None, _make_strength)
