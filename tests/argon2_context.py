"""An adapter for a C library that nobody here wrote: the job that libargon2 is given to hash."""

from __future__ import annotations

from typing import Any

from _argon2_cffi_bindings import ffi, lib

import adapters

CONTEXT = ffi.typeof("argon2_context *")
NUMBERS = ("outlen", "t_cost", "m_cost", "lanes", "threads", "version", "flags")
BUFFERS = ("pwd", "salt", "secret", "ad")


def serialize(job: Any) -> tuple[dict[str, int], dict[str, bytes]]:
    """Kept: all that is hashed, and how. Lost: the digest, if there is one already."""
    lengths = {name: getattr(job, name + "len") for name in BUFFERS}
    parts = {name: ffi.buffer(getattr(job, name), n)[:] for name, n in lengths.items() if n}
    return {name: getattr(job, name) for name in NUMBERS}, parts


def factory(state: tuple[dict[str, int], dict[str, bytes]]) -> Any:
    """Make a job that owns its parts."""
    numbers, parts = state
    job = ffi.new(CONTEXT, {**numbers, **{name + "len": len(parts[name]) for name in parts}})
    memory = {name: ffi.new("uint8_t[]", data) for name, data in parts.items()}
    memory["out"] = ffi.new("uint8_t[]", job.outlen)
    for name, part in memory.items():
        setattr(job, name, part)
    return ffi.gc(job, lambda _: memory.clear())


adapters.register(CONTEXT, serialize, factory, name="argon2.context")


def run(job: Any) -> bytes:
    """Hash, and return the digest."""
    assert lib.argon2_ctx(job, lib.Argon2_id) == lib.ARGON2_OK
    digest: bytes = ffi.buffer(job.out, job.outlen)[:]
    return digest
