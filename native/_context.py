"""The C context that all sieves of this process share: made once, for one instruction set."""

import os
from typing import TYPE_CHECKING

from native._native import ffi, lib
from native._status import check

if TYPE_CHECKING:
    from native._native import CData

# The environment variables that choose the instruction set: the first that is set and not empty.
VARIABLES = ("NATIVE_SIEVE_ISA", "NATIVE_SIEVE_PATH")
ISAS = {
    "plain": lib.NATIVE_ISA_PLAIN,
    "avx2": lib.NATIVE_ISA_AVX2,
    "avx512": lib.NATIVE_ISA_AVX512,
    "best": lib.NATIVE_ISA_BEST,
}

_made: "list[CData]" = []


def make_context(isa: str, l1_bytes: int = 0, variable: str = VARIABLES[0]) -> "CData":
    """A context for an instruction set.

    Args:
        isa: a key of `ISAS`; csrc/dispatch.h says what each of them needs.
        l1_bytes: size of the first-level data cache of a core, 0 to ask the system.
        variable: the environment variable that `isa` is from, for the message.

    Raises:
        ValueError: there is no such instruction set, or this processor does not have it.
        MemoryError: malloc returned NULL.
    """
    if isa not in ISAS:
        raise ValueError(f"{variable} is {isa!r}, which is none of {', '.join(ISAS)}")
    out = ffi.new("context_t **")
    status = lib.context_new(ISAS[isa], l1_bytes, out)
    if status == lib.NATIVE_BAD_VALUE:
        raise ValueError(f"{variable} is {isa!r}, which this processor does not have")
    check(status, "the context of native.Sieve")
    return ffi.gc(out[0], lib.context_free)


def context() -> "CData":
    """The context of this process, made at the first call: as the environment chooses, or the best.

    Raises:
        ValueError: as `make_context`.
        MemoryError: malloc returned NULL.
    """
    if not _made:
        variable = next(filter(os.environ.get, VARIABLES), VARIABLES[0])
        _made.append(make_context(os.environ.get(variable) or "best", variable=variable))
    return _made[0]
