"""Golden payloads, which are recorded once and load for ever, and the chain of upgrades."""

from __future__ import annotations

import pickle
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters._child import progress
from adapters._conformance.report import Broken, NotHere
from adapters._naming import in_words, shown
from adapters._pickling import loads
from adapters._wire.rebuild import registry
from adapters.errors import failures

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from adapters._conformance.case import Case

_PROTOCOL = 4  # each Python that the library supports reads it


def _safe(text: str) -> str:
    return re.sub(r"[^\w.-]", "_", text)


def add_golden(case: Case, folder: str | os.PathLike[str] | None, recording: bool) -> None:
    """Read the payloads of a folder into a case, by version.

    If `recording`, the payload of each example that has none of this version is written first. A
    file is never overwritten: it represents payloads that users have stored.
    """
    if folder is None:
        return
    folder, prefix = Path(folder), _safe(case.adapter.name)
    if recording and not case.drawn:
        folder.mkdir(parents=True, exist_ok=True)
        for label, example in zip(case.labels, case.examples, strict=True):
            path = folder / f"{prefix}.v{case.adapter.version}.{_safe(label)}.pickle"
            if not path.exists():
                path.write_bytes(pickle.dumps(example, _PROTOCOL))
    name = re.compile(rf"{re.escape(prefix)}\.v(\d+)\.(.+)\.pickle")
    case.golden = sorted(
        (int(match[1]), path.name, match[2], path.read_bytes())
        for path in folder.glob("*.pickle")
        if (match := name.fullmatch(path.name))
    )


def golden_payloads_load(case: Case) -> None:
    """Recorded payloads load, equal their examples, and go through the upgrades in order."""
    if not case.golden:
        if case.drawn:
            raise NotHere("examples from a strategy are not recorded; give some in a list")
        how = "pytest -p adapters.testing --adapters-record"
        raise NotHere(f"nothing was recorded; run {how} once per version")
    adapter = case.adapter
    labels = [_safe(label) for label in case.labels]
    for version, file, label, payload in case.golden:
        progress(f"golden payload {file}")
        steps: list[int] = []
        upgrades = adapter.upgrades
        adapter.upgrades = {old: partial(_step, steps, old, each) for old, each in upgrades.items()}
        try:
            rebuilt = loads(payload)
        except failures() as error:
            problem = f"the golden payload {file} no longer loads: {in_words(error)}"
            advice = "raise version and give upgrades a function from the old one"
            raise Broken(f"{problem}; the state has changed, so {advice}") from error
        finally:
            adapter.upgrades = upgrades
        if steps != list(range(version, adapter.version)):
            problem = f"the golden payload {file} went through the upgrades {steps}"
            wanted = f"those from {version} to {adapter.version}, one after the other"
            raise Broken(f"{problem}, and not through {wanted}")
        if registry.find(rebuilt) is not adapter:
            raise Broken(f"the golden payload {file} gives {shown(rebuilt)}, of another adapter")
        if label in labels and case.elsewhere:
            case.index = labels.index(label)
            case.require_state(rebuilt, f"what the golden payload {file} gives")
        elif label in labels:
            index = labels.index(label)
            how = f"what the golden payload {file} gives"
            case.require_equal(case.examples[index], rebuilt, how, index)
        del rebuilt


def _step(steps: list[int], version: int, upgrade: Callable[[Any], Any], state: Any) -> Any:
    steps.append(version)
    return upgrade(state)


def old_versions_are_reachable(case: Case) -> None:
    """From each old version in `upgrades`, a chain of upgrades leads to the current version."""
    adapter = case.adapter
    if not adapter.upgrades:
        raise NotHere("the adapter has no upgrades")
    for old in sorted(adapter.upgrades):
        missing = [step for step in range(old, adapter.version) if step not in adapter.upgrades]
        if missing:
            problem = f"a state of version {old} cannot become one of version {adapter.version}"
            advice = "give it a function from each of them to the next"
            raise Broken(f"{problem}: upgrades lacks {missing}; {advice}")
