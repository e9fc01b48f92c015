"""One candidate: a serializer and a factory, the evidence, and the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from adapters._suggest.phrases import (
    clean,
    duration,
    is_known,
    plain,
    readable,
    row,
    size,
    some,
    wrapped,
)

CODE = "python"  # the style of a block that is code
_STYLES = {  # of rich, by the word before the colon of a verdict
    "proven": "bold green",
    "nearly": "bold yellow",
    "not proven": "bold red",
}
_DIFFERENCE = re.compile(r"(\S.*?) ((?:is|has) .+, (?:was|had) .+)", re.DOTALL)
# Where the content of an object shows: its length, its bytes, a digest of them.
_CONTENT = re.compile(
    r"\b(?:len|bytes|memoryview)\(|\.(?:nbytes|length|size|\w*digest|checksum|crc\d*|tobytes"
    r"|to_bytes|getvalue)(?:\(\))?$"
)
_BYTES = re.compile(r"has \d+ (?:bytes|at byte \d+), had \d+ |is b['\"].*, was b['\"]", re.DOTALL)
_DOUBTS = 5
_UNREADABLE = "what it holds cannot be read"


class Candidate(NamedTuple):
    """A serializer and a factory that `suggest` has tried, and how the trial ended.

    Attributes:
        code: Python to paste into a module: it imports what it needs, defines `serialize` and
            `factory`, and registers them.
        strategy: Where they come from, such as "constructor" or "path and opener".
        proven: Whether all that can be told of the objects that were rebuilt is as it was.
        compared: What was compared, and found equal.
        differs: What of the object that was rebuilt is not as it was: up to three places.
        unread: What could not be read, and so was not compared.
        doubts: Why it is not proven, or what no trial can tell.
        broken: The promises of an adapter that it breaks.
        serialize_seconds: The time that making the state takes.
        rebuild_seconds: The time that making an object of the state takes.
        state_size: The bytes of the pickled state.
        test: A conformance test to go with it, for pytest.
    """

    code: str
    strategy: str
    proven: bool
    compared: str
    differs: tuple[str, ...]
    unread: tuple[str, ...]
    doubts: tuple[str, ...]
    broken: tuple[str, ...]
    serialize_seconds: float
    rebuild_seconds: float
    state_size: int
    test: str

    @property
    def verdict(self) -> str:
        """The outcome in one line, which begins with "proven", "nearly" or "not proven"."""
        if self.proven:
            return clean(f"proven: equal in {self.compared}")
        places = some(map(_difference, self.differs), "; ")
        if any(map(_is_content, self.differs)):
            return f"not proven: content is lost: {places}"
        if places:
            return f"nearly: differs in {places}"
        if self.broken:
            return f"not proven: breaks {some(self.broken, '; ')}"
        reason = self.doubts[0] if self.doubts else "" if self.compared else _UNREADABLE
        return clean(f"not proven: {reason or 'too little was compared'}")

    def as_dict(self) -> dict[str, Any]:
        """All of it as strings, numbers and lists, for JSON; a time that is unknown is None."""
        return {name: plain(value) for name, value in self._asdict().items()}

    def _lines(self) -> Iterator[tuple[str, str]]:
        """(line, its style) of the text, or (the code, "python")."""
        verdict = self.verdict
        yield from wrapped(verdict, style_of(verdict), indent=4)
        yield from (("", ""), (readable(self.code), CODE), ("", ""))
        for label, text in self._evidence():
            yield from row(label, text)

    def _evidence(self) -> Iterator[tuple[str, str]]:
        """(label, text) of what there is to know about it; what the verdict says is left out."""
        yield "by", self.strategy
        if not self.proven and self.compared:
            yield "equal in", self.compared
        if self.unread:
            yield "unread", f"what these hold cannot be read: {some(self.unread, '; ')}"
        if self.broken and (self.proven or self.differs):
            yield "breaks", some(self.broken, "; ")
        said = self.verdict.partition(": ")[2]
        doubts = [doubt for doubt in map(clean, self.doubts) if doubt and doubt != said]
        yield from (("doubt", doubt) for doubt in doubts[:_DOUBTS])
        if (left := len(doubts) - _DOUBTS) > 0:
            yield "", f"and {left} more"
        if costs := self._costs():
            yield "costs", costs

    def _costs(self) -> str:
        steps = (("serialize", self.serialize_seconds), ("rebuild", self.rebuild_seconds))
        texts = [f"{step} {duration(seconds)}" for step, seconds in steps if is_known(seconds)]
        texts += [f"state {size(self.state_size)}"] if self.state_size else []
        return ", ".join(texts)

    def __str__(self) -> str:
        return "\n".join(line for line, _ in self._lines())


def kind_of(verdict: str) -> str:
    """The first words of a verdict."""
    return verdict.partition(":")[0]


def style_of(verdict: str) -> str:
    """The style of rich for a verdict."""
    return _STYLES[kind_of(verdict)]


def _difference(text: str) -> str:
    """A difference as a place, and in brackets how it differs."""
    found = _DIFFERENCE.fullmatch(text)
    return f"{found[1]} ({found[2]})" if found else text


def _is_content(text: str) -> bool:
    """Whether a difference shows that content is lost."""
    found = _DIFFERENCE.fullmatch(text)
    if found is None:
        return bool(_CONTENT.search(text))
    return bool(_CONTENT.search(found[1]) or _BYTES.search(found[2]))


Candidate.__module__ = "adapters"
