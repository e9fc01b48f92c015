"""The sieve over pipes as the article has it, but for its mistake: every prime is a message.

The first range finds its primes and sends them to the parent one by one, which sends each to every
range behind; a range strikes with what it is sent, and then does the same.
"""

from __future__ import annotations

from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection

from demos.ranges import split

PATIENCE = 60.0  # seconds for a child to say something, and to end


def article_pipe_sieve(limit: int, processes: int = 2) -> int:
    """How many primes there are below `limit`."""
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
                for _, behind in children[index + 1 :]:
                    behind.send(prime)
    finally:
        for child, connection in children:
            connection.close()
            child.join(PATIENCE)
            child.terminate()
            child.join(PATIENCE)
    return count


def _receive(connection: Connection) -> int | None:
    if not connection.poll(PATIENCE):
        raise TimeoutError(f"a child said nothing for {PATIENCE:g} s")
    received: int | None = connection.recv()
    return received


def _sieve_range(connection: Connection, first: int, last: int) -> None:
    flags = [True] * (last - first)

    def strike(prime: int) -> None:
        for multiple in range(max(prime * prime, -(-first // prime) * prime), last, prime):
            flags[multiple - first] = False

    while (prime := _receive(connection)) is not None:
        strike(prime)
    for number, prime_so_far in enumerate(flags, first):
        if prime_so_far:
            connection.send(number)
            strike(number)
    connection.send(None)
