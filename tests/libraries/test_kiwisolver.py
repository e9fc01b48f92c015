import pytest
from kit import check_examples

kiwisolver = pytest.importorskip("kiwisolver")

import adapters  # noqa: E402
from adapters.libraries import kiwisolver as _  # noqa: E402, F401


def variable():
    return kiwisolver.Variable("x", {"a": 1})


def solved():
    made = kiwisolver.Variable("y")
    solver = kiwisolver.Solver()
    solver.addConstraint(made == 0.1)
    solver.updateVariables()
    return made


def term():
    return variable() * 2


def expression():
    return variable() * 2 + solved() + 3.5


def constraint():
    return (expression() >= 4) | "weak"


def other_constraint():
    return expression() == solved()


def strength():
    return kiwisolver.strength


TYPES = {
    "Variable": [variable, solved],
    "Term": [term],
    "Expression": [expression],
    "Constraint": [constraint, other_constraint],
    "Strength": [strength],
}
OPTIONS = {
    # The terms of a constraint are in the order of addresses.
    "Constraint": {"ignore": ["expression"]},
    "Strength": {
        "skip": dict.fromkeys(
            ["factory_makes_a_fresh_object", "deepcopy_makes_a_second_object"],
            "there is one in each process",
        )
    },
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


def test_the_value_of_a_variable_travels_exactly():
    assert adapters.loads(adapters.dumps(solved())).value() == 0.1


def test_a_variable_of_two_constraints_arrives_as_one():
    x = variable()
    twin, one, other = adapters.loads(adapters.dumps([x, x >= 3, x <= 3]))
    assert one.expression().terms()[0].variable() is not None
    solver = kiwisolver.Solver()
    solver.addConstraint(one)
    solver.addConstraint(other)
    solver.updateVariables()
    assert twin.value() == 3
    assert twin.context() == {"a": 1}
