"""An object of another project's C library travels through a spawned Pool."""

from __future__ import annotations

import inspect
import multiprocessing
from typing import Any

import pytest

import adapters

pytest.importorskip("_argon2_cffi_bindings")

import argon2_context
from argon2_context import ffi, lib


def make_job(password: bytes) -> Any:
    numbers = {"outlen": 32, "t_cost": 2, "m_cost": 64, "lanes": 1, "threads": 1}
    return argon2_context.factory(
        ({**numbers, "version": 0x13, "flags": 0}, {"pwd": password, "salt": b"somesalt"})
    )


def test_it_travels_through_a_spawned_pool() -> None:
    passwords = [b"correct horse", b"battery\0staple", b""]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        digests = pool.map_async(argon2_context.run, map(make_job, passwords)).get(60)
    for password, digest in zip(passwords, digests, strict=True):
        expected = ffi.new("uint8_t[32]")  # by the library's other, plain entry point
        status = lib.argon2_hash(
            2, 64, 1, password, len(password), b"somesalt", 8, expected, 32,
            ffi.NULL, 0, lib.Argon2_id, 0x13,
        )  # fmt: skip
        assert status == lib.ARGON2_OK
        assert digest == bytes(expected)


def test_the_adapter_is_at_most_twenty_lines() -> None:
    functions = (argon2_context.serialize, argon2_context.factory)
    lines = [line for function in functions for line in inspect.getsource(function).splitlines()]
    assert len(lines) + 4 <= 20  # and the three constants and the registration


def test_no_adapter_can_be_derived_from_its_fields() -> None:
    with pytest.raises(adapters.RegistrationError, match="field 'out' is a 'uint8_t"):
        adapters.register_struct(argon2_context.CONTEXT)
