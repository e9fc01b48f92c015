"""The sequential sieves, and the table that compares them."""

from __future__ import annotations

import pytest
from demo_command import run

from demos import prime_sieve


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 4, 5, 9, 10, 100, 1000])
def test_both_sieves_agree(limit: int) -> None:
    expected = [n for n in range(2, limit + 1) if all(n % d for d in range(2, n))]
    assert prime_sieve.prime_sieve(limit) == expected
    assert list(prime_sieve.native_sieve(limit)) == expected


def test_the_call_of_the_article() -> None:
    primes = "2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79"
    assert prime_sieve.prime_sieve(80) == [int(prime) for prime in primes.split()]
    assert prime_sieve.prime_sieve(79) == prime_sieve.prime_sieve(80)
    assert prime_sieve.prime_sieve(78) == prime_sieve.prime_sieve(80)[:-1]
    assert prime_sieve.prime_sieve(-5) == []


@pytest.mark.parametrize("processes", ["1", "2"])
def test_prime_sieve_shows_both_and_the_ratio(
    processes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prime_sieve.main(["--limit", "10**5", "--processes", processes]) == 0
    output = capsys.readouterr().out
    assert output.count(" 9,592 ") == 4
    assert output.endswith(
        "both found the same primes, as many as pi(100,000) = 9,592 as published: OK\n"
    )


def test_what_does_not_fit_into_memory_is_refused() -> None:
    result = run("prime_sieve", "--limit", "1e15")
    assert result.returncode == 2
    assert "bytes" in result.stderr
    assert "Traceback" not in result.stderr
