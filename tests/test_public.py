"""What the package exports, and what importing it costs."""

from __future__ import annotations

from processes import run

import adapters


def test_all_is_sorted_and_complete() -> None:
    assert adapters.__all__ == sorted(adapters.__all__)
    for name in adapters.__all__:
        assert getattr(adapters, name).__doc__, name


def test_everything_public_says_where_it_is_public() -> None:
    for name in adapters.__all__:
        module = getattr(getattr(adapters, name), "__module__", "adapters")
        assert module == "adapters" or name in ("register", "unregister"), name


def test_importing_it_imports_nothing_heavy() -> None:
    heavy = (
        "dataclasses inspect typing cloudpickle multiprocessing pickle hashlib cffi _cffi_backend"
    )
    program = f"import sys, adapters; print(sorted(set({heavy.split()!r}) & set(sys.modules)))"
    assert run("-S", "-c", program) == "[]\n"
