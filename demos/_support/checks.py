"""Checks of the demos' results: published counts, a primality test, and the last line printed."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Protocol

# pi(10**k), the number of primes up to 10**k: https://oeis.org/A006880
PUBLISHED = {
    10**k: count
    for k, count in enumerate(
        (
            0,
            4,
            25,
            168,
            1_229,
            9_592,
            78_498,
            664_579,
            5_761_455,
            50_847_534,
            455_052_511,
            4_118_054_813,
            37_607_912_018,
            346_065_536_839,
            3_204_941_750_802,
        )
    )
}


class Primes(Protocol):
    """A set of primes that can be asked for a number."""

    def __contains__(self, number: int, /) -> bool: ...


def report(passed: bool, text: str) -> int:
    """Print the last line of a demo; return its exit code: 0 if the check passed, else 1."""
    print(f"check: {text}: {'OK' if passed else 'FAILED'}")
    return 0 if passed else 1


def published_pi(limit: int) -> int | None:
    """The published number of primes below `limit`, or None if PUBLISHED does not have it.

    PUBLISHED counts up to and including a power of ten. From 10 on, no power of ten is a prime.
    """
    return 0 if 0 <= limit <= 2 else PUBLISHED.get(limit)


def is_prime(number: int) -> bool:
    """Whether `number` is a prime, by the Miller-Rabin test.

    With these twelve bases the test is exact below 3.3e24 (Sorenson and Webster, "Strong
    pseudoprimes to twelve prime bases", 2015).
    """
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
    if number < 2 or any(number % base == 0 for base in bases):
        return number in bases
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in bases:
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def count_disagreements(
    sieved: Iterable[tuple[int, int, Primes]], most: int = 20_000
) -> tuple[int, int]:
    """Compare sieved ranges with the Miller-Rabin test.

    Args:
        sieved: (first, last, the primes from first on, below last) for each range.
        most: How many numbers to test in each range. Of a longer one, so many at random.

    Returns:
        How many numbers were tested, and for how many the sieve and the test disagree.
    """
    generator = random.Random(0)
    tested = wrong = 0
    for first, last, primes in sieved:
        numbers: Iterable[int] = range(first, last)
        if last - first > most:
            numbers = [generator.randrange(first, last) for _ in range(most)]
        for number in numbers:
            tested += 1
            wrong += is_prime(number) != (number in primes)
    return tested, wrong
