"""Names: which say that something is told, that something is done, or that it is used up."""

from __future__ import annotations

import pytest

from adapters._comparison.names import is_asking, setter_for, uses_up

ASKS = """
    getSize get_size GetSize GetNumAtoms getparent getvalue isOpen is_open is_closed HasQuery
    num_rows n_items can_write should_run supports_append keys values tolist hexdigest size shape
    get_stride has_next context globals expression element_type vertexCount numpy qsize
    cert_store_stats GetN
"""
ACTS = """
    get getch getline get_next getNextToken get_nowait get_and_clear get_or_create
    get_event get_result GetRunResult pop read close open next fit run show start reset write
    commit open_in_browser
    getpass_and_login infer_type data_refresh count_data
    is has issue hash number counter sizes getitem_async draw resize
"""
USES_UP = """
    read next open run show wait take Read read_all readAll next_row nextRow NextRow fetchone
    fetch_many read_line readline poll_one popitem take_batch receive_message next_item
"""
TELLS = """
    connect_timeout read_only readonly open_mode show_progress run_id fit_intercept next_id
    wait_time poll_interval take_profit show_all run_all fetch_size read_bytes nextafter pop_size
    opened showing
"""


@pytest.mark.parametrize("name", ASKS.split())
def test_a_name_that_asks(name: str) -> None:
    assert is_asking(name)


@pytest.mark.parametrize("name", ACTS.split())
def test_a_name_that_acts_or_says_nothing(name: str) -> None:
    assert not is_asking(name)


@pytest.mark.parametrize("name", USES_UP.split())
def test_a_property_that_is_not_read(name: str) -> None:
    assert uses_up(name)


@pytest.mark.parametrize("name", TELLS.split())
def test_a_property_that_is_read(name: str) -> None:
    assert not uses_up(name)


@pytest.mark.parametrize(
    ("name", "setter"),
    [
        ("get_step", "set_step"),
        ("getRandomSeed", "setRandomSeed"),
        ("GetUseCache", "SetUseCache"),
        ("getnext", "setnext"),
        ("get", ""),
        ("Get_", ""),
        ("target", ""),
        ("is_open", ""),
    ],
)
def test_the_setter_of_a_getter(name: str, setter: str) -> None:
    assert setter_for(name) == setter
