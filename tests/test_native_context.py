"""The context of a process: its instruction set and the size of its cache."""

from __future__ import annotations

import pytest
from native_examples import ISAS

from native import _context, count_primes
from native._native import lib


def environment(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for variable in ("NATIVE_SIEVE_ISA", "NATIVE_SIEVE_PATH"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in values.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(_context, "_made", [])


def isa_in_use() -> int:
    return lib.context_isa(_context.context())


@pytest.mark.parametrize("isa", ISAS)
def test_the_environment_chooses_the_instruction_set(
    isa: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, NATIVE_SIEVE_ISA=isa)
    assert isa_in_use() == _context.ISAS[isa]
    assert _context.context() is _context.context()


def test_without_the_environment_the_best_one_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch)
    assert isa_in_use() == _context.ISAS[ISAS[-1]]
    environment(monkeypatch, NATIVE_SIEVE_ISA="", NATIVE_SIEVE_PATH="")
    assert isa_in_use() == _context.ISAS[ISAS[-1]]
    environment(monkeypatch, NATIVE_SIEVE_ISA="best")
    assert isa_in_use() == _context.ISAS[ISAS[-1]]


def test_the_path_is_read_where_no_instruction_set_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment(monkeypatch, NATIVE_SIEVE_PATH="plain")
    assert isa_in_use() == _context.ISAS["plain"]
    environment(monkeypatch, NATIVE_SIEVE_ISA="", NATIVE_SIEVE_PATH="plain")
    assert isa_in_use() == _context.ISAS["plain"]
    environment(monkeypatch, NATIVE_SIEVE_ISA=ISAS[-1], NATIVE_SIEVE_PATH="plain")
    assert isa_in_use() == _context.ISAS[ISAS[-1]]


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, NATIVE_SIEVE_ISA="plain")
    assert isa_in_use() == _context.ISAS["plain"]
    monkeypatch.setenv("NATIVE_SIEVE_ISA", "fast")
    assert isa_in_use() == _context.ISAS["plain"]


def test_the_size_of_the_cache_is_the_machine_s() -> None:
    assert 4096 <= lib.context_l1_bytes(_context.context()) <= 1 << 20
    assert lib.context_l1_bytes(_context.make_context("plain", 12345)) == 12345


@pytest.mark.parametrize("variable", ["NATIVE_SIEVE_ISA", "NATIVE_SIEVE_PATH"])
def test_an_instruction_set_that_is_none_or_not_here_is_refused(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, **{variable: "fast"})
    with pytest.raises(ValueError, match=f"{variable} is 'fast', which is none of plain, avx2, "):
        count_primes(0, 10)
    monkeypatch.setitem(_context.ISAS, "alien", 99)
    environment(monkeypatch, **{variable: "alien"})
    with pytest.raises(ValueError, match=f"{variable} is 'alien', which this processor does not"):
        count_primes(0, 10)
