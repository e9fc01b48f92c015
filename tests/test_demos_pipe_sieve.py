"""collect_primes: which primes it finds, which ranges send them, and what a dead process costs."""

from __future__ import annotations

import gc
import multiprocessing
import sys
import threading
import time
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from demo_command import run
from hypothesis import given, settings
from hypothesis import strategies as st

import native.specs  # noqa: F401
from adapters import _owner, receive, send
from demos import pipe_sieve
from demos._support import checks
from demos._support.ranges import Range, RangePlan, plan
from demos._support.timeline import Stage
from demos._support.workers import WorkerError
from demos.pipe_sieve import PrimesFollow, collect_primes, primes, send_primes, sieve_range
from native import Sieve

AGAIN = [11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47]


def simple_primes(first: int, last: int) -> list[int]:
    return [n for n in range(max(first, 2), last) if all(n % d for d in range(2, int(n**0.5) + 1))]


def printed_listing(first: int, last: int) -> list[int]:
    """A sieve that walks through a zip of numbers and flags, as Python 2 code may do."""
    numbers = list(range(first, last))
    flags = [True] * len(numbers)
    pairs = zip(numbers, flags, strict=True)  # a list in Python 2, an iterator in Python 3
    for prime in (2, 3, 5, 7):
        for index, (number, _) in enumerate(pairs):
            if number > prime and number % prime == 0:
                flags[index] = False
    return [number for number, flag in zip(numbers, flags, strict=True) if flag]


def test_a_zip_used_up_by_the_first_prime_leaves_composites_and_collect_primes_does_not() -> None:
    listing = printed_listing(10, 30) + printed_listing(30, 50)
    assert {15, 21, 25, 27, 33, 35, 39, 45, 49} <= set(listing)
    assert primes(collect_primes(((10, 30), (30, 50)))).tolist() == AGAIN


@pytest.mark.slow
def test_every_start_method(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    ranges = [(30, 50), (2, 10), (10, 30)]
    sieves = collect_primes(ranges, context=context)
    assert [list(each) for each in sieves] == [simple_primes(*each) for each in ranges]


@pytest.mark.parametrize(
    "ranges",
    [
        [],
        [(7, 7)],
        [(0, 2), (2, 3), (3, 4)],
        [(10**12, 10**12 + 1000)],
        [(100, 200), (1000, 50_000), (50_000, 50_000), (2, 30)],
        [(10**14, 10**14 + 100)],
    ],
)
def test_ranges_of_any_start_with_and_without_gaps(ranges: list[tuple[int, int]]) -> None:
    for (first, last), each in zip(ranges, collect_primes(ranges), strict=True):
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
    assert [list(each) for each in collect_primes(ranges)] == [simple_primes(*r) for r in ranges]


def test_more_primes_than_pipes_hold_reach_all_ranges_that_need_them() -> None:
    below = [(2, 10**6), (10**6, 2 * 10**6)]
    far = [(4 * 10**12, 4 * 10**12 + 1000), (5 * 10**12, 5 * 10**12 + 1000)]
    plans = plan([Range(*pair) for pair in below + far])
    assert [each.upstream for each in plans] == [(), (0,), (0, 1), (0, 1)]
    for pair, each in zip(far, collect_primes(below + far)[2:], strict=True):
        assert list(each) == [n for n in range(*pair) if checks.is_prime(n)]


def test_overlapping_ranges_are_refused_before_a_process_starts() -> None:
    with pytest.raises(ValueError, match=r"ranges 10-30 and 29-50 overlap"):
        collect_primes([(29, 50), (60, 70), (10, 30)])
    assert not multiprocessing.active_children()


def conversation(window: Sieve, its_plan: RangePlan, *supplied: bytes) -> Iterator[object]:
    """The messages that `sieve_range` sends to the parent; batches of primes as bytes."""
    here, there = multiprocessing.Pipe()
    child = threading.Thread(target=sieve_range, args=(there, its_plan), daemon=True)
    child.start()
    send(here, window)
    for each in supplied:
        here.send_bytes(each)
    try:
        while True:
            assert here.poll(20)
            message = receive(here)
            yield message
            if isinstance(message, Sieve):
                return
            if isinstance(message, PrimesFollow):
                while batch := here.recv_bytes():
                    yield batch
    finally:
        child.join(20)
        here.close()
        there.close()


def test_only_needed_primes_are_sent_and_early_ones_before_the_rest_is_sieved() -> None:
    its_plan, _ = plan([Range(2, 100_000), Range(100_000, 200_000)])
    assert (its_plan.send_limit, its_plan.send_early) == (448, True)
    messages = [m for m in conversation(Sieve(2, 100_000), its_plan) if not isinstance(m, Stage)]
    assert messages[0] == PrimesFollow()
    assert array("Q", messages[1]).tolist() == simple_primes(2, 448)  # type: ignore[arg-type]
    assert isinstance(messages[2], Sieve)

    its_plan, _ = plan([Range(2, 100), Range(100, 2000)])
    assert (its_plan.send_limit, its_plan.send_early) == (45, False)
    messages = list(conversation(Sieve(2, 100), its_plan))
    names = [message.name if isinstance(message, Stage) else type(message) for message in messages]
    assert names == ["wait", "rebuild", "sieve", "send", PrimesFollow, bytes, Sieve]
    assert array("Q", messages[5]).tolist() == simple_primes(2, 45)  # type: ignore[arg-type]


def test_a_range_crosses_off_the_primes_that_it_receives_and_finds_the_missing_ones() -> None:
    _, its_plan = plan([Range(10, 30), Range(100, 900)])
    assert (its_plan.upstream, its_plan.missing) == ((0,), (Range(2, 10),))
    window = Sieve(100, 900)
    upstream = array("Q", [11, 13, 17, 19, 23, 29]).tobytes()
    *_, finished = conversation(window, its_plan, upstream, b"")
    assert isinstance(finished, Sieve)
    assert list(finished) == simple_primes(100, 900)


class Recorder:
    """A connection to itself."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def send_bytes(self, data: bytes | memoryview) -> None:
        self.messages.append(bytes(data))

    def recv_bytes(self) -> bytes:
        return self.messages.pop(0)

    def poll(self, timeout: float | None) -> bool:
        return bool(self.messages)


def test_primes_go_in_batches_not_one_by_one() -> None:
    pipe = Recorder()
    found = Sieve(0, 10**6).finish().primes()
    send_primes(pipe, found)  # type: ignore[arg-type]
    assert receive(pipe) == PrimesFollow()
    assert len(pipe.messages) == 3  # 78,498 primes
    assert pipe.messages[-1] == b""
    assert b"".join(pipe.messages) == found.tobytes()


@pytest.mark.skipif(not _owner.HAS_LOCKS, reason="there are no segments")
def test_the_window_goes_back_through_shared_memory() -> None:
    pipe = Recorder()
    [its_plan] = plan([Range(2, 10**7)])
    send(pipe, Sieve(2, 10**7))
    sieve_range(pipe, its_plan)  # type: ignore[arg-type]
    assert max(map(len, pipe.messages)) < 1000  # the window is 333,334 bytes
    *_, finished = [receive(pipe) for _ in range(len(pipe.messages))]
    assert finished.count() == 664_579


def open_descriptors() -> int:
    gc.collect()  # tracebacks of earlier tests hold processes, whose descriptors end with them
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


@pytest.mark.slow
def test_a_killed_child_is_one_error_at_once_and_nothing_is_left(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    collect_primes([(2, 3)], context=context)  # what the first process leaves open is not ours
    before = open_descriptors()
    far = 9 * 10**18
    ranges = [(far, far + 1000), (far + 1000, far + 2000)]
    killed = 0.0

    def kill(index: int, stage: Stage) -> None:
        nonlocal killed
        if (index, stage.name) == (1, "sieve"):
            name = f"the process of the range {Range(*ranges[1])}"
            [child] = [each for each in multiprocessing.active_children() if each.name == name]
            killed = time.monotonic()
            child.kill()

    code = "" if sys.platform == "win32" else r"-9 \(SIGKILL\)"
    with pytest.raises(
        WorkerError, match=rf"range {Range(*ranges[1])} ended with exit code {code}"
    ):
        collect_primes(ranges, context=context, callback=kill)
    assert time.monotonic() - killed < 1.5
    assert not multiprocessing.active_children()
    assert open_descriptors() == before
    assert not [each for each in threading.enumerate() if each.name.startswith("to the process")]


def test_nothing_is_left_of_a_run(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    collect_primes([(2, 3)], context=context)
    before = open_descriptors()
    collect_primes([(2, 300), (300, 10_000)], context=context)
    assert not multiprocessing.active_children()
    assert open_descriptors() == before


def test_what_a_child_raises_is_the_parents_error() -> None:
    impossible = "the process of the range 0-9,223,372,036,854,775,808"
    with pytest.raises(WorkerError, match=f"{impossible} failed: MemoryError"):
        collect_primes([(0, 2**63)])


def test_ranges_that_are_only_counted_come_back_small(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    stages: list[str] = []
    parts = [(2, 1000), (1000, 5_000_000)]
    sieves = collect_primes(
        parts, keep=False, context=context, callback=lambda _index, stage: stages.append(stage.name)
    )
    assert [each.state()[3:] for each in sieves] == [(168, None), (348_345, None)]
    assert stages.count("wait") == 2  # for its Sieve alone
    assert len(primes(sieves)) == 348_513


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
