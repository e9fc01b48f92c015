"""The expressions, sorts, functions, solvers and models of z3."""

from functools import cache, partial

import pytest
from kit import check_examples

import adapters

z3 = pytest.importorskip("z3")


def evaluated(expression):
    return eval(expression, {**vars(z3), **globals()})


def records():
    """A datatype that refers to itself."""
    kind = z3.Datatype("Records")
    kind.declare("nil")
    kind.declare("cons", ("head", z3.IntSort()), ("tail", kind))
    return kind.create()


@cache
def colors():
    return z3.EnumSort("Color", ["red", "green"])[0]  # of which a context has one


def filled(kind, *formulas):
    made = kind()
    made.add(*formulas)
    return made


def optimize():
    made = filled(z3.Optimize, z3.Int("x") < 7)
    made.add_soft(z3.Int("y") > 2, weight=3, id="a")
    made.maximize(z3.Int("x"))
    made.minimize(z3.Int("y") + 1)
    return made


def function(*sorts):
    return z3.Function("f", *[z3.IntSort()] * 3)


def model():
    solver = filled(z3.Solver, function()(1, 2) == 3, function()(2, 2) == 7, z3.Int("x") > 2)
    solver.add(z3.Array("a", z3.IntSort(), z3.IntSort())[1] == 3)
    assert solver.check() == z3.sat
    return solver.model()


def vector():
    made = z3.AstVector()
    for each in (z3.Int("x"), z3.Int("x") > 1, z3.IntSort(), function()):
        made.push(each)
    return made


def mapping():
    made = z3.AstMap()
    made[z3.Int("x")] = z3.IntVal(3)
    return made


TYPES = {
    "ExprRef": ["Const('u', DeclareSort('U'))"],
    "BoolRef": ["Or(Int('x') + 1 > -5, Bool('q w'))", "And([Int(f'x{i}') > 0 for i in range(40)])"],
    "ArithRef": ["If(Bool('p'), Int('x'), Int('y') % 3)", "Real('r') * Q(-1, 3)"],
    "BitVecRef": ["LShR(BitVec('b', 8), 1) + 3"],
    "ArrayRef": ["Store(Array('a', IntSort(), RealSort()), 1, Q(1, 2))"],
    "FPRef": ["fpAdd(RNE(), FP('q', Float32()), FPVal(1.5, Float32()))"],
    "FPRMRef": ["RTZ()"],
    "SeqRef": [r"Concat(String('s'), StringVal('a\u00e9\n\"'))", "Unit(IntVal(1))"],
    "ReRef": ["Star(Union(Re('a'), Range('0', '9')))"],
    "IntNumRef": ["IntVal(-10**40)", "IntVal(5)"],
    "RatNumRef": ["Q(-1, 3)", "RealVal(5)"],
    "AlgebraicNumRef": ["simplify(Sqrt(RealVal(2)))"],
    "BitVecNumRef": ["BitVecVal(7, 8)"],
    "FPNumRef": [
        "FPVal(-1.5, Float64())",
        "FPVal(float('nan'), Float32())",
        "fpMinusZero(Float16())",
    ],
    "DatatypeRef": ["records().cons(1, records().nil)"],
    "QuantifierRef": ["ForAll([Int('x')], function()(Int('x'), 1) > -1)"],
    "SortRef": ["DeclareSort('U')"],
    "BoolSortRef": ["BoolSort()"],
    "ArithSortRef": ["IntSort()", "RealSort()"],
    "BitVecSortRef": ["BitVecSort(8)"],
    "ArraySortRef": ["ArraySort(IntSort(), SetSort(StringSort()))"],
    "DatatypeSortRef": ["records()", "colors()"],
    "FPSortRef": ["Float32()", "FPSort(5, 11)"],
    "FPRMSortRef": ["RNE().sort()"],
    "SeqSortRef": ["StringSort()", "SeqSort(IntSort())"],
    "ReSortRef": ["ReSort(StringSort())"],
    "FuncDeclRef": ["function()", "Int('x').decl()", "(Int('x') + 1).decl()", "records().cons"],
    "AstVector": ["vector()"],
    "AstMap": ["mapping()"],
    "Solver": ["filled(Solver, Int('x') > -3, records().is_nil(Const('c', records())))"],
    "Optimize": ["optimize()"],
    "Goal": ["filled(Goal, Int('x') > 3, Int('y') < 2)"],
    "ModelRef": ["model()"],
}


# An identity is one of a process. Without a lock z3 frees what any thread drops.
OPTIONS = {
    "ignore": ("get_id",),
    "skip": {"threads_at_once": "z3 frees objects of one context in all threads without a lock"},
}


def makers_of(name):
    return [partial(evaluated, expression) for expression in TYPES[name]]


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*makers_of(name), **OPTIONS)


def arrived(thing):
    return adapters.loads(adapters.dumps(thing))


@pytest.mark.parametrize(
    "expression",
    [
        *("Int('a|b') + 1", "Bool('|z|')", "Int('') * 2", "Int('let') > Real('let')", "FreshInt()"),
        *("Int('x') > -IntVal(5)", "Or(Bool('q'), Bool('p'), Bool('q'))", "Var(0, IntSort()) + 1"),
        *("PbLe([(Bool('p'), 2), (Bool('q'), 3)], 4)", "K(IntSort(), Q(1, 3))", "Int('x') ** 2"),
        "FPVal(0.1, Float128())",
        *("fpToFP(RNE(), Real('r'), Float32())", "BV2Int(BitVec('b', 8))"),
        *("Lambda([Int('x')], Int('x') + 1)[2]", "Exists([Int('x')], Int('x') > 1, qid='me')"),
        "ForAll([Int('x')], function()(Int('x'), 1) > 0, patterns=[function()(Int('x'), 1)])",
    ],
)
def test_a_term_arrives_as_the_very_same_term(expression):
    term = evaluated(expression)
    assert arrived(term).eq(term)


def test_a_term_that_shares_its_parts_stays_small():
    term = z3.Int("x")
    for _ in range(2000):
        term = term * term
    assert arrived(term).eq(term)
    assert len(adapters.dumps(term)) < 50_000


def test_a_term_of_another_context_arrives_in_the_main_one():
    other = z3.Int("x", z3.Context()) + 1
    assert arrived(other).ctx == z3.main_ctx()
    assert arrived(other).eq(z3.Int("x") + 1)


def test_solvers_and_optimizers_find_the_same():
    solver = arrived(evaluated(TYPES["Solver"][0]))
    assert solver.check() == z3.sat
    assert solver.check(z3.Int("x") < -2) == z3.unsat
    best = arrived(optimize())
    assert best.check() == z3.sat
    assert best.model()[z3.Int("x")].as_long() == 6


def test_a_datatype_has_its_parts_as_attributes_if_it_had_them():
    there = arrived(records())
    assert there.cons(1, there.nil).eq(records().cons(1, records().nil))
    assert not hasattr(arrived(z3.Const("c", there).sort()), "nil")


def recursive():
    function = z3.RecFunction("factorial", z3.IntSort(), z3.IntSort())
    number = z3.Int("n")
    z3.RecAddDefinition(function, number, z3.If(number < 1, 1, number * function(number - 1)))
    return function(number)


def pushed():
    solver = filled(z3.Solver, z3.Int("x") > 1)
    solver.push()
    return solver


def with_a_universe():
    sort = z3.DeclareSort("U")
    solver = filled(z3.Solver, z3.Const("u", sort) != z3.Const("v", sort))
    assert solver.check() == z3.sat
    return solver.model()


def of_a_finite_domain():
    return z3.Function("g", z3.FiniteDomainSort("F", 5), z3.IntSort())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (recursive, "recursive definition"),
        (pushed, "levels of push"),
        (with_a_universe, "universes of uninterpreted sorts"),
        (lambda: z3.Tactic("simplify")(z3.Int("x") + 0 > 3)[0], "records of a tactic"),
        (of_a_finite_domain, "reads back"),
    ],
)
def test_what_cannot_be_read_is_refused(make, words):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make())
