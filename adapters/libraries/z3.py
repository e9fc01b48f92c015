"""z3: expressions, sorts, functions, solvers and models; they arrive in the main context.

| type | what travels | what does not |
|---|---|---|
| `ExprRef`, `BoolRef`, `ArithRef`, `BitVecRef`, `ArrayRef` | the very term | recursion: refused |
| `DatatypeRef`, `FPRef`, `FPRMRef`, `SeqRef`, `ReRef` | the very term | the same |
| `IntNumRef`, `RatNumRef`, `AlgebraicNumRef`, `BitVecNumRef`, `FPNumRef` | the number | - |
| `QuantifierRef` | variables, body, patterns, weight, names | forbidden patterns: refused |
| `SortRef`, `BoolSortRef`, `ArithSortRef`, `BitVecSortRef`, `ArraySortRef` | the sort | nothing |
| `DatatypeSortRef`, `FPSortRef`, `FPRMSortRef`, `SeqSortRef`, `ReSortRef` | the sort | nothing |
| `FuncDeclRef` | name, domain, range; operators | a recursive definition: refused |
| `AstVector`, `AstMap` | their terms, sorts and functions | nothing |
| `Solver` | its assertions | parameters, tactics, tracking; levels of push: refused |
| `Optimize` | assertions, soft ones, objectives in order | parameters, levels of push |
| `Goal` | its formulas | flags; one that a tactic made: refused |
| `ModelRef` | constants and functions | universes of uninterpreted sorts: refused |

z3 does not tell which parameters were set, or which assertions are tracked: `Implies(p, formula)`
arrives. A constant of `FreshConst` arrives as one of the same name. The main context is not to be
used by two threads at once: objects that arrive in another thread are made under a lock, which the
thread that solves does not know.

Left out: `Context`, `Tactic`, `Probe`, `Simplifier`, `ParamsRef`, `Fixedpoint`, whose settings
cannot be read; `UserPropagateBase`; `Statistics`, `FuncInterp`: send the model; sorts and terms
of finite domains and finite sets.
"""

from __future__ import annotations

from typing import Any

import z3

from adapters import register
from adapters.libraries._locks import fork_safe_lock
from adapters.libraries._states import parts
from adapters.libraries._z3_terms import Reader, Writer, items, read, text_of

_LOCK = fork_safe_lock()


def _terms_state(terms: Any) -> tuple[Any, ...]:
    with _LOCK:
        writer = Writer()
        numbers = [writer.term(term) for term in terms]
        return writer.sorts, writer.functions, writer.terms, numbers


def _terms_of(state: Any) -> list[Any]:
    sorts, functions, terms, numbers = parts(state, list, list, list, list)
    with _LOCK:
        return items(Reader(sorts, functions, terms).terms, numbers)


def _is(kind: Any, made: Any) -> Any:
    if type(made) is not kind:
        raise ValueError(f"the state is of a {type(made).__name__}, no {kind.__name__}")
    return made


def _serve_term(kind: Any) -> None:
    def factory(state: Any) -> Any:
        terms = _terms_of(state)
        if len(terms) != 1:
            raise ValueError(f"the state is of {len(terms)} terms")
        return _is(kind, terms[0])

    register(kind, lambda term: _terms_state([term]), factory)


def _sort_state(sort: Any) -> tuple[str, bool]:
    with _LOCK:
        named = isinstance(sort, z3.DatatypeSortRef) and hasattr(sort, sort.constructor(0).name())
        return text_of(z3.Const("adapters!value", sort)), named


def _serve_sort(kind: Any) -> None:
    def factory(state: Any) -> Any:
        text, named = parts(state, str, bool)
        with _LOCK:
            sort = _is(kind, read(text).sort())
            if named and kind is z3.DatatypeSortRef:
                _name_parts(sort)
        return sort

    register(kind, _sort_state, factory)


def _name_parts(sort: Any) -> None:
    """As attributes, which a sort has that a Datatype created."""
    for at in range(sort.num_constructors()):
        made = sort.constructor(at)
        setattr(sort, made.name(), made if made.arity() else made())
        setattr(sort, f"is_{made.name()}", sort.recognizer(at))
        for place in range(made.arity()):
            accessor = sort.accessor(at, place)
            setattr(sort, accessor.name(), accessor)


def _function_state(function: Any) -> tuple[Any, ...]:
    with _LOCK:
        writer = Writer()
        writer.function(function)
        return writer.sorts, writer.functions


def _function(state: Any) -> Any:
    sorts, functions = parts(state, list, list)
    with _LOCK:
        (made,) = Reader(sorts, functions, ()).functions
        return made


def _solver_state(solver: Any) -> tuple[Any, ...]:
    if solver.num_scopes():
        raise ValueError("levels of push cannot be read: pop them, or send what was asserted")
    return _terms_state(solver.assertions())


def _formulas(kind: Any, state: Any) -> Any:
    terms = _terms_of(state)
    made = kind()
    with _LOCK:
        for term in terms:
            if not z3.is_bool(term):
                raise ValueError(f"{term} is no formula")
            made.add(term)
    return made


def _optimize_state(optimize: Any) -> str:
    with _LOCK:
        text = str(optimize.sexpr())
        twin = z3.Optimize(ctx=optimize.ctx)
        twin.from_string(text)
        if "define-funs-rec" in text or {*twin.sexpr().split()} != {*text.split()}:
            raise ValueError("the text of it, by sexpr(), does not read back as the same")
        return text


def _optimize(state: Any) -> Any:
    (text,) = parts((state,), str)
    with _LOCK:
        made = z3.Optimize()
        made.from_string(text)
        return made


def _goal_state(goal: Any) -> tuple[Any, ...]:
    if goal.depth() or goal.prec() != z3.Z3_GOAL_PRECISE:
        raise ValueError("what a goal records of a tactic cannot be read: send the goal before")
    return _terms_state([goal[at] for at in range(len(goal))])


def _terms(state: Any, kind: type) -> list[Any]:
    (terms,) = parts((state,), list)
    if not all(isinstance(term, kind) for term in terms):
        raise TypeError(f"the state has to be a list of {kind.__name__}")
    return list(terms)


def _vector(state: Any) -> Any:
    vector = z3.AstVector()
    for term in _terms(state, z3.AstRef):
        vector.push(term)
    return vector


def _map(state: Any) -> Any:
    made = z3.AstMap()
    (pairs,) = parts((state,), list)
    for pair in pairs:
        key, value = parts(pair, z3.AstRef, z3.AstRef)
        made[key] = value
    return made


def _model_state(model: Any) -> list[Any]:
    if model.num_sorts():
        raise ValueError("universes of uninterpreted sorts cannot be made: send the solver")
    state: list[Any] = []
    for function in model.decls():
        value = model.get_interp(function)
        if isinstance(value, z3.FuncInterp):
            rows = [value.entry(at).as_list() for at in range(value.num_entries())]
            state.append((function, rows, value.else_value()))
        else:
            state.append((function, None, value))
    return state


def _model(state: Any) -> Any:
    model = z3.Model()
    context = model.ctx.ref()
    for item in parts((state,), list)[0]:
        function, rows, value = parts(item, z3.FuncDeclRef, (list, type(None)), z3.ExprRef)
        if value.sort() != function.range() or (rows is None) != (function.arity() == 0):
            raise ValueError(f"{value} is no value of {function}")
        if rows is None:
            model.update_value(function, value)
            continue
        made = z3.Z3_add_func_interp(context, model.model, function.ast, value.as_ast())
        interpretation = z3.FuncInterp(made, model.ctx)
        sorts = [*(function.domain(at) for at in range(function.arity())), function.range()]
        for row in rows:
            if [term.sort() for term in _terms(row, z3.ExprRef)] != sorts:
                raise ValueError(f"{row} is no entry of {function}")
            vector = _vector(row[:-1])
            z3.Z3_func_interp_add_entry(context, interpretation.f, vector.vector, row[-1].as_ast())
    return model


_NAMES = "Expr Bool Arith IntNum RatNum AlgebraicNum BitVec BitVecNum Array FP FPNum FPRM Seq Re"
for _name in (*_NAMES.split(), "Datatype", "Quantifier"):
    _serve_term(getattr(z3, f"{_name}Ref"))
for _name in ("", "Bool", "Arith", "BitVec", "Array", "Datatype", "FP", "FPRM", "Seq", "Re"):
    _serve_sort(getattr(z3, f"{_name}SortRef" if _name else "SortRef"))
register(z3.FuncDeclRef, _function_state, _function)
register(z3.Solver, _solver_state, lambda state: _formulas(z3.Solver, state))
register(z3.Goal, _goal_state, lambda state: _formulas(z3.Goal, state))
register(z3.Optimize, _optimize_state, _optimize)
register(z3.ModelRef, _model_state, _model)
register(z3.AstVector, lambda vector: [*vector], _vector)
register(z3.AstMap, lambda made: [(key, made[key]) for key in list(made.keys())], _map)
