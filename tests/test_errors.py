"""Every error crosses a process whole, and can be caught as what people already catch."""

from __future__ import annotations

import copy
import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
from gadgets import Gadget, Refused, Unbuildable

import adapters
from adapters import errors

CLASSES = [getattr(errors, name) for name in errors.__all__]
BUILTINS: dict[Any, tuple[type[Exception], ...]] = {
    errors.RegistrationError: (TypeError,),
    errors.ConflictError: (ValueError,),
    errors.SerializeError: (pickle.PicklingError, TypeError),  # most types raise the latter
    errors.UnknownAdapterError: (LookupError,),
    errors.RebuildError: (pickle.UnpicklingError,),
    errors.VersionError: (pickle.UnpicklingError,),
}


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("twin_of", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
def test_an_error_pickles_with_its_fields(cls: type[Any], twin_of: Any) -> None:
    error = cls("what failed", "module.Type")
    twin = twin_of(error)
    assert type(twin) is cls
    assert str(twin) == "what failed"
    assert twin.subject == "module.Type"
    assert twin.args == error.args
    assert cls.__module__ == "adapters"


@pytest.mark.parametrize("cls", CLASSES)
def test_one_root_and_the_builtin_that_people_catch(cls: type[Any]) -> None:
    assert issubclass(cls, adapters.AdapterError)
    assert all(issubclass(cls, builtin) for builtin in BUILTINS.get(cls, (Exception,)))
    assert getattr(adapters, cls.__name__) is cls


def test_a_rebuild_error_says_in_which_process() -> None:
    assert adapters.RebuildError("message", "name").process == os.getpid()
    assert pickle.loads(pickle.dumps(adapters.RebuildError("message", "name", 7))).process == 7


def raise_it(what: str) -> None:
    if what == "registration":
        adapters.register(5, len, len)
    if what == "conflict":
        adapters.register(Gadget, len, len)
    if what == "unknown":
        adapters.to_spec(object())
    if what == "serialize":
        pickle.dumps(Refused())
    if what == "rebuild":
        pickle.loads(pickle.dumps(Unbuildable()))
    if what == "version":
        adapters.rebuild("gadgets.Gadget", 9, "gadgets", None)


def raise_in_a_child(what: str) -> None:
    import gadgets  # noqa: F401  the child's own registrations

    raise_it(what)


def test_every_error_crosses_a_process() -> None:
    wanted = {
        "registration": (errors.RegistrationError, "builtins.int"),
        "conflict": (errors.ConflictError, "gadgets.Gadget"),
        "unknown": (errors.UnknownAdapterError, "builtins.object"),
        "serialize": (errors.SerializeError, "gadgets.Refused"),
        "rebuild": (errors.RebuildError, "gadgets.Unbuildable"),
        "version": (errors.VersionError, "gadgets.Gadget"),
    }
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for what, (cls, subject) in wanted.items():
            error = pool.submit(raise_in_a_child, what).exception(60)
            assert type(error) is cls
            assert error.subject == subject
            with pytest.raises(cls) as here:
                raise_it(what)
            if cls not in (errors.RebuildError, errors.VersionError):  # those name the process
                assert str(error).split(";")[0] == str(here.value).split(";")[0]
