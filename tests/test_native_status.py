"""Status codes of the C library as exceptions."""

from __future__ import annotations

import pytest

from native import _status
from native._native import lib


def test_every_status_of_the_c_library_is_an_exception() -> None:
    names = [name for name in dir(lib) if name.startswith("NATIVE_") and "_ISA_" not in name]
    assert len(names) == 8
    codes = [getattr(lib, name) for name in names]
    for code in codes:
        if code == lib.NATIVE_OK:
            _status.check(code, "x")
        else:
            with pytest.raises(Exception, match=r"^x: (?!unknown)"):
                _status.check(code, "x")
    with pytest.raises(SystemError, match="x: unknown status 99"):
        _status.check(99, "x")
