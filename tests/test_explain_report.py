"""What explain returns: text, HTML, rich and data."""

from __future__ import annotations

import io
import json
import pickle
import re
from typing import Any

import pytest
from findings import (
    lock,
)

from adapters import explain


def test_many_alike_are_shown_together() -> None:
    found = explain([lock() for _ in range(1000)])
    assert len(found) == 1000
    assert len(str(found).splitlines()) < 12
    assert "997 more like it" in str(found)


def refusing(number: int) -> Any:
    def refuse(obj: Any) -> Any:
        raise ValueError(f"no {number}")

    return type(f"Refusing{number}", (), {"__reduce__": refuse, "__module__": "nowhere"})()


def test_of_many_that_differ_the_first_are_shown_and_a_count() -> None:
    found = explain([refusing(number) for number in range(296)])
    assert len(found) == 296
    assert len(str(found).splitlines()) < 80
    assert "... and 286 parts more" in str(found)
    of_one_class = [type(refusing(0))() for _ in range(20)]
    found = explain([*of_one_class, *[lock() for _ in range(3)]])
    assert "... and 17 more like it" in str(found)
    assert str(found).count("do   ") == 2


def test_the_result_is_plain_data() -> None:
    found = explain({"<b>": lock()})
    assert json.loads(json.dumps(found.as_dict()))["findings"][0]["path"] == "obj['<b>']"
    twin = pickle.loads(pickle.dumps(found))
    assert twin.findings == found.findings
    assert str(twin) == str(found)
    assert "<b>'" not in found._repr_html_()
    assert "&lt;b&gt;" in found._repr_html_()


def test_the_cells_of_its_html_read_from_the_left() -> None:
    page = explain({"one": lock(), "large": b"x" * 10**6})._repr_html_()
    cells = re.findall("<td.*?>", page)
    assert len(cells) >= 2
    assert all("text-align: left" in cell for cell in cells)  # notebooks have them to the right


def test_nothing_in_it_drives_the_terminal() -> None:
    def speak() -> Any:
        raise ValueError("\x1b[31mred\n\n\x07bell")

    class Loud:
        def __reduce__(self) -> Any:
            return speak()

    Loud.__qualname__ = "\x1b]0;title\x07"
    text = str(explain({"\x1b[1m": Loud()}))
    assert set(text) & set(map(chr, range(32))) == {"\n"}
    assert "red bell" in text.replace("\\x07", "")


def test_rich_renders_it() -> None:
    console_module = pytest.importorskip("rich.console")
    console = console_module.Console(file=io.StringIO(), width=100)
    console.print(explain({"[red]a": lock()}))
    console.print(explain([b"x" * 10**6]))
    text = console.file.getvalue()
    assert "obj['[red]a']" in text
    assert "cannot pickle '_thread.lock' object" in text
    assert "1,000," in text
