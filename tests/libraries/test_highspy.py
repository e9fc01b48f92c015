"""The structures and solvers of HiGHS."""

from functools import partial

import pytest
from kit import check_examples

import adapters

highspy = pytest.importorskip("highspy")
core = getattr(highspy, "_core", highspy)


def solver():
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("qp_allow_hot_start", False)
    highs.setOptionValue("time_limit", 9.0)
    x = highs.addVariable(0, 4, name="x")
    y = highs.addIntegral(0, 9, name="y")
    highs.addConstr(x + 2 * y <= 7)
    highs.setObjective(x + y, highspy.ObjSense.kMaximize)
    return highs


def solved():
    highs = solver()
    highs.changeColIntegrality(1, highspy.HighsVarType.kContinuous)
    highs.run()
    return highs


def lp():
    return solver().getLp()


def model():
    made = solver().getModel()
    made.hessian_ = hessian()
    return made


def hessian():
    made = highspy.HighsHessian()
    made.dim_ = 2
    made.start_, made.index_, made.value_ = [0, 1, 2], [0, 1], [2.0, 3.0]
    return made


def matrix():
    return lp().a_matrix_


def options():
    made = highspy.HighsOptions()
    made.time_limit = 5.0
    made.presolve = "off"
    made.log_dev_level = 2
    return made


def options_of_a_solver():
    return solver().getOptions()


def solution():
    return solved().getSolution()


def basis():
    return solved().getBasis()


def info():
    return solved().getInfo()


def ranging():
    return solved().getRanging()[1]


def record():
    return ranging().col_cost_up


def objective():
    made = core.HighsLinearObjective()
    made.coefficients = [1.0, 2.0]
    made.priority = 3
    return made


def empty(name):
    return getattr(core, name)()


def objective_solution():
    made = core.HighsObjectiveSolution()
    made.objective, made.col_value = 2.5, [1.0]
    return made


def iis_info():
    made = core.HighsIisInfo()
    made.num_lp_solved = 4
    return made


TYPES = {
    "HighsLp": [lp, partial(empty, "HighsLp")],
    "HighsModel": [model],
    "HighsHessian": [hessian],
    "HighsSparseMatrix": [matrix],
    "HighsOptions": [options, options_of_a_solver],
    "HighsSolution": [solution],
    "HighsObjectiveSolution": [objective_solution],
    "HighsBasis": [basis],
    "HighsInfo": [info],
    "HighsIis": [partial(empty, "HighsIis")],
    "HighsIisInfo": [iis_info],
    "HighsRanging": [ranging],
    "HighsRangingRecord": [record],
    "HighsLinearObjective": [objective],
    "Highs": [solver],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_a_solver_finds_the_same_optimum_there():
    there = adapters.loads(adapters.dumps(solver()))
    there.run()
    here = solver()
    here.run()
    assert there.getInfo().objective_function_value == here.getInfo().objective_function_value == 5
    assert there.getLp().col_names_ == ["x", "y"]
    assert there.getOptionValue("qp_allow_hot_start")[1] is False


def test_what_was_solved_starts_from_its_basis():
    there = adapters.loads(adapters.dumps(solved()))
    there.run()
    assert there.getInfo().simplex_iteration_count <= 0


def test_values_of_integers_are_the_start_where_there_is_no_basis():
    here = solver()
    here.run()
    assert not here.getBasis().valid
    there = adapters.loads(adapters.dumps(here))
    assert there.getSolution().col_value == here.getSolution().col_value


def test_callbacks_are_refused():
    highs = solver()
    highs.cbLogging += print
    with pytest.raises(adapters.SerializeError, match="unsubscribe"):
        adapters.dumps(highs)
