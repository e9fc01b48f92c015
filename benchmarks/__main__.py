"""`python -m benchmarks [--check] [--json FILE] [--plot FILE.png] [WORD ...]` prints the ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

import adapters
from benchmarks import (
    _chart,
    dumps,
    executor,
    import_time,
    large_parts,
    pipes,
    round_trip,
    sharing,
    sieve,
    tracing,
    trusted,
)
from benchmarks._measure import Gap, Result, measure

_WIDTH = 38  # characters for the name of a row

TOPICS = (
    round_trip,
    dumps,
    import_time,
    executor,
    large_parts,
    sharing,
    trusted,
    tracing,
    sieve,
    pipes,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the rows; return 1 if `--check` is given and a ratio is above its bound, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="only rows with each WORD in the name"
    )
    parser.add_argument("--check", action="store_true", help="fail if a ratio is above its bound")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.png", help="draw them (needs matplotlib)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    options = parser.parse_args(arguments)

    machine = _machine()
    print(", ".join(f"{key} {value}" for key, value in machine.items()), end="\n\n")
    heads = f"{'ratio':>5}  {'quartiles':>11}  {'at most':>7}  times, rounds, peer; others / peer"
    print(f"{'ours / peer':{_WIDTH}} {heads}")
    results: list[Result] = []
    gaps: list[Gap] = []
    for topic in TOPICS:
        for row in topic.rows():
            if not all(word in row.name for word in options.words):
                continue
            if isinstance(row, Gap):
                print(f"{row.name:{_WIDTH}}   gap: {row.reason}", flush=True)
                gaps.append(row)
            else:
                results.append(measure(row))
                print(_line(results[-1]), flush=True)
    if options.json:
        figures = {"machine": machine, "rows": [result.figures() for result in results]}
        figures["gaps"] = [gap._asdict() for gap in gaps]
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if options.plot:
        _chart.draw(options.plot, results, machine)
    above = [result.row.name for result in results if not result.within]
    if above:
        print(f"\nabove the bound: {'; '.join(above)}")
    return 1 if options.check and above else 0


def _line(result: Result) -> str:
    row = result.row
    spread = f"{result.low:.2f} - {result.high:.2f}"
    times = " / ".join(_cost(cost, row.unit) for cost in (result.ours_cost, result.peer_cost))
    ratio = f"{result.ratio:.2f}" if result.ratio >= 0.01 else f"{result.ratio:.1g}"
    others = ", ".join(f"{name} {ratio:.2f}" for name, ratio in result.others.items())
    return (
        f"{row.name:{_WIDTH}} {ratio:>5}  {spread:>11}  {row.bound:7.2f}  {times}"
        f"; {row.rounds} rounds; {row.peer_name}" + (others and f"; {others}")
    )


def _cost(cost: float, unit: str) -> str:
    if unit == "B":
        return f"{cost / 2**20:.3g} MiB"
    for name, scale in (("s", 1), ("ms", 1e-3)):
        if cost >= scale:
            return f"{cost / scale:.3g} {name}"
    return f"{cost / 1e-6:.3g} us"


def _machine() -> dict[str, str]:
    return {
        "adapters": str(Path(adapters.__file__).parent),
        "Python": platform.python_version(),
        "on": platform.platform(),
        "cores": str(os.cpu_count()),
    }


if __name__ == "__main__":
    sys.exit(main())
