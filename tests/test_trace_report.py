"""The table of a trace: as text, with rich and in a notebook."""

from __future__ import annotations

import io
import pickle
import re

import pytest
from gadgets import Gadget

import adapters
from adapters._tracing import report


@pytest.fixture
def trace() -> adapters.Trace:
    with adapters.trace() as made:
        adapters.loads(adapters.dumps([Gadget(bytes(2000)), Gadget("<b>")]))
    return made


def test_text(trace: adapters.Trace) -> None:
    head, *lines = str(trace).splitlines()
    assert re.fullmatch(r"6 events in 1 process, in \d+\.\d\d s", head)
    assert lines[0].split() == ["count", "in", "band", "out", "of", "band", "seconds"]
    assert [re.split(" {2,}", line)[:4] for line in lines[1:]] == [
        ["serialize", "gadgets.Gadget", "2", "2.0 kB"],
        ["rebuild", "gadgets.Gadget", "2", "2.0 kB"],
        ["dumps", "builtins.list", "1", "2.1 kB"],
        ["loads", "builtins.list", "1", "2.1 kB"],
    ]
    assert repr(trace) == f"<adapters.Trace: {head}>"


def test_rich_has_the_same(trace: adapters.Trace) -> None:
    rich = pytest.importorskip("rich.console")
    file = io.StringIO()
    rich.Console(file=file, width=120).print(trace)
    words = [line.split() for line in file.getvalue().splitlines()]
    assert words == [line.split() for line in str(trace).splitlines()]


def trace_of(name: str) -> adapters.Trace:
    """A trace of one object, of an adapter with a name."""

    class Named(Gadget):
        pass

    adapters.register(Named, lambda named: 1, Named, name=name)
    with adapters.trace() as trace:
        pickle.dumps(Named())
    adapters.unregister(Named)
    return trace


def test_html_is_escaped_and_numbers_stand_at_the_right() -> None:
    html = trace_of("<script>")._repr_html_()
    assert "<script>" not in html
    assert '<td style="text-align: left; vertical-align: top">&lt;script&gt;</td>' in html
    assert '<td style="text-align: right; vertical-align: top">1</td>' in html


def test_an_empty_one_has_no_table() -> None:
    trace = adapters.trace()
    assert str(trace) == "0 events, in 0.00 s"
    assert trace._repr_html_() == "<div><p>0 events, in 0.00 s</p></div>"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, ""),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_951, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (10**16, "10000 TB"),
    ],
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert report._size(size) == words


def test_names_are_in_one_line_that_no_terminal_obeys() -> None:
    name = "loud\n\x1b[31m\u202ered"
    trace = trace_of(name)
    assert [event.name for event in trace.events if event.kind == "serialize"] == [name]
    assert r"  loud\n\x1b[31m\u202ered  " in str(trace)
    assert r">loud\n\x1b[31m\u202ered<" in trace._repr_html_()
