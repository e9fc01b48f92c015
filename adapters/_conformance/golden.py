"""Golden payloads: recorded once, loaded for ever, and the versions that a state has had."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters._conformance.outcomes import Broken, NotHere
from adapters._naming import in_words
from adapters._pickling import loads
from adapters._wire.rebuild import registry
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from adapters._conformance.case import Trial

# Any Python that the library supports reads it.
_PROTOCOL = 4
_NAME = re.compile(r"\.v(\d+)\.(.+)\.pickle$")


def _safe(text: str) -> str:
    return re.sub(r"[^\w.-]", "_", text)


def record(trial: Trial, folder: str | os.PathLike[str]) -> list[Path]:
    """Write the payload of each example that has none of this version in the folder.

    What is there is never written again: it stands for what users have.

    Returns:
        The files that were written.
    """
    adapter, written = trial.adapter, []
    for label, example in zip(trial.labels, trial.examples, strict=True):
        path = Path(folder, f"{_safe(adapter.name)}.v{adapter.version}.{_safe(label)}.pickle")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pickle.dumps(example, _PROTOCOL))
            written.append(path)
    return written


def read(trial: Trial, folder: str | os.PathLike[str]) -> list[tuple[str, int, str, bytes]]:
    """(file, version, label, payload) of all that was recorded of an adapter, by version."""
    prefix = _safe(trial.adapter.name)
    found = []
    if os.path.isdir(folder):
        for name in sorted(os.listdir(folder)):
            match = _NAME.search(name)
            if match and name[: match.start()] == prefix:
                content = Path(folder, name).read_bytes()
                found.append((name, int(match[1]), match[2], content))
    return sorted(found, key=lambda each: each[1])


def golden_payloads_load(trial: Trial) -> None:
    """Recorded payloads load, equal their examples, and go through the upgrades in order."""
    if not trial.golden:
        if trial.drawn:
            raise NotHere("examples from a strategy are not recorded; give some in a list")
        raise NotHere("nothing was recorded; run pytest --adapters-record once per version")
    adapter = trial.adapter
    labels = [_safe(label) for label in trial.labels]
    for file, version, label, payload in trial.golden:
        trial.say(f"golden payload {file}")
        steps: list[int] = []
        plain = adapter.upgrades
        adapter.upgrades = {old: _noted(old, plain[old], steps) for old in plain}
        try:
            rebuilt = loads(payload)
        except FAILURES as error:
            raise Broken(
                f"the golden payload {file} no longer loads: {in_words(error)}; the state has"
                " changed, so raise version and give upgrades a function from the old one"
            ) from error
        finally:
            adapter.upgrades = plain
        if version <= adapter.version and steps != list(range(version, adapter.version)):
            raise Broken(
                f"the golden payload {file} went through the upgrades {steps}, and not through"
                f" those from {version} to {adapter.version}, one after the other"
            )
        if registry.find(rebuilt) is not adapter:
            raise Broken(f"the golden payload {file} gives {rebuilt!r}, of another adapter")
        if label in labels:
            trial.same(
                trial.examples[labels.index(label)],
                rebuilt,
                f"what the golden payload {file} gives",
            )


def _noted(version: int, upgrade: Callable[[Any], Any], steps: list[int]) -> Callable[[Any], Any]:
    def noted(state: Any) -> Any:
        steps.append(version)
        return upgrade(state)

    return noted


def old_versions_are_reachable(trial: Trial) -> None:
    """From each old version in `upgrades`, a chain of upgrades leads to the version of today."""
    adapter = trial.adapter
    if not adapter.upgrades:
        raise NotHere("the adapter has no upgrades")
    for old in sorted(adapter.upgrades):
        missing = [step for step in range(old, adapter.version) if step not in adapter.upgrades]
        if missing:
            raise Broken(
                f"a state of version {old} cannot become one of version {adapter.version}:"
                f" upgrades lacks {missing}; give it a function from each of them to the next"
            )
