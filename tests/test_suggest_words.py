"""What names say: which functions save, load, open and act, and which go together."""

from __future__ import annotations

import pytest

from adapters._suggest.words import (
    affinity,
    changes,
    creates,
    is_handle,
    is_manner,
    is_path,
    is_verb,
    loads,
    opens,
    plain,
    saves,
    words,
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("to_wkb", ["to", "wkb"]),
        ("toWKB", ["to", "wkb"]),
        ("ToWkb", ["to", "wkb"]),
        ("SerializeToString", ["serialize", "to", "string"]),
        ("WKBReader", ["wkb", "reader"]),
        ("load_v2", ["load", "v", "2"]),
        ("dumps", ["dump"]),
        ("loadb", ["load"]),
        ("todict", ["to", "dict"]),
        ("fromstring", ["from", "string"]),
        ("total", ["total"]),
        ("__bytes__", ["bytes"]),
        ("___", []),
    ],
)
def test_words(name: str, found: list[str]) -> None:
    assert words(name) == found


def test_a_name_without_its_style() -> None:
    assert len({plain(name) for name in ("max_size", "maxSize", "getMaxSize", "get_max_size")}) == 1
    assert plain("get") == "get"
    assert plain("getter") != plain("t")


@pytest.mark.parametrize(
    "name",
    [
        *("to_bytes", "toWKT", "dumps", "serialize", "SerializeToString", "save", "export_model"),
        *("write_index", "as_dict", "tobytes", "__getstate__", "model_to_string", "private_bytes"),
    ],
)
def test_what_saves(name: str) -> None:
    assert saves(name)


@pytest.mark.parametrize(
    "name",
    [
        *("from_bytes", "FromString", "loads", "deserialize", "ParseFromString", "load_index"),
        *("read_index", "parse", "frombytes", "model_from_string", "import_key"),
    ],
)
def test_what_loads(name: str) -> None:
    assert loads(name)


@pytest.mark.parametrize(
    "name", ["delete_file", "close", "send_bytes", "clear_state", "save_and_close", "run", "drop"]
)
def test_what_acts_is_not_called(name: str) -> None:
    assert not saves(name)
    assert not loads(name)
    assert not opens(name)
    assert is_verb(name)


def test_what_opens() -> None:
    assert all(map(opens, ("open", "open_dataset", "Database", "connect", "from_file")))
    assert not any(map(opens, ("size", "close_file", "union")))


def test_what_creates() -> None:
    kind = type("SymbolTable", (), {})
    assert all(creates(name, kind) for name in ("symbol_table", "new_symbol_table", "create"))
    assert creates("make_table", kind)
    assert not any(creates(name, kind) for name in ("symbol", "create_window", "tables"))


def test_paths_handles_and_manners() -> None:
    assert all(map(is_path, ("path", "file_name", "filename", "dbPath", "uri")))
    assert not any(map(is_path, ("pathology", "profile", "size")))
    assert all(map(is_handle, ("fd", "native_handle", "this", "pid")))
    assert not any(map(is_handle, ("size", "handled")))
    assert all(map(is_manner, ("copy", "self", "validate")))
    assert not is_manner("copies")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("set_mode", "mode"),
        ("setMode", "mode"),
        ("setmode", "mode"),
        ("add_item", "item"),
        ("append", "append"),
        ("settings", ""),
        ("setup", ""),
        ("mode", ""),
    ],
)
def test_what_a_method_changes(name: str, what: str) -> None:
    assert changes(name) == what


@pytest.mark.parametrize(
    ("saver", "loader", "other"),
    [
        ("to_wkb", "from_wkb", "from_wkt"),
        ("toWKB", "fromWKB", "fromGeoJSON"),
        ("to_json", "parse_json", "parse_xml"),
        ("dumps", "loads", "connect"),
        ("save_model", "load_model", "load_config"),
        ("write_index", "read_index", "read_meta"),
        ("serialize", "deserialize", "connect"),
        ("SerializeToString", "FromString", "size"),
        ("tobytes", "frombytes", "fromlist"),
        ("export_key", "import_key", "generate"),
        ("__getstate__", "__setstate__", "load_file"),
        ("model_to_string", "model_from_string", "open"),
        ("private_bytes", "from_private_bytes", "generate"),
        ("state_dict", "load_state_dict", "update"),
    ],
)
def test_a_pair_beats_others(saver: str, loader: str, other: str) -> None:
    assert affinity(saver, loader) > affinity(saver, other)


def test_another_format_is_worse_than_none() -> None:
    assert affinity("to_wkb", "from_wkt") < affinity("to_wkb", "load")


def test_nothing_goes_together_with_no_words() -> None:
    assert affinity("", "from_bytes") == affinity("to_bytes", "_") == 0
    assert affinity("size", "count") == 0
