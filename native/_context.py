"""The kernel that all sieves of this process share: made once, on the path for this processor."""

import os
from typing import TYPE_CHECKING

from native._handle import check
from native._native import ffi, lib

if TYPE_CHECKING:
    from native._native import CData

VARIABLE = "NATIVE_SIEVE_PATH"
PATHS = {
    "plain": lib.NATIVE_PATH_PLAIN,
    "avx2": lib.NATIVE_PATH_AVX2,
    "avx512": lib.NATIVE_PATH_AVX512,
    "best": lib.NATIVE_PATH_BEST,
}

_made: "dict[str, CData]" = {}


def make_kernel(path: str, l1_bytes: int = 0) -> "CData":
    """A kernel on a path; `l1_bytes` of first-level cache, 0 to ask the system.

    Raises:
        ValueError: there is no such path, or this processor does not have it.
        MemoryError: the C heap refused.
    """
    if path not in PATHS:
        raise ValueError(f"{VARIABLE} is {path!r}, which is none of {', '.join(PATHS)}")
    out = ffi.new("kernel_t **")
    status = lib.kernel_new(PATHS[path], l1_bytes, out)
    if status == lib.NATIVE_BAD_VALUE:
        raise ValueError(f"{VARIABLE} is {path!r}, which this processor does not have")
    check(status, "the kernel of native.Sieve")
    return ffi.gc(out[0], lib.kernel_free)


def kernel() -> "CData":
    """The kernel of this process: on the path that the environment names, else on the best one."""
    path = os.environ.get(VARIABLE) or "best"
    try:
        return _made[path]
    except KeyError:
        return _made.setdefault(path, make_kernel(path))
