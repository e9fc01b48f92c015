"""The cffi builder of `native._native`, which setup.py names.

cffi reads the declarations between two marks in the headers, so that each function is declared
once. `python native/_build.py` builds in place; CFLAGS reaches the compiler, for instance
CFLAGS="-O1 -g -fsanitize=address,undefined".
"""

import os
import re
import shutil
import sys
import sysconfig
import tempfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from cffi import FFI

# Relative to the root of the project, where setup.py runs: setuptools refuses absolute paths.
_CSRC = "native/csrc"
_HEADERS = ("status.h", "dispatch.h", "context.h", "primes.h", "sieve.h", "words.h")
_SOURCES = sorted(path.name for path in (Path(__file__).parent / "csrc").glob("*.c"))
_INCLUDED = sorted(path.name for path in (Path(__file__).parent / "csrc").glob("*.h"))

_ROOT = Path(__file__).resolve().parent.parent


def declarations() -> str:
    """All that the headers declare between `cffi begins` and `cffi ends`."""
    marked = re.compile(r"/\* cffi begins \*/\n(.*?)/\* cffi ends \*/", re.DOTALL)
    parts = []
    for name in _HEADERS:
        text = (_ROOT / _CSRC / name).read_text(encoding="utf-8")
        parts.extend(marked.findall(text))
    return "\n".join(parts)


def _compile_args() -> list[str]:
    """C11 with -O3, unless CFLAGS has an -O of its own; setuptools passes /O2 to MSVC.

    Loops begin at multiples of 32 bytes: where they happened to begin made a difference of 4 %.
    """
    if sysconfig.get_platform().startswith("win"):
        return ["/std:c11"]
    return [] if "-O" in os.environ.get("CFLAGS", "") else ["-O3", "-falign-loops=32"]


ffibuilder = FFI()
ffibuilder.cdef(declarations())
ffibuilder.set_source(
    "native._native",
    "".join(f'#include "{name}"\n' for name in _HEADERS),
    sources=[f"{_CSRC}/{name}" for name in _SOURCES],
    include_dirs=[_CSRC],
    depends=[f"{_CSRC}/{name}" for name in _INCLUDED],
    extra_compile_args=_compile_args(),
    optional=True,  # adapters works without it
)


def _suffix(built: Path) -> str:
    """The suffix that setup.py gives the module, so that each build replaces the other's file."""
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        for suffix in EXTENSION_SUFFIXES:
            if "abi3" in suffix:
                return suffix
    return built.name.removeprefix("_native")


def build_in_place() -> Path:
    """Compile, and put the extension module next to this file."""
    with tempfile.TemporaryDirectory() as scratch:
        # cffi compiles in the scratch directory, where the relative paths must exist, too.
        shutil.copytree(_ROOT / _CSRC, Path(scratch) / _CSRC)
        built = Path(ffibuilder.compile(tmpdir=scratch))
        target = _ROOT / "native" / f"_native{_suffix(built)}"
        # Not written over: a running process may have the old file mapped.
        target.unlink(missing_ok=True)
        shutil.copy(built, target)
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{build_in_place()}\n")
