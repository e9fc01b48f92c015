"""The numbers, polynomials, series, matrices and contexts of python-flint."""

from functools import partial

import pytest
from kit import check_examples

import adapters

flint = pytest.importorskip("flint")


def evaluated(expression):
    return eval(expression, dict(vars(flint)))


TYPES = {
    "arf": ["arf(1.5)", "arf((3, -5000))", "arf(float('-inf'))", "arf(float('nan'))"],
    "arb": ["arb.pi()", "arb(0)", "arb('1e100 +/- inf')", "arb(float('-inf'))", "arb(1, 3)"],
    "acb": ["acb(arb.pi(), arb('0.1'))", "acb(2)"],
    "nmod": ["nmod(3, 7)", "nmod(3, 2**64 - 1)"],
    "fmpz_mod": ["fmpz_mod_ctx(10**30)(7)", "fmpz_mod_ctx(1)(3)"],
    "dirichlet_char": ["dirichlet_char(7, 3)"],
    "dirichlet_group": ["dirichlet_group(12)"],
    "fmpz_poly": ["fmpz_poly([1, 0, -10**40])", "fmpz_poly([])"],
    "fmpq_poly": ["fmpq_poly([1, fmpq(2, 3)])"],
    "nmod_poly": ["nmod_poly([1, 2, 3], 7)"],
    "arb_poly": ["arb_poly([1, arb.pi()])"],
    "acb_poly": ["acb_poly([1, acb(arb.pi(), 2)])"],
    "fmpz_series": ["fmpz_series([1, 2, 3], prec=40)", "fmpz_series([], prec=3)"],
    "fmpq_series": ["fmpq_series([1, fmpq(1, 2)], prec=4)"],
    "arb_series": ["arb_series([1, arb.pi()], prec=40)"],
    "acb_series": ["acb_series([1, acb(arb.pi(), 2)], prec=4)"],
    "fmpz_mat": ["fmpz_mat([[1, 2], [3, -10**40]])", "fmpz_mat(0, 3)"],
    "fmpq_mat": ["fmpq_mat([[1, fmpq(1, 3)]])"],
    "nmod_mat": ["nmod_mat(1, 2, [3, 4], 7)"],
    "arb_mat": ["arb_mat([[1, arb.pi()]])"],
    "acb_mat": ["acb_mat([[1, acb(arb.pi(), 2)]])"],
    "fmpz_mod_poly": ["fmpz_mod_poly_ctx(101)([1, 2])"],
    "fmpz_mod_mat": ["fmpz_mod_mat(1, 2, [3, 4], fmpz_mod_ctx(101))"],
    "fq_default_poly": ["fq_default_poly_ctx(5, 2)([1, fq_default_ctx(5, 2).gen()])"],
    "fmpz_vec": ["fmpz_vec([1, 10**40])"],
    "fmpq_vec": ["fmpq_vec([1, fmpq(1, 3)])"],
    "fmpz_mpoly": ["fmpz_mpoly_ctx.get(('x', 2), 'lex').gen(1) ** 3 - 2"],
    "fmpq_mpoly": ["fmpq_mpoly_ctx.get(('x', 'y'), 'deglex').gen(0) / 3 + 1"],
    "nmod_mpoly": ["nmod_mpoly_ctx.get(('x', 2), modulus=7).gen(0) * 3"],
    "fmpz_mod_mpoly": ["fmpz_mod_mpoly_ctx.get(('x', 2), modulus=10**30 + 57).gen(0) * 3"],
    "fmpz_mpoly_vec": ["fmpz_mpoly_vec([fmpz_mpoly_ctx.get('x').gen(0)], fmpz_mpoly_ctx.get('x'))"],
    "fmpq_mpoly_vec": ["fmpq_mpoly_vec([fmpq_mpoly_ctx.get('x').gen(0)], fmpq_mpoly_ctx.get('x'))"],
    "fmpz_mod_ctx": ["fmpz_mod_ctx(101)", "fmpz_mod_ctx(10**30)"],
    "fmpz_mod_poly_ctx": ["fmpz_mod_poly_ctx(101)"],
    "fmpz_mpoly_ctx": ["fmpz_mpoly_ctx.get(('x', 2), 'lex')", "fmpz_mpoly_ctx.get(['a b'])"],
    "fmpq_mpoly_ctx": ["fmpq_mpoly_ctx.get(['x'], 'degrevlex')"],
    "nmod_mpoly_ctx": ["nmod_mpoly_ctx.get(['x'], modulus=7, ordering='deglex')"],
    "fmpz_mod_mpoly_ctx": ["fmpz_mod_mpoly_ctx.get(['x', 'y'], modulus=10**30 + 57)"],
    "fq_default_ctx": ["fq_default_ctx(5, 3, 'ab')", "fq_default_ctx(7, 1, fq_type='FQ')"],
    "fq_default_poly_ctx": ["fq_default_poly_ctx(fq_default_ctx(5, 2, 'y', fq_type='FQ'))"],
}


CONTEXTS = ("fmpz_mpoly_ctx", "fmpq_mpoly_ctx", "nmod_mpoly_ctx", "fmpz_mod_mpoly_ctx")
REASON = "flint has one context of a description, which cannot be changed"
SKIP = dict.fromkeys(("factory_makes_a_fresh_object", "deepcopy_makes_a_second_object"), REASON)
OPTIONS = {name: {"skip": SKIP} for name in CONTEXTS}


def makers_of(name):
    return [partial(evaluated, expression) for expression in TYPES[name]]


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*makers_of(name), **OPTIONS.get(name, {}))


def bits(value):
    if isinstance(value, flint.acb):
        return bits(value.real), bits(value.imag)
    if isinstance(value, flint.arb):
        return value.mid().man_exp(), value.rad().man_exp()
    many = value.coeffs() if hasattr(value, "coeffs") else value.entries()
    return [bits(each) for each in many]


@pytest.mark.parametrize(
    "text",
    [
        *("p", "acb(p, q)", "arb_poly([p, 1])", "acb_poly([acb(q, p)])", "arb_mat([[p, q]])"),
        *("acb_mat([[acb(q, p)]])", "arb_series([p, q], prec=30)", "acb_series([p])"),
    ],
)
def test_balls_arrive_bit_by_bit_where_the_precision_is_lower(text):
    with flint.ctx.workprec(500):
        numbers = {"p": flint.arb.pi(), "q": flint.arb("0.1 +/- 1e-40")}
        ball = eval(text, {**vars(flint), **numbers})
        payload = adapters.dumps(ball)
    assert flint.ctx.prec < 500
    assert bits(adapters.loads(payload)) == bits(ball)


def test_radii_arrive_bit_by_bit():
    balls = [flint.arb(1, flint.arb((digits, -7))) for digits in (1, 2, 3, 2**29 + 1, 2**30 - 1)]
    balls += [flint.arb(number).sqrt() for number in range(100)]
    assert [*map(bits, adapters.loads(adapters.dumps(balls)))] == [*map(bits, balls)]


def test_polynomials_of_one_context_arrive_in_one():
    context = flint.fmpz_mod_poly_ctx(101)
    one, other = adapters.loads(adapters.dumps([context([1, 2]), context([3])]))
    assert one.context() is other.context()


def test_an_empty_vector_is_refused():
    vector = flint.fmpz_mpoly_vec(0, flint.fmpz_mpoly_ctx.get("x"))
    with pytest.raises(adapters.SerializeError, match="send the context"):
        adapters.dumps(vector)
