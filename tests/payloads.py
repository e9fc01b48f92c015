"""Payloads for the tests of audit and trusted loading, and what all of these tests ask."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import adapters
from adapters._payload.audit import audit
from adapters._payload.trusted import trusted_loads

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.pickle"))
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

ARGUMENTS = b"(X\x0e\0\0\0gadgets.GadgetK\1X\1\0\0\0xNt"

GADGET = b"cadapters\nrebuild\n(X\x0e\0\0\0gadgets.GadgetK\1X\1\0\0\0xNtR"

KEY = "2:1:unwanted:gadgets.Gadget"  # the same in form 2
REBUILD, COMPLETE, SPEC = (b"cadapters\n%b\n" % name for name in (b"rebuild", b"complete", b"Spec"))


def text(value: str) -> bytes:
    """The opcodes of a str, for payloads that are written by hand."""
    encoded = value.encode("utf-8", "surrogatepass")
    return b"X" + len(encoded).to_bytes(4, "little") + encoded


class Outside:
    """Reduces to whatever it is told."""

    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> Any:
        return self.reduced


def load(payload: Any, **options: Any) -> Any:
    return trusted_loads(payload, **{"trusted": ["gadgets.Gadget"], **options})


def named(name: str, provider: Any = "unwanted", state: Any = None, function: Any = None) -> bytes:
    arguments = (name, 1, provider, state)
    return pickle.dumps(Outside(function or adapters.rebuild, arguments))


def paths(report: adapters.Audit) -> list[str]:
    return [found.path for found in report.globals]


def assert_not_understood(payload: bytes, problem: str) -> None:
    """An audit names the problem, a regular expression, and says that there may be more."""
    report = audit(payload)
    assert not report.complete
    assert not report.only_adapters
    assert re.search(problem, str(report)), str(report)
    assert "cannot be followed" in str(report).splitlines()[-1]
