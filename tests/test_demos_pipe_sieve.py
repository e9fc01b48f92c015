"""The pipe sieve: which primes it finds, what goes through its pipes, what a dead process costs."""

from __future__ import annotations

import gc
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from array import array
from contextlib import suppress
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest
from demo_command import ENVIRONMENT, run
from hypothesis import given, settings
from hypothesis import strategies as st

import native
import native.specs
from adapters import _owner, receive
from demos import pipe_sieve
from demos._support import checks
from demos._support.counting import count_sieves
from demos._support.ranges import Range, split
from demos._support.timeline import Stage
from demos._support.worker_process import WorkerConnection
from demos._support.workers import WorkerError
from demos.pipe_sieve import (
    BATCH,
    collect_primes,
    collect_sieves,
    send_primes,
    sieve,
)
from native import Sieve

AGAIN = [11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47]


def simple_primes(first: int, last: int) -> list[int]:
    return [n for n in range(max(first, 2), last) if all(n % d for d in range(2, int(n**0.5) + 1))]


def test_the_example_of_the_article() -> None:
    assert collect_primes(ranges=((10, 30), (30, 50))) == [2, 3, 5, 7, *AGAIN]


def test_the_example_in_an_interactive_session(start_method: str) -> None:
    lines = f"""
import multiprocessing
multiprocessing.set_start_method({start_method!r})
from demos.pipe_sieve import collect_primes
collect_primes(ranges=((10, 30), (30, 50)))
"""
    session = subprocess.run(
        [sys.executable, "-i", "-q"],
        input=lines,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert session.stdout == f"{[2, 3, 5, 7, *AGAIN]}\n"
    assert "Traceback" not in session.stderr


def test_a_zip_of_pipes_that_the_first_prime_uses_up_leaves_composites() -> None:
    arrived: list[list[int]] = [[], []]
    ranges = ((10, 30), (30, 50))
    downstream = zip(arrived, ranges, strict=True)  # in Python 3 an iterator
    for prime in (2, 3, 5, 7):
        for pipe, _ in downstream:
            pipe.append(prime)
    assert arrived == [[2], [2]]
    listed = [
        number
        for primes, bounds in zip(arrived, ranges, strict=True)
        for number in range(*bounds)
        if all(number % prime for prime in primes)
    ]
    assert {15, 21, 25, 27, 33, 35, 39, 45, 49} <= set(listed)


def test_primes_go_to_all_downstream_also_if_the_ranges_can_be_read_once() -> None:
    ends = [multiprocessing.Pipe() for _ in range(3)]
    limits = iter([(2, 4), (10, 30), (30, 50)])
    send_primes((prime for prime in (2, 3, 5, 7)), [here for here, _ in ends], limits)
    assert not ends[0][1].poll(0)  # the square of no prime is below 4
    for _, there in ends[1:]:
        assert there.recv().tolist() == [2, 3, 5, 7]
        assert not there.poll(0)
    for here, there in ends:
        here.close()
        there.close()


def test_as_many_pipes_as_ranges() -> None:
    with pytest.raises(ValueError, match="zip"):
        send_primes([2, 3], [], [(10, 30)])


class Recorder:
    """A pipe to itself."""

    def __init__(self, *messages: object) -> None:
        self.received = list(messages)
        self.sent: list[Any] = []

    def send(self, obj: object) -> None:
        self.sent.append(obj)

    def recv(self) -> object:
        return self.received.pop(0)


def test_primes_go_in_batches_not_one_by_one() -> None:
    pipe = Recorder()
    found = native.primes(0, 10**6)
    send_primes(found, [pipe], [(0, 10**12)])
    assert [len(batch) for batch in pipe.sent] == [BATCH] * 9 + [78_498 - 9 * BATCH]
    assert list(chain(*pipe.sent)) == found.tolist()


def test_a_range_crosses_off_what_it_receives_and_sends_its_primes_before_its_window() -> None:
    pipe = Recorder((Sieve(10, 30), 7), array("Q", [2, 3]), array("Q", [5]), 10)
    sieve(10, 30, pipe)
    [window] = pipe.sent  # no range needs primes from 10 on
    assert list(window) == [11, 13, 17, 19, 23, 29]

    pipe = Recorder((Sieve(2, 100_000), 448), 2)
    sieve(2, 100_000, pipe)
    primes, end, window = pipe.sent
    assert (primes.tolist(), end) == (simple_primes(2, 448), None)
    assert window.count() == 9592


def test_a_range_trusts_what_it_receives() -> None:
    pipe = Recorder((Sieve(100, 150), 13), array("Q", [2, 3, 5]), 13)  # without 7 and 11
    sieve(100, 150, pipe)
    assert {119, 121, 133} <= set(pipe.sent[-1])


def test_a_range_finds_the_primes_itself_that_it_does_not_receive() -> None:
    pipe = Recorder((Sieve(100, 900), 30), array("Q", [11, 13, 17, 19, 23, 29]), 2)
    sieve(100, 900, pipe)
    assert list(pipe.sent[-1]) == simple_primes(100, 900)


def answer_as_the_parent(first: int, last: int, conn: Any) -> Sieve:
    """Talk over a pipe of multiprocessing to a child that sieves."""
    conn.send((Sieve(first, last), 1))
    send_primes([2, 3, 5, 7], [conn], [(first, last)])
    conn.send(11)
    assert conn.poll(60)
    window: Sieve = conn.recv()
    return window


def test_a_pipe_of_multiprocessing_does_as_well(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    here, there = context.Pipe()
    child = context.Process(target=sieve, args=(30, 50, there))  # type: ignore[attr-defined]
    child.start()
    there.close()
    assert list(answer_as_the_parent(30, 50, here)) == [31, 37, 41, 43, 47]
    child.join(60)
    assert child.exitcode == 0
    here.close()
    child.close()


@pytest.mark.skipif(not _owner.HAS_LOCKS, reason="there are no segments")
def test_a_window_goes_back_through_shared_memory() -> None:
    sizes: list[int] = []

    class Pipe:
        def __init__(self) -> None:
            self.messages: list[bytes] = []

        def send_bytes(self, data: bytes) -> None:
            sizes.append(len(data))
            self.messages.append(bytes(data))

        def recv_bytes(self) -> bytes:
            return self.messages.pop(0)

    pipe = Pipe()
    WorkerConnection(pipe).send(Sieve(2, 10**7).finish())  # type: ignore[arg-type]
    assert max(sizes) < 1000  # the window is 333,334 bytes
    assert receive(pipe).count() == 664_579


@pytest.mark.slow
def test_every_start_method(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    sieves = collect_sieves([(30, 50), (2, 10), (10, 30)], context=context)
    assert [list(each) for each in sieves] == [
        simple_primes(*each) for each in ((2, 10), (10, 30), (30, 50))
    ]


@pytest.mark.parametrize(
    "ranges",
    [
        [],
        [(7, 7)],
        [(0, 0), (0, 1)],
        [(0, 2), (2, 3), (3, 4)],
        [(10**12, 10**12 + 1000)],
        [(2, 30), (100, 300), (1000, 50_000), (50_000, 50_000)],
        [(10**14, 10**14 + 100)],
        [(3, 20), (5, 5), (20, 60)],
    ],
)
def test_ranges_of_any_start_with_and_without_gaps(ranges: list[tuple[int, int]]) -> None:
    for (first, last), each in zip(ranges, collect_sieves(ranges), strict=True):
        assert (each.first, each.last, each.finished) == (first, last, True)
        expected = [n for n in range(first, last) if checks.is_prime(n)]
        assert list(each) == expected


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.integers(0, 3000), min_size=2, max_size=6, unique=True).map(sorted),
    st.sets(st.integers(0, 4), max_size=2),
    st.randoms(),
)
def test_any_ranges_agree_with_a_simple_sieve(bounds: list[int], gaps: set[int], random) -> None:  # type: ignore[no-untyped-def]
    ranges = [pair for number, pair in enumerate(pairwise(bounds)) if number not in gaps]
    random.shuffle(ranges)
    ascending = [simple_primes(*each) for each in sorted(ranges)]
    assert [list(each) for each in collect_sieves(iter(ranges))] == ascending
    assert collect_primes(ranges) == simple_primes(0, max([0, *(last for _, last in ranges)]))


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 3, 17, 64])
def test_from_1_to_64_processes(count: int) -> None:
    assert collect_primes(split(20_000, count)) == simple_primes(0, 20_000)


def test_more_primes_than_pipes_hold_reach_all_ranges_that_need_them() -> None:
    below = [(2, 10**6), (10**6, 2 * 10**6)]
    far = [(4 * 10**12, 4 * 10**12 + 1000), (5 * 10**12, 5 * 10**12 + 1000)]
    for pair, each in zip(far, collect_sieves(below + far)[2:], strict=True):
        assert list(each) == [n for n in range(*pair) if checks.is_prime(n)]


def test_overlapping_ranges_are_refused_before_a_process_starts() -> None:
    for collect in (collect_primes, collect_sieves, count_sieves):
        with pytest.raises(ValueError, match=r"ranges 10-30 and 29-50 overlap"):
            collect([(29, 50), (60, 70), (10, 30)])
    assert not multiprocessing.active_children()


def test_empty_ranges_may_lie_anywhere() -> None:
    for ranges in ([(3, 20), (5, 5)], [(10, 10), (3, 20)], [(3, 5), (20, 20)]):
        assert collect_primes(ranges) == [2, 3, 5, 7, 11, 13, 17, 19]


def test_a_list_of_too_many_primes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"below 1,000,000,001,000 are too many .*collect_sieves"):
        collect_primes([(10**12, 10**12 + 1000)])


def open_descriptors() -> int:
    gc.collect()  # tracebacks of earlier tests hold processes, whose descriptors end with them
    found = []
    for link in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):  # that of the folder itself
            found.append(os.readlink(link))
    return sum(".segments/" not in path for path in found)  # which the next messages use again


@pytest.mark.slow
def test_a_killed_child_is_one_error_at_once_and_nothing_is_left(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    collect_sieves([(2, 3)], context=context)  # what the first process leaves open is not ours
    before = open_descriptors()
    far = 9 * 10**18
    ranges = [(far, far + 1000), (far + 1000, far + 2000)]
    killed = 0.0

    def kill(index: int, stage: Stage) -> None:
        nonlocal killed
        if not killed and (index, stage.name) == (1, "sieve"):
            name = f"the process of the range {Range(*ranges[1])}"
            [child] = [each for each in multiprocessing.active_children() if each.name == name]
            killed = time.monotonic()
            child.kill()

    code = "" if sys.platform == "win32" else r"-9 \(SIGKILL\)"
    with pytest.raises(
        WorkerError, match=rf"range {Range(*ranges[1])} ended with exit code {code}"
    ):
        collect_sieves(ranges, context=context, callback=kill)
    assert time.monotonic() - killed < 1.5
    assert not multiprocessing.active_children()
    assert open_descriptors() == before
    assert not [each for each in threading.enumerate() if each.name.startswith("to the process")]


def test_nothing_is_left_of_a_run(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    collect_sieves([(2, 3)], context=context)
    before = open_descriptors()
    collect_sieves([(2, 300), (300, 10_000)], context=context)
    assert not multiprocessing.active_children()
    assert open_descriptors() == before


def test_what_a_child_raises_is_the_parents_error() -> None:
    impossible = "the process of the range 0-9,223,372,036,854,775,808"
    with pytest.raises(WorkerError, match=f"{impossible} failed: MemoryError"):
        collect_sieves([(0, 2**63)])


def test_ranges_that_are_only_counted_come_back_small(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    stages: list[str] = []
    parts = [(2, 1000), (1000, 5_000_000)]
    sieves = count_sieves(
        parts, context=context, callback=lambda _index, stage: stages.append(stage.name)
    )
    assert [each.state()[3:] for each in sieves] == [(168, None), (348_345, None)]
    assert "wait" not in stages  # for primes of others
    assert stages.count("send") == 2


@pytest.mark.parametrize("limit", ["10**7", "12345678"])
def test_counting(limit: str) -> None:
    result = run("pipe_sieve", "--limit", limit, "--count", "--processes", "3")
    assert result.returncode == 0
    expected = {
        "10**7": "check: pi(10,000,000) = 664,579 as published: OK",
        "12345678": "check: 809,227 as counted in one process: OK",
    }
    assert result.stdout.splitlines()[-1] == expected[limit]


@pytest.mark.slow
@pytest.mark.parametrize("processes", ["1", "2", "5"])
def test_a_published_count(processes: str) -> None:
    result = run("pipe_sieve", "--limit", "10**8", "--processes", processes)
    assert "5,761,455 primes in" in result.stdout
    last = "check: pi(100,000,000) = 5,761,455 as published: OK"
    assert result.stdout.splitlines()[-1] == last


@pytest.mark.parametrize(
    ("arguments", "primes_line", "last"),
    [
        (["--ranges", "10-30,30-50"], AGAIN, "check: 40 numbers, each, against"),
        (["--ranges", "10-100"], simple_primes(10, 100), "check: pi(100) - pi(10) = 21 as"),
        (["--limit", "2"], [], "check: 0 numbers"),
        (["--limit", "8", "--processes", "20"], [2, 3, 5, 7], "check: 6 numbers, each"),
    ],
)
def test_primes_and_what_they_are_checked_against(
    arguments: list[str], primes_line: list[int], last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pipe_sieve.main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert " ".join(["primes:", *map(str, primes_line)]) in lines
    assert lines[-1].startswith(last)
    assert lines[-1].endswith(": OK")


def test_a_wrong_result_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(checks.PUBLISHED, 100, 26)
    assert pipe_sieve.main(["--limit", "100"]) == 1
    assert capsys.readouterr().out.endswith("check: pi(100) = 26 as published: FAILED\n")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--limit", "-5"], "'-5' is not a whole number"),
        (["--limit", "1.5"], "'1.5' is not a whole number"),
        (["--limit", "1e30"], "1e30 is more than 2**63"),
        (["--limit", "10", "--ranges", "2-3"], "not allowed with argument"),
        (["--ranges", "10-30,20-40"], "ranges 10-30 and 20-40 overlap"),
        (["--ranges", "30-10"], "30-10 is not one"),
        (["--ranges", "2-3", "--count"], "--count is for --limit"),
        (["--ranges", "10-"], "'10-' is not a range"),
        (["--ranges", "2-3,3-4", "--processes", "3"], "leave --processes out"),
        (["--plot", "picture.nonsense"], "ends with none of"),
        (["--plot", "no/such/folder/x.png"], "cannot be written"),
    ],
)
def test_nonsense_is_refused_before_the_work(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if "--plot" in arguments:
        pytest.importorskip("matplotlib")
    with pytest.raises(SystemExit) as exit_:
        pipe_sieve.main(arguments)
    assert exit_.value.code == 2
    assert reason in capsys.readouterr().err


def test_a_plot_without_matplotlib_names_the_extra() -> None:
    hide = "sys.modules['matplotlib'] = None"
    result = run("pipe_sieve", "--limit", "100", "--plot", "picture.png", code=hide)
    assert (result.returncode, result.stdout) == (2, "")
    assert 'pip install "pickling-adapters[plot]"' in result.stderr


@pytest.mark.slow
def test_a_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "picture.png"
    result = run("pipe_sieve", "--limit", "1e6", "--plot", str(picture))
    assert result.returncode == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
