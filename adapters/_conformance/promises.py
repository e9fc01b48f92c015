"""The promises that an adapter makes: their order, what each needs, and where each is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from adapters._conformance import golden, rebuild_checks, state_checks
from adapters._conformance.leaks import nothing_leaks
from adapters._conformance.wrong_states import wrong_states_are_refused


class Promise(NamedTuple):
    """One promise.

    Args:
        name: Of its test, behind `test_`.
        about: One sentence.
        place: Where it is checked: "here", in the process of the author; in the "worker", a
            spawned child that promises share; or the start method of a child of its own.
        needs: The promise without which this one cannot be checked, "" for none.
        check: The function that checks it, None where `Run` does it all.
    """

    name: str
    about: str
    place: str
    needs: str
    check: Any = None


_SENT_BACK = "sent_back_by_a_child"


def _of(check: Callable[..., Any], place: str, needs: str = _SENT_BACK) -> Promise:
    about = (check.__doc__ or "").strip().partition("\n")[0]
    return Promise(check.__name__, about, place, needs, check)


# In this order, so that nothing is rebuilt in the author's process before a child has survived it.
PROMISES = (
    _of(state_checks.examples_are_served, "here", ""),
    _of(state_checks.state_holds_no_address, "here", "examples_are_served"),
    _of(state_checks.state_pickles, "here", "state_holds_no_address"),
    _of(state_checks.serializer_changes_nothing, "here", "state_pickles"),
    Promise(
        "round_trip_in_a_spawned_child",
        "A spawned process, which imported nothing, rebuilds the object.",
        "worker",
        "serializer_changes_nothing",
    ),
    _of(rebuild_checks.outlives_the_original, "worker", "round_trip_in_a_spawned_child"),
    _of(rebuild_checks.round_trip_in_process, "here", "outlives_the_original"),
    _of(rebuild_checks.sent_back_by_a_child, "worker", "round_trip_in_process"),
    Promise(
        "round_trip_in_a_forkserver_child",
        "A process that a forkserver forked rebuilds the object and sends it back.",
        "forkserver",
        _SENT_BACK,
    ),
    Promise(
        "round_trip_in_a_forked_child",
        "A forked process rebuilds the object and sends it back.",
        "fork",
        _SENT_BACK,
    ),
    _of(rebuild_checks.every_protocol, "worker"),
    _of(rebuild_checks.cloudpickle, "worker"),
    _of(rebuild_checks.factory_makes_a_fresh_object, "worker"),
    _of(rebuild_checks.deepcopy_makes_a_second_object, "worker", "factory_makes_a_fresh_object"),
    _of(rebuild_checks.nested_and_shared_in_one_message, "worker"),
    _of(rebuild_checks.state_is_no_alias, "worker"),
    _of(rebuild_checks.factory_keeps_no_container, "worker"),
    _of(nothing_leaks, "worker", "nested_and_shared_in_one_message"),
    _of(rebuild_checks.threads_at_once, "worker", "nothing_leaks"),
    _of(golden.golden_payloads_load, "worker"),
    _of(golden.old_versions_are_reachable, "here", "examples_are_served"),
    Promise(
        "ends_with_its_process",
        "A process that ends with such objects alive ends without a crash.",
        "worker",
        _SENT_BACK,
    ),
    _of(wrong_states_are_refused, "worker"),
)
