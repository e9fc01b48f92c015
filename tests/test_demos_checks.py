"""The primality test, and the comparison of sieved ranges with it."""

from __future__ import annotations

from demos._support import checks


def test_miller_rabin_is_exact() -> None:
    small = [n for n in range(2000) if n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))]
    assert [n for n in range(2000) if checks.is_prime(n)] == small
    assert checks.is_prime(2**61 - 1)
    assert checks.is_prime(2**64 - 59)
    for composite in (561, 3_215_031_751, 3_825_123_056_546_413_051, (2**31 - 1) ** 2):
        assert not checks.is_prime(composite)


def test_disagreements_are_counted() -> None:
    right = {2, 3, 5, 7}
    assert checks.count_disagreements([(0, 10, right)]) == (10, 0)
    assert checks.count_disagreements([(0, 10, right | {9}), (0, 5, {2})]) == (15, 2)
    assert checks.count_disagreements([(0, 10**6, set(range(10**6)))], most=100)[0] == 100
