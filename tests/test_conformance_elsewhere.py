"""Objects of which a process may have one at a time: `elsewhere=True`."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from wrong_adapters import WRONG
from wrong_adapters.objects import OneAtATime

from adapters._conformance.elsewhere import CHECKS, SKIPPED
from adapters._conformance.promises import NAMES
from adapters.testing import ConformanceError, check_adapter

TWO = {"Peeked", "Scratching"}


@pytest.mark.slow
def test_no_object_is_rebuilt_where_another_one_is_alive(tmp_path: Path) -> None:
    example = OneAtATime("name")
    options: dict[str, Any] = {"golden": tmp_path, "record_golden": True, "rebuilds": 100}
    report = check_adapter(OneAtATime, [example], elsewhere=True, **options)
    skipped = {result.promise for result in report.results if result.status == "skipped"}
    if "forkserver" not in multiprocessing.get_all_start_methods():
        skipped.remove("round_trip_in_a_forkserver_child")
    assert skipped == {*SKIPPED, "old_versions_are_reachable", "subclasses_keep_their_class"}
    assert CHECKS.keys() | skipped <= set(NAMES)
    with pytest.raises(ConformanceError, match="name is open in this process"):
        check_adapter(OneAtATime, [example], **options)


# One for each promise; those that are left out only show in two objects.
BY_PROMISE = {
    WRONG[name].promise: name
    for name in reversed(WRONG)
    if WRONG[name].promise not in SKIPPED and name not in TWO
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_PROMISE.values())
def test_what_is_wrong_is_found(name: str) -> None:
    promise, adapter, examples, says, options = WRONG[name]
    with pytest.raises(ConformanceError) as raised:
        check_adapter(adapter, examples, elsewhere=True, **options)
    found = {result.promise: result.reason for result in raised.value.report.failures}
    assert list(found) == [promise], found
    assert says in found[promise]
