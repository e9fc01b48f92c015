"""`python -m demos` lists the demos; `python -m demos NAME [options]` runs one."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Callable, Sequence

from demos._support.workers import WorkerError

STOPPED = 130  # the exit code that shells report for a program that SIGINT ended: 128 + 2

DEMOS = {
    "manager_pids": "each process writes its pid and a native object into a Manager's list",
    "palindromes": "what it costs to move words to a Pool: as str, as a recipe, as a WordList",
    "prime_sieve": "the sequential sieve, in Python and native, side by side",
    "pipe_sieve": "sieve ranges in parallel, one process and one pipe a range",
    "by_hand": "one class made to travel by hand, by one register call, by a lambda",
    "expensive": "an expensive object for many tasks: constructed for each, or once per process",
    "engines": "the same tasks on processes, loky, Dask, Ray or MPI, with shared objects",
}


def main(argv: Sequence[str]) -> int:
    """List the demos or run one; return the exit code."""
    if not argv or argv[0] in ("-h", "--help"):
        print("usage: python -m demos NAME [options]      python -m demos NAME --help\n")
        for name, line in DEMOS.items():
            print(f"  {name:<14}{line}")
        return 0
    if argv[0] not in DEMOS:
        close = difflib.get_close_matches(argv[0], DEMOS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        message = f"no demo is named {argv[0]!r}.{hint} The names: {', '.join(DEMOS)}"
        print(f"demos: error: {message}", file=sys.stderr)
        return 2
    return run(argv[0], argv[1:])


def run(name: str, argv: Sequence[str]) -> int:
    """Run the demo `name`; return its exit code.

    Ctrl-C, a failed worker and a missing extension are one line on stderr, without a traceback.
    """
    try:
        return _run(name, argv)
    except KeyboardInterrupt:
        print(f"demos {name}: stopped by Ctrl-C", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        # The reader of stdout, such as `head`, has ended. The interpreter flushes stdout at exit:
        # see "Note on SIGPIPE" in the documentation of the signal module.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(name: str, argv: Sequence[str]) -> int:
    try:
        module = importlib.import_module(f"demos.{name}")
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "native":
            raise
        return _fail(name, f"the extension is not built ({error}); pip install . builds it")
    demo: Callable[[Sequence[str]], int] = module.main
    try:
        code = demo(argv)
        sys.stdout.flush()
    except WorkerError as error:
        return _fail(name, str(error))
    return code


def _fail(name: str, reason: str) -> int:
    print(f"demos {name}: error: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
