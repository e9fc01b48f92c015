"""ortools: models of CP-SAT and linear solving, their parts, parameters, solutions, and flows.

| type | what travels | what does not |
|---|---|---|
| `CpModel`, `CpModelProto` | the whole model; variables of one arrive in one | nothing |
| `CpSolver` | parameters, response, callbacks that pickle | a running search: refused |
| `SatParameters`, `CpSolverResponse`, `CpSolverSolution` | all fields | nothing |
| `IntegerVariableProto`, `CpObjectiveProto`, `LinearExpressionProto` | all fields | nothing |
| `NotBooleanVariable`, `IntAffine`, `FloatAffine` | the expression and its model | nothing |
| `SumArray`, `LinearExpr` | variables, coefficients, offset | order and repetition of terms |
| `FlatIntExpr`, `FlatFloatExpr` | variables, coefficients, offset | nothing |
| `BoundedLinearExpression` | the expression, its bounds | order of terms |
| `Domain` | the intervals | nothing |
| `ModelBuilderHelper` | the whole linear model | nothing |
| `SimpleMaxFlow` | arcs, capacities | flows: solve again |
| `SimpleMinCostFlow` | arcs, capacities, costs, supplies | flows: solve again |
| `SimpleLinearSumAssignment` | arcs and costs | the assignment: solve again |
| `RoutingIndexManager` | nodes, vehicles, their starts and ends | nothing |
| `MPSolverParameters` | all parameters | nothing |

The other messages of CP-SAT, such as `ConstraintProto`, travel as these do. With
these `IntVar`, `IntervalVar` and `model_builder.Model` pickle by themselves.

Left out: `pywraplp.Solver`, `ModelSolver`, `RoutingModel`, `pywrapcp.Solver`, `KnapsackSolver`:
their settings cannot be read; send `ExportModelToProto`'s message. `mathopt.Model`: send what
`export_model()` returns. `QuadraticProgram`: send its arrays. `repeated_` containers: make lists.
`Constraint`, `Variable` of a linear model: they do not keep it alive; send it, and their index.
"""

from __future__ import annotations

from typing import Any

from ortools.constraint_solver import pywrapcp
from ortools.graph.python import linear_sum_assignment, max_flow, min_cost_flow
from ortools.linear_solver import pywraplp
from ortools.linear_solver.python import model_builder_helper as linear
from ortools.sat.python import cp_model
from ortools.sat.python import cp_model_helper as sat

from adapters import register
from adapters.libraries._files import loaded, saved
from adapters.libraries._states import parts

_LARGEST_NODE = 2**31 - 2


# Messages of CP-SAT. They do not say how to write bytes, and their text is exact.
def _serve_message(kind: Any) -> None:
    def factory(state: Any) -> Any:
        (text,) = parts((state,), str)
        made = kind()
        if not made.parse_text_format(text):
            raise ValueError(f"the state is no text of a {kind.__name__}")
        return made

    register(kind, str, factory)


_MESSAGES = [kind for kind in vars(sat).values() if hasattr(kind, "parse_text_format")]
for _kind in _MESSAGES:
    _serve_message(_kind)

register(cp_model.CpModel, lambda model: model.proto, lambda state: _model(state))


def _model(state: Any) -> Any:
    (proto,) = parts((state,), sat.CpModelProto)
    return cp_model.CpModel(proto)


def _solver_state(solver: Any) -> tuple[Any, ...]:
    if solver._CpSolver__solve_wrapper is not None:
        raise ValueError("a search of the solver is running: wait for its end")
    callbacks = (solver.log_callback, solver.best_bound_callback)
    return (solver.parameters, solver._CpSolver__response, *callbacks)


def _solver(state: Any) -> Any:
    responses = (sat.CpSolverResponse, type(None))
    parameters, response, *callbacks = parts(state, sat.SatParameters, responses, object, object)
    if any(callback is not None and not callable(callback) for callback in callbacks):
        raise TypeError("a callback of a solver has to be callable")
    solver = cp_model.CpSolver()
    solver.parameters, solver._CpSolver__response = parameters, response
    solver.log_callback, solver.best_bound_callback = callbacks
    return solver


register(cp_model.CpSolver, _solver_state, _solver)
register(
    cp_model.Domain,
    lambda domain: domain.flattened_intervals(),
    lambda state: cp_model.Domain.from_flat_intervals(_bounds(state)),
)


def _bounds(state: Any) -> list[int]:
    (bounds,) = parts((state,), list)
    pairs = zip(bounds[::2], bounds[1::2], strict=True)
    if any(type(each) is not int for each in bounds) or any(low > high for low, high in pairs):
        raise ValueError(f"{bounds} are no bounds of intervals")
    return list(bounds)


# Expressions, which name variables that hold their model.
def _flat_state(expression: Any) -> tuple[Any, ...]:
    if not isinstance(expression, (sat.FlatIntExpr, sat.FlatFloatExpr)):
        flat = sat.FlatIntExpr if expression.is_integer() else sat.FlatFloatExpr
        expression = flat(expression)
    return expression.vars, expression.coeffs, expression.offset


def _terms(state: Any) -> tuple[list[Any], list[Any], Any]:
    variables, factors, offset = parts(state, list, list, (int, float))
    numbers = all(type(factor) in (int, float) for factor in factors)
    named = all(isinstance(each, cp_model.IntVar) for each in variables)
    if len(variables) != len(factors) or not numbers or not named:
        raise TypeError("the state has to be variables, a number for each, and an offset")
    return variables, factors, offset


def _weighted(state: Any) -> Any:
    variables, factors, offset = _terms(state)
    rest, one = ([offset], [1]) if offset else ([], [])
    return cp_model.LinearExpr.weighted_sum([*variables, *rest], [*factors, *one])


def _linear(state: Any) -> Any:
    variables, factors, offset = _terms(state)
    if not variables:
        return cp_model.LinearExpr.constant(offset)
    made = _weighted(state)
    if type(made) is not sat.LinearExpr:  # a sum of one term is made of two
        first = variables[0]
        rest = -1 if factors[0] != -1 else 1
        made = cp_model.LinearExpr.weighted_sum([first, first], [factors[0] - rest, rest])
    return made


def _sum(state: Any) -> Any:
    variables, factors, offset = _terms(state)
    terms = [each if by == 1 else each * by for each, by in zip(variables, factors, strict=True)]
    whole = type(offset) is int
    return sat.SumArray(terms, offset if whole else 0, 0.0 if whole else offset)


def _bounded(state: Any) -> Any:
    variables, factors, offset, domain = parts(state, list, list, int, cp_model.Domain)
    parts(factors, *[int] * len(factors))
    return sat.BoundedLinearExpression(_weighted((variables, factors, offset)), domain)


def _negated(state: Any) -> Any:
    (variable,) = parts((state,), cp_model.IntVar)
    if not variable.is_boolean:
        raise ValueError(f"{variable} is no Boolean variable")
    return variable.negated()


def _serve_affine(kind: Any, number: Any) -> None:
    register(
        kind,
        lambda each: (each.expression, each.coefficient, each.offset),
        lambda state: kind(*parts(state, sat.LinearExpr, number, number)),
    )


_serve_affine(sat.IntAffine, int)
_serve_affine(sat.FloatAffine, float)
register(sat.NotBooleanVariable, lambda negation: negation.negated(), _negated)
register(sat.LinearExpr, _flat_state, _linear)
register(sat.SumArray, _flat_state, _sum)
register(sat.FlatIntExpr, _flat_state, lambda state: sat.FlatIntExpr(_linear(state)))
register(sat.FlatFloatExpr, _flat_state, lambda state: sat.FlatFloatExpr(_linear(state)))
register(sat.BoundedLinearExpression, lambda each: (*_flat_of_bounded(each), each.bounds), _bounded)


def _flat_of_bounded(bounded: Any) -> tuple[Any, ...]:
    if not bounded.ok:
        raise ValueError("the comparison has no integer coefficients")
    return bounded.vars, bounded.coeffs, bounded.offset


def _helper(state: Any) -> Any:
    (data,) = parts((state,), bytes)
    helper = linear.ModelBuilderHelper()
    if not loaded(data, helper.read_model_from_proto_file, ".pb"):
        raise ValueError("the state is no message of a linear model")
    return helper


register(
    linear.ModelBuilderHelper,
    lambda helper: saved(helper.write_model_to_proto_file, ".pb"),
    _helper,
)


# Graphs.
def _arcs(state: Any, width: int) -> list[list[int]]:
    """The columns of a list of arcs: two nodes, then numbers."""
    (rows,) = parts((state,), list)
    for row in rows:
        first, second, *_ = parts(row, *[int] * width)
        if not (0 <= first <= _LARGEST_NODE and 0 <= second <= _LARGEST_NODE):
            raise ValueError(f"{row} is no arc between two nodes")
    return [list(column) for column in zip(*rows, strict=True)]


def _max_flow_state(flow: Any) -> list[Any]:
    return [(flow.tail(at), flow.head(at), flow.capacity(at)) for at in range(flow.num_arcs())]


def _max_flow(state: Any) -> Any:
    flow = max_flow.SimpleMaxFlow()
    if columns := _arcs(state, 3):
        flow.add_arcs_with_capacity(*columns)
    return flow


def _min_cost_flow_state(flow: Any) -> tuple[Any, ...]:
    arcs = [
        (flow.tail(at), flow.head(at), flow.capacity(at), flow.unit_cost(at))
        for at in range(flow.num_arcs())
    ]
    return arcs, [flow.supply(node) for node in range(flow.num_nodes())]


def _min_cost_flow(state: Any) -> Any:
    arcs, supplies = parts(state, list, list)
    flow = min_cost_flow.SimpleMinCostFlow()
    if columns := _arcs(arcs, 4):
        flow.add_arcs_with_capacity_and_unit_cost(*columns)
    if supplies:
        parts(supplies, *[int] * len(supplies))
        flow.set_nodes_supplies(range(len(supplies)), supplies)
    return flow


def _assignment_state(assignment: Any) -> list[Any]:
    return [
        (assignment.left_node(at), assignment.right_node(at), assignment.cost(at))
        for at in range(assignment.num_arcs())
    ]


def _assignment(state: Any) -> Any:
    assignment = linear_sum_assignment.SimpleLinearSumAssignment()
    if columns := _arcs(state, 3):
        assignment.add_arcs_with_cost(*columns)
    return assignment


register(max_flow.SimpleMaxFlow, _max_flow_state, _max_flow)
register(min_cost_flow.SimpleMinCostFlow, _min_cost_flow_state, _min_cost_flow)
register(linear_sum_assignment.SimpleLinearSumAssignment, _assignment_state, _assignment)


def _manager_state(manager: Any) -> tuple[Any, ...]:
    vehicles = range(manager.GetNumberOfVehicles())
    starts = [manager.IndexToNode(manager.GetStartIndex(each)) for each in vehicles]
    ends = [manager.IndexToNode(manager.GetEndIndex(each)) for each in vehicles]
    return manager.GetNumberOfNodes(), starts, ends


def _manager(state: Any) -> Any:
    nodes, starts, ends = parts(state, int, list, list)
    for places in (starts, ends):
        parts(places, *[int] * len(starts))
    # It ends the process if they are not.
    if not 0 < nodes < 2**31 or not starts or not all(0 <= at < nodes for at in [*starts, *ends]):
        raise ValueError("starts and ends have to be nodes, one of each for each vehicle")
    return pywrapcp.RoutingIndexManager(nodes, len(starts), starts, ends)


def _parameters(state: Any) -> Any:
    reals, integers = parts(state, list, list)
    parts(reals, float, float, float)
    parts(integers, int, int, int, int)
    parameters = pywraplp.MPSolverParameters()
    for at, value in enumerate(reals):
        parameters.SetDoubleParam(at, value)
    for at, value in enumerate(integers, 1000):
        if not -1 <= value <= 100:
            raise ValueError(f"{value} is no value of parameter {at}")
        if value != parameters.GetIntegerParam(at):
            parameters.SetIntegerParam(at, value)
    return parameters


register(pywrapcp.RoutingIndexManager, _manager_state, _manager)
register(
    pywraplp.MPSolverParameters,
    lambda parameters: (
        [parameters.GetDoubleParam(at) for at in range(3)],
        [parameters.GetIntegerParam(at) for at in range(1000, 1004)],
    ),
    _parameters,
)
