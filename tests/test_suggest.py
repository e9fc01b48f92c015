"""`adapters.suggest` as a whole: search, proof and answer."""

from __future__ import annotations

import collections
import json
import multiprocessing
import os
import pickle
import struct
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
import structs
import suggested_types as types
from exploring import WAIT, needs_fork, twin

import adapters
from adapters._suggest.suggest import _ready_made
from adapters.errors import AdapterError

pytestmark = needs_fork


def suggest(*objs: Any, **options: Any) -> adapters.Suggestions:
    return adapters.suggest(*objs, **{"timeout": WAIT, **options})


def raised(kind: type[Exception], *objs: Any, **options: Any) -> str:
    """The message of an error, which pickles."""
    with pytest.raises(kind) as info:
        suggest(*objs, **options)
    again = pickle.loads(pickle.dumps(info.value))
    assert (type(again), str(again)) == (type(info.value), str(info.value))
    return str(again)


def test_a_near_miss() -> None:
    gauge = types.Gauge(9)
    gauge.level = 4
    found = suggest(gauge)
    assert found.best is None
    assert not found[0].proven
    assert found[0].differs == ("twin.peak is 4, was 9",)
    assert "nearly" in str(found)
    assert json.loads(json.dumps(found.as_dict()))["proven"] is False


def test_a_proven_adapter() -> None:
    timer = types.Timer(2.5, "tea")
    before = list(adapters.registry)
    found = suggest(timer)
    best = found.best
    assert best is not None
    assert best is found[0]
    assert (best.differs, best.doubts, best.broken) == ((), (), ())
    assert twin(best.code, timer).label == "tea"
    assert list(adapters.registry) == before
    assert not found.pickles
    assert found.tried >= 1
    assert 0 < found.seconds < WAIT + 30
    assert pickle.loads(pickle.dumps(found)).as_dict() == found.as_dict()
    with pytest.raises(TypeError, match="cannot pickle 'Timer'"):
        pickle.dumps(timer)


@pytest.mark.slow
def test_the_code_registers_an_adapter_that_holds() -> None:
    route = types.Route().go(1, 2)
    best = suggest(route).best
    assert best is not None
    namespace: dict[str, Any] = {"__name__": "pasted"}
    exec(best.code, namespace)
    try:
        assert adapters.loads(adapters.dumps([route]))[0].to_bytes() == route.to_bytes()
    finally:
        adapters.unregister(types.Route)


@pytest.mark.slow
def test_doubts_are_no_proof() -> None:
    for obj, name in (
        (types.Session("a", 60.0), "connect_timeout"),
        (types.Radio("news"), "set_mode"),
    ):
        found = suggest(obj)
        assert found.best is None
        assert any(name in doubt for doubt in found[0].doubts)


@pytest.mark.slow
def test_an_example_that_is_equal_to_a_default_one() -> None:
    found = suggest(types.Options())
    assert found.best is None
    assert any("width, title would tell" in each for each in found.advice)


@pytest.mark.slow
def test_a_promise_that_the_kit_finds_broken_is_named() -> None:
    found = suggest(types.Anchor(5))
    assert found.best is None
    assert found[0].broken
    assert "spawned child" in found[0].broken[0]


@pytest.mark.slow
def test_two_examples_tell_more_than_one() -> None:
    one = suggest(types.Ring(5))
    assert one.best is not None
    assert any("give a second one" in each for each in one.advice)
    two = suggest(types.Ring(5), types.Ring(20))
    assert two.best is None
    assert two[0].differs == ("twin.room is 20, was 40",)
    assert not any("give a second one" in each for each in two.advice)


@pytest.mark.slow
def test_what_empties_an_example_is_no_serializer() -> None:
    assert suggest(types.Getter([1, 2])).best is None


@pytest.mark.slow
def test_the_test_that_goes_with_it(tmp_path: Path) -> None:
    best = suggest(types.Timer(2.5, "tea")).best
    assert best is not None
    text = best.test.replace("make_example_1()", "Timer(2.5, 'tea')")
    namespace: dict[str, Any] = {"__name__": "test_timer"}
    exec(text, namespace)
    kit = namespace["TestTimer"]
    assert issubclass(kit, adapters.testing.Conformance)
    assert [make().label for make in kit.examples] == ["tea"]


@pytest.mark.slow
def test_a_struct_of_c() -> None:
    point = structs.ffi.new("struct point *", structs.POINT)
    found = suggest(point, structs.ffi.new("struct point *", {"x": 5}))
    best = found.best
    assert best is not None
    assert 'adapters.register_struct(structs.ffi.typeof("struct point *"))' in best.code


def test_what_is_ready_made_is_not_searched_for() -> None:
    packer = struct.Struct("<ih")
    (draft,) = _ready_made(packer, True)
    assert draft.ready
    assert "import adapters.libraries.struct " in draft.whole
    assert _ready_made(packer, False) == _ready_made(types.Timer(1.0), True) == []


@pytest.mark.slow
def test_the_adapter_that_a_library_brings() -> None:
    packer = struct.Struct("<ih")
    found = suggest(packer)
    best = found.best
    assert best is not None
    assert (best.strategy, len(found), found.tried) == ("adapter of a library", 1, 1)
    assert best.code.startswith("import adapters.libraries.struct ")
    assert found.advice == ()
    found = suggest(packer, batteries=False)
    assert found.best is not None
    assert twin(found.best.code, packer).format == "<ih"
    assert not any("libraries" in each.code for each in found)
    assert not any("has an adapter already" in each for each in found.advice)


@pytest.mark.slow
def test_an_object_that_pickles_already() -> None:
    found = suggest(collections.Counter("abca"))
    assert found.pickles
    assert "already pickles" in str(found)


def test_nothing_is_found_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    threads = threading.active_count()
    found = suggest(types.Sealed(3))
    assert (found.type, len(found), found.best) == ("suggested_types.Sealed", 0, None)
    assert any("nothing in the type's own API" in each for each in found.advice)
    assert list(tmp_path.iterdir()) == []
    assert multiprocessing.active_children() == []
    assert threading.active_count() == threads


def test_examples_of_several_types() -> None:
    message = raised(TypeError, types.Ring(5), types.Sealed(3))
    assert "2 types (suggested_types.Ring, suggested_types.Sealed)" in message


@pytest.mark.parametrize("obj", [1, "text", None, int, os, len, suggest], ids=repr)
def test_what_has_nothing_to_rebuild(obj: Any) -> None:
    assert "pickles, or goes by its name" in raised(TypeError, obj)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_no_time(seconds: float) -> None:
    assert "timeout" in raised(ValueError, types.Ring(5), timeout=seconds)


def test_little_time_is_kept_to() -> None:
    found = suggest(types.Route().go(1, 2), timeout=0.01)
    assert found.best is None
    assert found.seconds < 10


def test_a_platform_without_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    message = raised(AdapterError, types.Ring(5))
    assert "no fork" in message


def _in_daemonic_process(writer: Any) -> None:
    try:
        suggest(types.Ring(5))
    except AdapterError as error:
        writer.send(error)


def test_a_daemonic_process() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_in_daemonic_process, args=(writer,), daemon=True)
    process.start()
    assert reader.poll(WAIT)
    assert "daemonic process" in str(reader.recv())
    process.join(WAIT)
