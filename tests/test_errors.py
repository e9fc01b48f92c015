"""Every error crosses a process whole, and can be caught as what people already catch."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from gadgets import Gadget, Refused, Unbuildable

import adapters
from adapters import errors
from adapters._comparison.differences import differences

CLASSES = [getattr(errors, name) for name in errors.__all__]
BUILTINS: dict[Any, tuple[type[Exception], ...]] = {
    errors.RegistrationError: (TypeError,),
    errors.ConflictError: (ValueError,),
    errors.SerializeError: (pickle.PicklingError, TypeError),  # most types raise the latter
    errors.UnknownAdapterError: (LookupError,),
    errors.RebuildError: (pickle.UnpicklingError,),
    errors.VersionError: (pickle.UnpicklingError,),
}

# The pickler of Python 3.14 adds notes that say where it was.
CRACKED = r"^cracked(\nwhen serializing .*)*$"


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


# What foreign code raises


class Panic(BaseException):
    """As the panics of PyO3, no Exception."""


FAILURES: list[type[BaseException]] = [ValueError, Panic, SystemExit]
PASSING: list[type[BaseException]] = [KeyboardInterrupt, GeneratorExit, asyncio.CancelledError]


class Fragile:
    """Raises an exception of a kind in one place, and may not be pickled without its adapter."""

    def __init__(self, place: str, kind: type[BaseException]) -> None:
        self.place, self.kind, self.lock = place, kind, threading.Lock()

    def crack(self, place: str) -> None:
        if self.place == place:
            raise self.kind("cracked")

    def __repr__(self) -> str:
        self.crack("repr")
        return "a fragile object"

    def __eq__(self, other: object) -> bool:
        self.crack("==")
        return NotImplemented

    __hash__ = object.__hash__


class Unserved(Fragile):
    """A subclass that the adapter does not serve, so that messages show the object."""


class Linked(Fragile):
    """Its adapter has links."""


class Reduces(Fragile):
    """Has a reducer of its own."""

    def __reduce__(self) -> Any:
        self.crack("__reduce__")
        return arrive, (self.kind,)


def arrive(kind: type[BaseException]) -> None:
    raise kind("cracked")


def state_of(fragile: Fragile) -> Any:
    fragile.crack("serializer")
    return fragile.place, fragile.kind.__name__


def made_of(state: Any) -> Fragile:
    place, name = state
    return Fragile(place, next(kind for kind in FAILURES + PASSING if kind.__name__ == name))


def build(state: Any) -> Fragile:
    fragile = made_of(state)
    fragile.crack("factory")
    return fragile


def build_linked(state: Any) -> Linked:
    return Linked(state[0], made_of(state).kind)


def links_of(linked: Linked) -> Any:
    linked.crack("links")
    return [linked]


def set_links(linked: Linked, links: Any) -> None:
    linked.crack("link")


def upgrade(state: Any) -> Any:
    made_of(state).crack("upgrade")
    return state


@pytest.fixture(autouse=True)
def adapter() -> Iterator[adapters.Adapter]:
    adapters.register(Linked, state_of, build_linked, links=links_of, link=set_links)
    yield adapters.register(Fragile, state_of, build, version=2, upgrades={1: upgrade})
    adapters.unregister(Fragile)
    adapters.unregister(Linked)


def there_and_back(obj: object) -> Any:
    return adapters.loads(adapters.dumps(obj))


def trusted(obj: object) -> Any:
    return adapters.loads(adapters.dumps(obj), trusted=["test_errors.Fragile"])


def from_version_1(obj: Fragile) -> Any:
    return adapters.registry.find(obj).rebuild(1, (obj.place, obj.kind.__name__))


def with_a_callback(obj: Fragile) -> Any:
    def callback(_: object) -> None:
        obj.crack("buffer callback")

    return adapters.dumps(Gadget(bytearray(9000)), buffer_callback=callback)


WAYS = {
    "serializer": [
        adapters.dumps,
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        adapters.to_spec,
        adapters.share,
    ],
    "factory": [there_and_back, trusted, copy.copy, lambda obj: adapters.to_spec(obj).rebuild()],
    "upgrade": [from_version_1],
    "links": [adapters.dumps, pickle.dumps, adapters.to_spec],
    "link": [there_and_back, lambda obj: pickle.loads(pickle.dumps(obj))],
    "repr": [adapters.dumps],
    "buffer callback": [with_a_callback],
    "__reduce__": [adapters.dumps],
    "arrival": [there_and_back],
}
CLASSES_AT = {
    "repr": Unserved,
    "__reduce__": Reduces,
    "arrival": Reduces,
    "links": Linked,
    "link": Linked,
}
PLACES = [(place, way) for place, ways in WAYS.items() for way in ways]


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize(("place", "way"), PLACES)
def test_what_foreign_code_raises_is_a_failure_of_its_object(
    place: str, way: Any, kind: type[BaseException]
) -> None:
    obj = CLASSES_AT.get(place, Fragile)(place, kind)
    with pytest.raises(adapters.AdapterError) as caught:
        way(obj)
    assert f"{kind.__name__}: cracked" in str(caught.value)
    if place != "repr":
        assert isinstance(caught.value.__cause__, kind)


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize(("place", "way"), PLACES)
def test_interrupts_pass_through(place: str, way: Any, kind: type[BaseException]) -> None:
    obj = CLASSES_AT.get(place, Fragile)(place, kind)
    with pytest.raises(kind, match=CRACKED):
        way(obj)


@pytest.mark.parametrize("kind", [*FAILURES, *PASSING])
@pytest.mark.parametrize(
    ("place", "check"),
    [
        ("serializer", False),
        ("repr", False),
        ("__reduce__", False),
        pytest.param("factory", True, marks=pytest.mark.slow),
        pytest.param("arrival", True, marks=pytest.mark.slow),
    ],
)
def test_explain_names_the_object(place: str, check: bool, kind: type[BaseException]) -> None:
    obj = {"key": [CLASSES_AT.get(place, Fragile)(place, kind)]}
    if kind in PASSING and not check:
        with pytest.raises(kind, match=CRACKED):
            adapters.explain(obj)
        return
    found, *others = adapters.explain(obj, check=check)
    assert [other.kind for other in others] == ["reducer"] * (place == "arrival")
    assert found.path == "obj['key'][0]"
    assert f"{kind.__name__}: cracked" in found.error


@pytest.mark.parametrize("kind", [*FAILURES, *PASSING])
def test_an_equality_that_raises_is_none(kind: type[BaseException]) -> None:
    one, other = Fragile("==", kind), Fragile("==", kind)
    if kind in PASSING:
        with pytest.raises(kind, match=CRACKED):
            list(differences(one, other))
    else:
        assert list(differences(one, other)) == []


@pytest.mark.parametrize("kind", [*FAILURES, *PASSING])
def test_a_provider_that_raises(
    kind: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    raising = f"raise {kind.__module__}.{kind.__qualname__}('cracked')"
    (tmp_path / "fragile_provider.py").write_text(
        f"import asyncio, builtins, test_errors\n{raising}\n"
    )
    if kind in PASSING:
        with pytest.raises(kind, match=CRACKED):
            adapters.rebuild("unknown", 1, "fragile_provider", None)
        return
    said = rf"module 'fragile_provider', cannot be imported here \(.*{kind.__name__}: cracked\)"
    with pytest.raises(adapters.RebuildError, match=said):
        adapters.rebuild("unknown", 1, "fragile_provider", None)


def get_shared(handle: adapters.Shared[Fragile]) -> object:
    return handle.get()


def register_here() -> None:
    adapters.register(Fragile, state_of, build, version=2, upgrades={1: upgrade})


def test_a_shared_object_that_panics_is_a_rebuild_error_each_time() -> None:
    with (
        adapters.share(Fragile("factory", Panic)) as handle,
        ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=register_here) as pool,
    ):
        for _ in range(2):
            error = pool.submit(get_shared, handle).exception(60)
            assert isinstance(error, adapters.RebuildError)
            assert "Panic: cracked" in str(error)
