"""The promises that an adapter makes: their order, what each needs, and where each is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from adapters._conformance import rebuild_checks, state_checks
from adapters._conformance.files import rebuild_writes_no_file
from adapters._conformance.golden import golden_payloads_load, old_versions_are_reachable
from adapters._conformance.leaks import nothing_leaks
from adapters._conformance.subclasses import subclasses_keep_their_class
from adapters._conformance.wrong_states import wrong_states_are_refused


class Promise(NamedTuple):
    """One promise.

    Args:
        check: The function that checks it; its docstring states the promise.
        place: Where it is checked: "here", in the process of the author, where nothing is
            rebuilt; in the "worker", a spawned child that promises share; in a child that has the
            "originals"; or the start method of a child of its own.
        needs: The promise without which this one cannot be checked, "" for none.
        each: Whether the check takes the examples one by one.
    """

    check: Callable[..., Any]
    place: str = "worker"
    needs: str = "sent_back_by_a_child"
    each: bool = True

    @property
    def name(self) -> str:
        """The name of its check, and of its test behind `test_`."""
        return self.check.__name__


# In this order, so that the originals are not used before a child has survived the rebuild.
PROMISES = (
    Promise(state_checks.examples_are_served, "here", ""),
    Promise(state_checks.state_holds_no_address, "here", "examples_are_served"),
    Promise(state_checks.state_pickles, "here", "state_holds_no_address"),
    Promise(state_checks.serializer_changes_nothing, "here", "state_pickles"),
    Promise(rebuild_writes_no_file, needs="serializer_changes_nothing"),
    Promise(rebuild_checks.round_trip_in_a_spawned_child, needs="rebuild_writes_no_file"),
    Promise(rebuild_checks.outlives_the_original, needs="round_trip_in_a_spawned_child"),
    Promise(rebuild_checks.round_trip_in_process, "originals", "outlives_the_original"),
    Promise(rebuild_checks.sent_back_by_a_child, needs="round_trip_in_process"),
    Promise(rebuild_checks.round_trip_in_a_forkserver_child, "forkserver"),
    Promise(rebuild_checks.round_trip_in_a_forked_child, "fork"),
    Promise(rebuild_checks.every_protocol),
    Promise(rebuild_checks.cloudpickle),
    Promise(rebuild_checks.factory_makes_a_fresh_object),
    Promise(rebuild_checks.deepcopy_makes_a_second_object, needs="factory_makes_a_fresh_object"),
    Promise(rebuild_checks.nested_and_shared_in_one_message),
    Promise(subclasses_keep_their_class),
    Promise(rebuild_checks.state_is_no_alias),
    Promise(rebuild_checks.factory_keeps_no_container),
    Promise(nothing_leaks, needs="nested_and_shared_in_one_message"),
    Promise(rebuild_checks.threads_at_once, needs="nothing_leaks", each=False),
    Promise(golden_payloads_load, each=False),
    Promise(old_versions_are_reachable, "here", "examples_are_served", each=False),
    Promise(rebuild_checks.ends_with_its_process),
    Promise(wrong_states_are_refused),
)
NAMES = tuple(promise.name for promise in PROMISES)
