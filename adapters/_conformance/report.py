"""The results of a conformance check: as an object, as text and as an error."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

from adapters.errors import AdapterError

Status: TypeAlias = Literal["passed", "failed", "skipped"]


class Broken(Exception):  # noqa: N818  a finding about an adapter, not an error of the kit
    """A promise is broken; the message says how, and what the author is to do."""


class NotHere(Exception):  # noqa: N818
    """A promise cannot be checked here; the message says why."""


class Result(NamedTuple):
    """The result of one promise.

    Args:
        promise: Its name.
        status: "passed", "failed" or "skipped".
        reason: Why it failed or was skipped; if it passed, what there is to say of it, or "".
    """

    promise: str
    status: Status
    reason: str


class Report(NamedTuple):
    """The results of all promises; `str()` is for people, `as_dict()` for programs.

    Args:
        adapter: The adapter's name.
        version: Its version.
        examples: The label of each example.
        results: One for each promise.
        compared: How objects were compared, and what of them could not be.
    """

    adapter: str
    version: int
    examples: tuple[str, ...]
    results: tuple[Result, ...]
    compared: str = ""

    @property
    def failures(self) -> tuple[Result, ...]:
        """The promises that are broken."""
        return tuple(result for result in self.results if result.status == "failed")

    @property
    def ok(self) -> bool:
        """Whether no promise is broken."""
        return not self.failures

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data, for json."""
        return {
            "adapter": self.adapter,
            "version": self.version,
            "examples": list(self.examples),
            "ok": self.ok,
            "compared": self.compared,
            "promises": [result._asdict() for result in self.results],
        }

    def complaint(self) -> str:
        """What is broken, and what to do: the message of the error."""
        lines = [f"  {name.replace('_', ' ')}: {reason}" for name, _, reason in self.failures]
        advice = f"skip={{{self.failures[0].promise!r}: 'the reason'}} leaves a promise out"
        return "\n".join([self._verdict(), *lines, f"  ({advice})"])

    def __str__(self) -> str:
        marks = {"passed": "ok     ", "failed": "BROKEN ", "skipped": "skipped"}
        lines = [
            f"  {marks[status]}  {name.replace('_', ' ')}{reason and ': '}{reason}"
            for name, status, reason in self.results
        ]
        return "\n".join([self._verdict(), *lines, f"  compared {self.compared}"])

    def _verdict(self) -> str:
        count, broken = len(self.examples), len(self.failures)
        examples = f"{count} example{'' if count == 1 else 's'}"
        verdict = f"{broken} of {len(self.results)} promises" if broken else "no promise"
        return f"adapter {self.adapter!r} version {self.version}, {examples}: breaks {verdict}"


class ConformanceError(AdapterError, AssertionError):
    """An adapter breaks a promise.

    Args:
        message: Each promise that is broken, how, and what to do.
        subject: The adapter's name.
        report: The report.
    """

    def __init__(self, message: str, subject: str, report: Report) -> None:
        super().__init__(message, subject, report)

    @property
    def report(self) -> Report:
        """The results of all promises."""
        report: Report = self.args[2]
        return report
