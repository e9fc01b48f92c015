"""The sequential sieves, and the table that compares them."""

from __future__ import annotations

import pytest
from demo_command import run

from demos import prime_sieve


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 4, 5, 9, 10, 100, 1000])
def test_both_sieves_agree(limit: int) -> None:
    expected = [n for n in range(2, limit) if all(n % d for d in range(2, n))]
    assert prime_sieve.python_sieve(limit) == expected
    assert list(prime_sieve.native_sieve(limit)) == expected


@pytest.mark.parametrize("processes", ["1", "2"])
def test_prime_sieve_shows_both_and_the_ratio(
    processes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prime_sieve.main(["--limit", "10**5", "--processes", processes]) == 0
    output = capsys.readouterr().out
    assert output.count(" 9,592 ") == 3
    assert output.endswith(
        "both found the same primes, as many as pi(100,000) = 9,592 as published: OK\n"
    )


def test_what_does_not_fit_into_memory_is_refused() -> None:
    result = run("prime_sieve", "--limit", "1e15")
    assert result.returncode == 2
    assert "bytes" in result.stderr
    assert "Traceback" not in result.stderr
