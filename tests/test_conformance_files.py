"""The kit harms no file: what rebuilds write is refused, or found, and its folders are removed."""

from __future__ import annotations

import ctypes
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from wrong_adapters import WRONG, files

from adapters import _own_folder
from adapters._conformance.files import files_in
from adapters._conformance.path_copies import with_copies
from adapters.testing import ConformanceError, check_adapter

has_truncate = hasattr(ctypes.CDLL(None), "truncate") if os.name == "posix" else False


def broken(adapter: Any, examples: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(ConformanceError) as raised:
        check_adapter(adapter, examples, **options)
    return {result.promise: result.reason for result in raised.value.report.failures}


def quick() -> dict[str, str]:
    """Skip what has nothing to do with files."""
    return {"nothing_leaks": "slow", "threads_at_once": "slow"}


@pytest.mark.parametrize("kind", [files.Truncating, files.Overwriting])
def test_a_file_that_a_state_names_stays_as_it_is(kind: Any, tmp_path: Path) -> None:
    if kind is files.Truncating and not has_truncate:
        pytest.skip("no truncate")
    path = tmp_path / "file"
    path.write_bytes(b"data")
    example = kind.__new__(kind)
    example.value = str(path)
    assert "changes the file" in broken(kind, [example])["rebuild_writes_no_file"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [files.Scratching, files.Updating])
def test_files_may_be_read_and_temporary_ones_made(kind: Any, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"data")
    before = path.stat()
    assert check_adapter(kind, [kind(str(path))], rebuilds=100).ok
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(
    "kind", [files.Relative, pytest.param(files.RelativeInC, marks=pytest.mark.slow)]
)
def test_a_relative_path_in_a_state_is_named(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"data")
    monkeypatch.chdir(tmp_path)
    found = broken(kind, [kind("file")], skip=quick())
    assert list(found) == ["round_trip_in_a_spawned_child"]
    said = found["round_trip_in_a_spawned_child"]
    assert "names 'file' by a relative path" in said
    assert "put os.path.abspath of it into the state" in said


@pytest.mark.skipif(not has_truncate, reason="no POSIX")
def test_wrong_states_harm_no_file_that_the_right_one_names(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_bytes(b"data")
    with suppress(ConformanceError):  # it may well be found out
        check_adapter(files.Opened, [files.Opened((str(path), "r"))], skip=quick())
    assert path.read_bytes() == b"data"
    assert os.listdir(tmp_path) == ["precious"]


def test_a_state_with_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "file").write_bytes(b"data")
    own = tmp_path / "own"
    own.mkdir()
    state = {"a": [str(folder / "file"), "file"], "b": (os.fsencode(folder), folder, 1)}
    assert with_copies(state) is state  # not in a child
    monkeypatch.setattr(_own_folder, "entered", str(own))
    copied = with_copies(state)
    file, name = copied["a"]
    assert Path(file).read_bytes() == b"data"
    assert Path(file).is_relative_to(own)
    assert name == "file"
    as_bytes, as_path, number = copied["b"]
    assert os.fsdecode(as_bytes) == str(as_path)
    assert sorted(os.listdir(as_path)) == ["file", "inner"]
    assert number == 1


@pytest.mark.slow
def test_folders_are_gone_also_of_a_child_that_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    name = "Unchecked" if "Unchecked" in WRONG else "Leaving"
    broken(WRONG[name].adapter, WRONG[name].examples, skip=quick())
    assert os.listdir(tmp_path) == []
    assert not os.path.exists(files.NEVER)


def test_the_files_of_a_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.touch()
    state = {"a": [str(paths[1]), os.fsencode(paths[2])], 1: tmp_path, "\0": "x" * 10_000, "": ""}
    assert sorted(files_in(state)) == list(map(str, paths))
