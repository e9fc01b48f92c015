"""The judgement of what was tried: its order, its proof, and what speaks against it."""

from __future__ import annotations

from typing import Any, NamedTuple

from adapters._suggest.candidate import Candidate
from adapters._suggest.draft import code
from adapters._suggest.explore import Tried
from adapters._suggest.kit_text import kit_text
from adapters._suggest.names import is_of_main
from adapters._suggest.proof import Proof, prove
from adapters._suggest.survey import Facts
from adapters._suggest.trial import Outcome

_REBUILDS = 300  # in each round of the search for leaks
_ROUND = 1.0  # seconds of such a round, where the rebuild is slow
_CHEAP = 0.001  # seconds of a rebuild that is worth more of them
_PROOFS = 3  # drafts that are proven at most
_SHOWN = 5  # candidates
_NEAR = 3  # differences of a near miss


class Judge(NamedTuple):
    """Ranks what was tried, and proves the best."""

    objs: tuple[Any, ...]
    facts: Facts
    is_default: bool
    batteries: bool
    end: float

    def candidates(self, found: list[Tried]) -> list[Candidate]:
        """The best of what was tried, and near misses behind them."""
        ranked = sorted(found, key=_order)
        right = [each for each in ranked if not each.outcome.total]
        near = [each for each in ranked if 0 < each.outcome.total <= _NEAR]
        proven: list[tuple[Candidate, bool]] = []
        for number, each in enumerate(right[:_SHOWN]):
            if number < _PROOFS and not any(is_proven for _, is_proven in proven):
                candidate = self._proven(each)
            else:
                candidate = self._candidate(each, Proof({}, ""), checked=False)
            proven.append((candidate, candidate.proven))
        proven.sort(key=lambda each: not each[1])
        kept = [candidate for candidate, _ in proven]
        left = _SHOWN - len(kept)
        return kept + [self._candidate(each, Proof({}, ""), checked=False) for each in near[:left]]

    def _proven(self, tried: Tried) -> Candidate:
        """Run the kit; once more with what would mend a promise that is broken."""
        proof = self._prove(tried)
        draft = tried.draft
        cost = tried.outcome.serialize_seconds + tried.outcome.rebuild_seconds
        if "nothing_leaks" in proof.broken and cost < _CHEAP:  # or it is a cache that fills
            proof = self._prove(tried, rebuilds=None)
        mends: dict[str, dict[str, Any]] = {
            "state_is_no_alias": {"copies": True},
            "wrong_states_are_refused": {"checks": tried.outcome.kinds},
        }
        for promise, mend in mends.items():
            mended = draft._replace(**mend)
            if promise in proof.broken and not draft.whole and mended != draft:
                again = Tried(mended, tried.outcome)
                other = self._prove(again)
                if promise not in other.broken:
                    tried, proof, draft = again, other, mended
        return self._candidate(tried, proof, checked=True)

    def _prove(self, tried: Tried, rebuilds: int | None = _REBUILDS) -> Proof:
        cost = tried.outcome.serialize_seconds + tried.outcome.rebuild_seconds
        if rebuilds is not None and cost * rebuilds > _ROUND:
            rebuilds = max(1, int(_ROUND / cost))
        return prove(
            self.objs,
            self._code(tried),
            in_main=is_of_main(self.facts.target) and not tried.draft.whole,
            ready=tried.draft.ready,
            rebuilds=rebuilds,
            batteries=self.batteries,
            end=self.end,
        )

    def _code(self, tried: Tried) -> str:
        return code(tried.draft, self._target(tried.outcome))

    def _target(self, outcome: Outcome) -> str:
        return self.facts.target or f"type(factory({outcome.state}))"

    def _candidate(self, tried: Tried, proof: Proof, *, checked: bool) -> Candidate:
        draft, outcome = tried
        doubts = list(draft.doubts)
        if not outcome.told and not draft.whole:
            doubts.insert(0, "the state of the example is empty, so it proves nothing")
        if self.is_default and not draft.whole:
            doubts.insert(0, "the example is equal to one made without arguments: proves nothing")
        if not outcome.readings:
            doubts.append("what an object holds cannot be read, so nothing could be compared")
        if not self.facts.target and not draft.whole and not outcome.state:
            doubts.append("no module names the type: write it in place of type(...)")
        if not (checked or doubts or outcome.total):
            doubts.append("the conformance kit was not run on it")
        broken = tuple(f"{name.replace('_', ' ')}: {why}" for name, why in proof.broken.items())
        proven = checked and not (broken or doubts or outcome.total)
        text = self._code(tried)
        return Candidate(
            code=text,
            strategy=draft.strategy,
            proven=proven,
            compared=self._compared(outcome, proof),
            differs=outcome.differs,
            unread=tuple(sorted({n for look in self.facts.looks for n in look.portrait.unread})),
            doubts=tuple(doubts),
            broken=broken,
            serialize_seconds=outcome.serialize_seconds,
            rebuild_seconds=outcome.rebuild_seconds,
            state_size=outcome.state_size,
            test=kit_text(self.facts.target, len(self.objs)),
        )

    def _compared(self, outcome: Outcome, proof: Proof) -> str:
        count = f"{outcome.readings:,} attributes and contents of {len(self.objs)} example"
        count += "s" * (len(self.objs) > 1)
        if not proof.compared or proof.compared.startswith("nothing"):
            return count
        return proof.compared


def _order(tried: Tried) -> tuple[Any, ...]:
    draft, outcome = tried
    return (
        outcome.total > 0,
        outcome.total if outcome.total else 0,
        not outcome.told,
        len(draft.doubts),
        draft.rank,
        draft.extra,
        len(draft.then) + len(draft.values),
    )
