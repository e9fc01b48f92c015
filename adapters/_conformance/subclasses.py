"""The check of `subclasses=True`: an object of a subclass keeps its class."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from adapters._child import progress
from adapters._conformance.elsewhere import opened
from adapters._conformance.report import Broken, NotHere
from adapters._naming import in_words, qualified_name
from adapters.errors import failures, suppress_failures

if TYPE_CHECKING:
    from adapters._conformance.case import Case

NEEDED = "give an example of a subclass"


def subclasses_keep_their_class(case: Case, _: Any) -> None:
    """With `subclasses=True`, what is rebuilt of an object of a subclass is of that subclass.

    Where all examples are of the registered type itself, a subclass is made for a trial, and an
    object of it: a rebuilt example that is given the class, or what the class makes of the state.
    """
    adapter = case.adapter
    if not adapter.subclasses:
        raise NotHere("the adapter serves no subclasses")
    if adapter.init is not None:
        return  # which gets an empty object of the right class
    obj: Any = opened(case.sent[case.index])
    if is_trial := case.of_target_alone:
        obj = _of_subclass(adapter, obj)
    cls = type(obj)
    progress(f"to rebuild an object of {qualified_name(cls)}")
    try:
        state = adapter.state_of(obj)
        del obj
        gc.collect()
        made = type(adapter.make(state))
    except failures() as error:
        if not is_trial:
            raise
        problem = f"an object of a subclass made for a trial does not travel ({in_words(error)})"
        raise NotHere(f"{problem}: {NEEDED}") from error
    if made is not cls:
        what = "a subclass made for a trial" if is_trial else qualified_name(cls)
        problem = f"the factory makes {qualified_name(made)} of an object of {what}"
        advice = (
            "put type(obj) into the state and make an object of that class, or register without"
            " subclasses=True: subclasses are refused then"
        )
        raise Broken(f"{problem}: {advice}")


def _of_subclass(adapter: Any, obj: Any) -> Any:
    """An object of a subclass of an example's type, made of the example, which is used up."""
    base: Any = type(obj)
    space = {"__module__": __name__, "__slots__": ()}  # the same layout
    try:
        cls: Any = type(base)("TrialSubclass", (base,), space)
    except failures() as error:
        raise NotHere(f"{qualified_name(base)} cannot be subclassed ({in_words(error)})") from error
    with suppress_failures():  # objects of most types of extensions take no other class
        obj.__class__ = cls
        return obj
    state = adapter.state_of(obj)
    del obj
    gc.collect()
    for call in (_with_state, _with_parts, _with_names):  # as constructors often take it
        with suppress_failures():
            made = call(cls, state)
            if type(made) is cls:
                return made
    raise NotHere(f"no object of a subclass could be made for a trial: {NEEDED}")


def _with_state(cls: Any, state: Any) -> Any:
    return cls(state)


def _with_parts(cls: Any, state: Any) -> Any:
    return cls(*state)


def _with_names(cls: Any, state: Any) -> Any:
    return cls(**state)
