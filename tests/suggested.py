"""Candidates and suggestions as `suggest` returns them, for tests of what shows them."""

from __future__ import annotations

from typing import Any

from adapters._suggest.suggestions import Candidate, Suggestions

CODE = '''\
import adapters
import wild


def serialize(obj):
    return obj.path, obj.mode


def factory(state):
    """Open it again."""
    return wild.Db(*state)


adapters.register(wild.Db, serialize, factory)
'''


def candidate(**fields: Any) -> Candidate:
    """A candidate that is proven, but for the fields that are given."""
    plain: dict[str, Any] = {
        "code": CODE,
        "strategy": "constructor",
        "proven": True,
        "compared": "12 attributes and contents",
        "differs": (),
        "unread": (),
        "doubts": (),
        "broken": (),
        "serialize_seconds": 12.3e-6,
        "rebuild_seconds": 1.25e-3,
        "state_size": 132,
        "test": "class TestDb(Conformance): ...\n",
    }
    return Candidate(**{**plain, **fields})


def suggestions(*candidates: Candidate, **fields: Any) -> Suggestions:
    """Suggestions for a type, with some candidates."""
    return Suggestions("wild.Db", candidates, tried=41, seconds=2.345, **fields)
