"""The pipe sieve of the article, with correct results: a message for each prime.

The first range finds its primes and sends them one by one to the parent, which sends each of them
to all ranges above. A range crosses off the multiples of the primes that it receives, and then does
the same as the first.
"""

from __future__ import annotations

from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection

from demos._support.ranges import split

TIMEOUT = 60.0  # seconds until the next message of a child, and for a child to end


def article_pipe_sieve(limit: int, processes: int = 2) -> int:
    """The number of primes below `limit`."""
    children = []
    for part in split(limit, processes):
        ours, theirs = Pipe()
        child = Process(target=_sieve_range, args=(theirs, *part), daemon=True)
        child.start()
        theirs.close()
        children.append((child, ours))
    count = 0
    try:
        for index, (_, connection) in enumerate(children):
            connection.send(None)
            while (prime := _receive(connection)) is not None:
                count += 1
                for _, above in children[index + 1 :]:
                    above.send(prime)
    finally:
        for child, connection in children:
            connection.close()
            child.join(TIMEOUT)
            child.terminate()
            child.join(TIMEOUT)
    return count


def _receive(connection: Connection) -> int | None:
    if not connection.poll(TIMEOUT):
        raise TimeoutError(f"a child sent nothing for {TIMEOUT:g} s")
    received: int | None = connection.recv()
    return received


def _sieve_range(connection: Connection, first: int, last: int) -> None:
    flags = [True] * (last - first)

    def cross_off(prime: int) -> None:
        for multiple in range(max(prime * prime, -(-first // prime) * prime), last, prime):
            flags[multiple - first] = False

    while (prime := _receive(connection)) is not None:
        cross_off(prime)
    for number, is_prime in enumerate(flags, first):
        if is_prime:
            connection.send(number)
            cross_off(number)
    connection.send(None)
