"""The models, expressions, parameters, solutions and flows of ortools."""

import pytest
from kit import check_examples

import adapters

cp_model = pytest.importorskip("ortools.sat.python.cp_model")
from ortools.constraint_solver import pywrapcp  # noqa: E402
from ortools.graph.python import linear_sum_assignment, max_flow, min_cost_flow  # noqa: E402
from ortools.linear_solver import pywraplp  # noqa: E402
from ortools.linear_solver.python import model_builder  # noqa: E402
from ortools.sat.python import cp_model_helper as sat  # noqa: E402


def model():
    made = cp_model.CpModel()
    made.name = "m"
    x, y = made.new_int_var(0, 5, "x"), made.new_int_var(0, 5, "y")
    done = made.new_bool_var("done")
    made.add(x + y <= 6).with_name("limit")
    made.add(x > 2).only_enforce_if(done)
    made.add_no_overlap([made.new_interval_var(x, 2, x + 2, "i")])
    made.add_hint(x, 1)
    made.maximize(x + 2 * y + done)
    return made


def empty_model():
    return cp_model.CpModel()


def variables(count=2):
    made = model()
    return [made.get_int_var_from_proto_index(at) for at in range(count)]


def proto():
    return model().proto


def copied(kind, message):
    made = kind()
    made.copy_from(message)
    return made  # which needs no model to stay alive


def variable_message():
    kept = model()
    return copied(sat.IntegerVariableProto, kept.proto.variables[0])


def objective_message():
    kept = model()
    return copied(sat.CpObjectiveProto, kept.proto.objective)


def expression_message():
    made = sat.LinearExpressionProto()
    made.vars.extend([0, 1])
    made.coeffs.extend([1, -1])
    return made


def solver():
    made = cp_model.CpSolver()
    made.parameters.max_time_in_seconds = 0.1 + 0.2
    made.parameters.num_workers = 1
    made.log_callback = print
    return made


def solved():
    made = solver()
    made.solve(model())
    return made


def parameters():
    made = copied(sat.SatParameters, solver().parameters)
    made.log_prefix = 'a"\n\u00e9'
    return made


def response():
    kept = solved()
    return copied(sat.CpSolverResponse, kept.response_proto)


def solution():
    made = sat.CpSolverSolution()
    made.values.extend([1, 2])
    return made


def negation():
    return ~model().get_bool_var_from_proto_index(2)


def affine():
    return 2 * variables()[0] - 1


def real_affine():
    return 1.5 * variables()[0]


def total():
    x, y = variables()
    return x - 2 * y + 7


def real_total():
    x, y = variables()
    return 0.5 * x + y + 0.25


def weighted():
    return cp_model.LinearExpr.weighted_sum([*variables(), 3], [1, 2, 1])


def real_weighted():
    return cp_model.LinearExpr.weighted_sum(variables(), [1.5, 2])


def weighted_once():
    x = variables()[0]
    return cp_model.LinearExpr.weighted_sum([x, x], [1, 1])


def constant():
    return cp_model.LinearExpr.constant(3)


def flat():
    return sat.FlatIntExpr(total())


def real_flat():
    return sat.FlatFloatExpr(real_total())


def bounded():
    x, y = variables()
    return x + 2 * y + 1 <= 6


def differs():
    x, y = variables()
    return x != y


def domain():
    return cp_model.Domain.from_intervals([[1, 3], [5, 9]])


def linear():
    made = model_builder.Model()
    made.name = "lp"
    x, y = made.new_num_var(0, 5, "x"), made.new_int_var(0, 3, "y")
    made.add(x + 2 * y <= 7, "c")
    made.add_enforced(x <= 1, made.new_bool_var("b"), True)
    made.add_hint(x, 1.5)
    made.maximize(x + y + 3)
    return made


def helper():
    made = linear()
    return made.helper


def flow():
    made = max_flow.SimpleMaxFlow()
    made.add_arcs_with_capacity([0, 1, 0], [1, 2, 2], [5, 4, 1])
    return made


def cheap_flow():
    made = min_cost_flow.SimpleMinCostFlow()
    made.add_arcs_with_capacity_and_unit_cost([0, 1], [1, 2], [5, 4], [1, -2])
    made.set_node_supply(0, 3)
    made.set_node_supply(2, -3)
    return made


def assignment():
    made = linear_sum_assignment.SimpleLinearSumAssignment()
    made.add_arcs_with_cost([0, 0, 1, 1], [0, 1, 0, 1], [1, 2, 3, 5])
    return made


def manager():
    return pywrapcp.RoutingIndexManager(5, 2, [0, 1], [2, 3])


def depot():
    return pywrapcp.RoutingIndexManager(5, 2, 0)


def linear_parameters():
    made = pywraplp.MPSolverParameters()
    made.SetDoubleParam(made.RELATIVE_MIP_GAP, 0.05)
    made.SetIntegerParam(made.LP_ALGORITHM, made.PRIMAL)
    return made


TYPES = {
    "CpModel": [model, empty_model],
    "CpModelProto": [proto],
    "CpSolver": [solver, solved],
    "SatParameters": [parameters],
    "CpSolverResponse": [response],
    "CpSolverSolution": [solution],
    "IntegerVariableProto": [variable_message],
    "CpObjectiveProto": [objective_message],
    "LinearExpressionProto": [expression_message],
    "NotBooleanVariable": [negation],
    "IntAffine": [affine],
    "FloatAffine": [real_affine],
    "SumArray": [total, real_total],
    "LinearExpr": [weighted, real_weighted, constant],
    "FlatIntExpr": [flat],
    "FlatFloatExpr": [real_flat],
    "BoundedLinearExpression": [bounded, differs],
    "Domain": [domain],
    "ModelBuilderHelper": [helper],
    "SimpleMaxFlow": [flow],
    "SimpleMinCostFlow": [cheap_flow],
    "SimpleLinearSumAssignment": [assignment],
    "RoutingIndexManager": [manager, depot],
    "MPSolverParameters": [linear_parameters],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def arrived(thing):
    return adapters.loads(adapters.dumps(thing))


def test_variables_arrive_in_their_model():
    made = model()
    x, done = made.get_int_var_from_proto_index(0), made.get_bool_var_from_proto_index(2)
    there, variable, other = arrived([made, x, ~done])
    assert variable.model_proto is there.proto is other.negated().model_proto
    there.add(variable <= 1)
    solver = cp_model.CpSolver()
    assert solver.solve(there) == cp_model.OPTIMAL
    assert solver.value(variable) <= 1
    assert len(made.proto.constraints) == 4


def test_an_expression_arrives_with_its_model():
    x = model().get_int_var_from_proto_index(0)
    expression, bounded = arrived((2 * x + 1, x <= 3))
    assert str(expression) == "(2 * x + 1)" or str(expression) == str(2 * x + 1)
    assert str(bounded) == str(x <= 3)


def test_other_messages_arrive():
    kept = model()
    message = copied(sat.ConstraintProto, kept.proto.constraints[0])
    assert str(arrived(message)) == str(message)


def test_terms_of_one_variable_are_merged():
    there = arrived(weighted_once())
    assert type(there) is type(weighted_once())
    assert sat.FlatIntExpr(there).coeffs == [2]


def test_a_solver_arrives_with_what_it_found():
    there = arrived(solved())
    assert there.objective_value == solved().objective_value
    assert there.parameters.max_time_in_seconds == 0.1 + 0.2


def test_linear_models_and_flows_solve_alike():
    assert arrived(linear()).export_to_proto() == linear().export_to_proto()
    there = arrived(cheap_flow())
    assert there.solve() == there.OPTIMAL
    assert there.optimal_cost() == -3
