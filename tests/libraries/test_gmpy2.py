"""The contexts of gmpy2."""

import pytest
from kit import check_examples

import adapters

gmpy2 = pytest.importorskip("gmpy2")


def context():
    return gmpy2.context()


def context_of_complex_numbers():
    return gmpy2.context(
        precision=99, real_prec=80, imag_round=gmpy2.RoundUp, allow_complex=True, trap_divzero=True
    )


def context_of_doubles():
    made = gmpy2.ieee(64)
    made.round = gmpy2.RoundToZero
    made.rational_division = True
    made.sqrt(gmpy2.mpfr(-1))  # sets flags
    return made


TYPES = {"context": [context, context_of_complex_numbers, context_of_doubles]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_what_was_left_to_the_precision_follows_it():
    there = adapters.loads(adapters.dumps(context_of_complex_numbers()))
    there.precision = 200
    assert (there.real_prec, there.imag_prec) == (80, 80)
    there = adapters.loads(adapters.dumps(context()))
    there.precision = 200
    assert (there.real_prec, there.imag_prec) == (200, 200)


def test_flags_arrive_and_it_computes_alike():
    there = adapters.loads(adapters.dumps(context_of_doubles()))
    assert there.invalid
    assert there.div(gmpy2.mpfr(1), 10) == context_of_doubles().div(gmpy2.mpfr(1), 10)
    assert there.div(gmpy2.mpfr(1), 10) != context().div(gmpy2.mpfr(1), 10)
