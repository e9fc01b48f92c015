"""What the test modules of libraries do with their examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import adapters
from adapters.testing import ConformanceError, check_adapter


def check_examples(*makers: Callable[[], Any], **options: Any) -> None:
    """All promises, for the adapter of the type that these functions make objects of.

    Args:
        makers: Functions at the top level of a test module, of objects that differ.
        options: Those of `check_adapter`. One that makes the check weaker has a comment that says
            why it has to.
    """
    first = makers[0]()
    kind = type(first)
    del first
    rebuilds = options.pop("rebuilds", 50)
    try:
        check_adapter(kind, list(makers), rebuilds=rebuilds, **options)
    except ConformanceError as error:
        broken = [each.promise for each in error.report.failures]
        if broken != ["nothing_leaks"]:
            raise
        # Caches of a library fill in the beginning; what leaks does so for ever.
        check_adapter(kind, list(makers), rebuilds=20 * rebuilds, **options)


def travelled(obj: Any) -> Any:
    """What arrives of an object that `adapters.dumps` writes."""
    return adapters.loads(adapters.dumps(obj))
