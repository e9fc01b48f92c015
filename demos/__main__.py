"""`python -m demos` lists the demos; `python -m demos [--trace] NAME [options]` runs one."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import adapters
from demos._support.workers import WorkerError

STOPPED = 130  # the exit code that shells report for a program that SIGINT ended: 128 + 2

DEMOS = {
    "manager_pids": "processes write their pids, and then native objects, into a Manager's list",
    "palindromes": "what it costs to move words to a Pool: as str, as a recipe, as a WordList",
    "prime_sieve": "the sieve on one process, on a Python list and in C",
    "pipe_sieve": "sieve ranges in parallel, one process and one pipe a range",
    "by_hand": "the layer written by hand for a native type, and the register call in its place",
    "expensive": "an expensive object for many tasks: constructed for each, or once per process",
    "engines": "the same tasks on processes, loky, Dask, Ray or MPI, with shared objects",
}


def main(argv: Sequence[str]) -> int:
    """List the demos or run one; return the exit code."""
    _let_stdout_print_anything()
    if argv and argv[0] == "--trace":
        return _main_traced(argv[1:])
    if not argv or argv[0] in ("-h", "--help"):
        print("usage: python -m demos [--trace] NAME [options]    python -m demos NAME --help\n")
        for name, line in DEMOS.items():
            print(f"  {name:<14}{line}")
        print("\n--trace: what has travelled, by which adapter, how large and how long")
        return 0
    if argv[0] not in DEMOS:
        close = difflib.get_close_matches(argv[0], DEMOS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        message = f"no demo is named {argv[0]!r}.{hint} The names: {', '.join(DEMOS)}"
        print(f"demos: error: {message}", file=sys.stderr)
        return 2
    return run(argv[0], argv[1:])


def _main_traced(argv: Sequence[str]) -> int:
    """Run a demo, and print what has travelled meanwhile, above its error or below its check."""
    with adapters.trace() as trace:
        code = main(argv)
    if trace.events:
        print(f"\n{trace}")
    return code


def _let_stdout_print_anything() -> None:
    """Let stdout escape what its encoding lacks, such as a letter in a word or in a file's name."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # stdout may be None, or replaced
    if reconfigure is not None:
        with suppress(OSError, ValueError):  # closed; print reports that
            reconfigure(errors="backslashreplace")


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
        return _fail(name, f"the extension is not built ({error}); pip install -e . builds it")
    demo: Callable[[Sequence[str]], int] = module.main
    try:
        code = demo(argv)
        print(end="", flush=True)  # stdout may be None
    except WorkerError as error:
        return _fail(name, str(error))
    return code


def _fail(name: str, reason: str) -> int:
    print(f"demos {name}: error: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    # Where this process is killed, multiprocessing's resource tracker removes what it leaves, and
    # would warn of it on the terminal. It takes its filters from here.
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")
    sys.exit(main(sys.argv[1:]))
