"""Trial: one adapter with its examples, in the process of the author or in a child."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from adapters._conformance.equality import Equal, compare, difference, has_equality
from adapters._conformance.outcomes import Broken
from adapters._conformance.state_parts import pickled, snapshot
from adapters._naming import in_words
from adapters._pickling import dumps, loads
from adapters._wire.adapter import Adapter
from adapters._wire.rebuild import registry
from adapters.errors import FAILURES, UnknownAdapterError

Payload: TypeAlias = tuple[bytes, list[bytes]]

DRAWN = 5  # examples from a strategy


class Trial:
    """One adapter and its examples, and what the author says about them.

    Attributes are the arguments of `check_adapter`, and these.

    Args:
        labels: What each example is called.
        drawn: Whether the examples are from a strategy, and others the next time it changes.
        makers: The function that made each, None where the author gave the object itself.
        expected: The state of each, as it arrives elsewhere.
        payloads: Each as pickle writes it, and its buffers.
        golden: (file, version, label, payload) of each recorded payload.
        say: Told what is being done, so that a crash can be explained.
    """

    def __init__(
        self,
        adapter: Adapter,
        labels: list[str],
        examples: list[Any],
        *,
        equal: Equal | None = None,
        live: Callable[[], int] | None = None,
        rebuilds: int = 1000,
    ) -> None:
        self.adapter = adapter
        self.labels = labels
        self.examples = examples
        self.makers: list[Callable[[], Any] | None] = [None] * len(examples)
        self.drawn = False
        self.equal = equal
        self.live = live
        self.rebuilds = rebuilds
        self.expected: list[Any] = []
        self.payloads: list[Payload] = []
        self.golden: list[tuple[str, int, str, bytes]] = []
        self.say: Callable[[str], object] = lambda text: None
        self.kept: object = None  # what a child lends its examples
        self._at = ""

    def each(self) -> Iterator[Any]:
        """The examples; what goes wrong meanwhile is said to be about the one at hand."""
        for label, example in zip(self.labels, self.examples, strict=True):
            self._at = f"example {label}: "
            self.say(f"example {label}")
            yield example
        self._at = ""

    def begin(self) -> None:
        """Forget which example the check before was about, if it stopped at one."""
        self._at = ""

    def about(self, problem: str) -> str:
        """A problem, with the example that it is about."""
        return f"{self._at}{problem}"

    def same(self, original: Any, other: Any, how: str) -> None:
        """Require that `other` equals `original`; `how` says what made it."""
        found = compare(self.adapter, original, other, self.equal)
        if found:
            raise Broken(f"{how} is not equal to the original: {found}")

    def has_state(self, index: int, obj: Any, how: str) -> None:
        """Require that an object has the state of an example, as it was before it was sent."""
        found = difference(self.expected[index], self.adapter.state_of(obj))
        if found and (self.equal or has_equality(type(obj))):  # two states may mean the same
            state = snapshot(self.expected[index])
            found = compare(self.adapter, self.adapter.factory(state), obj, self.equal) and found
            del state  # only now: whether the factory keeps what it reads is no question here
        if found:
            raise Broken(f"{how} has another state: {found}")

    def luggage(self) -> bytes:
        """What a child needs to try the same adapter.

        Raises:
            TypeError: `equal` or `live` cannot be sent.
        """
        try:
            functions = dumps((self.equal, self.live))
        except FAILURES as error:
            raise TypeError(
                f"equal and live are called in child processes, too, but do not pickle"
                f" ({in_words(error)}): make them functions at the top level of a module"
            ) from error
        states = [pickled(self.adapter.state_of(example)) for example in self.examples]
        payloads = [_payload(example) for example in self.examples]
        return pickle.dumps(
            (functions, self.labels, payloads, states, self.golden, self.rebuilds), 5
        )


def _payload(example: object) -> Payload:
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(example, 5, buffer_callback=buffers.append)
    return body, [bytes(buffer.raw()) for buffer in buffers]


def unpack(luggage: bytes) -> Trial:
    """The trial in a child: its examples are rebuilt from their payloads.

    The buffers of each are kept meanwhile, so that only the promise about what outlives them
    depends on who owns what.

    Raises:
        Broken: an example does not arrive whole.
    """
    functions, labels, payloads, states, golden, rebuilds = pickle.loads(luggage)
    equal, live = loads(functions)
    examples: list[Any] = []
    kept: list[list[bytearray]] = []
    for label, payload in zip(labels, payloads, strict=True):
        try:
            lent = [bytearray(buffer) for buffer in payload[1]]
            kept.append(lent)
            examples.append(pickle.loads(payload[0], buffers=lent))
        except FAILURES as error:
            raise Broken(f"example {label}: {in_words(error)}") from error
    try:
        adapter = registry.find(examples[0])
    except UnknownAdapterError as error:
        raise Broken(f"what arrived is no object of the adapter's type: {error}") from error
    trial = Trial(adapter, labels, examples, equal=equal, live=live, rebuilds=rebuilds)
    trial.payloads, trial.golden, trial.kept = payloads, golden, kept
    trial.expected = [pickle.loads(state) for state in states]
    for index, example in enumerate(trial.each()):
        try:
            trial.has_state(index, example, "what arrived")
        except Broken as error:
            raise Broken(trial.about(str(error))) from error
    return trial


def collect(adapter: Adapter, examples: Any, **options: Any) -> Trial:
    """The trial of an adapter on what its author calls examples.

    Args:
        adapter: The adapter.
        examples: A list, or a dict with labels, of objects and functions that make one; a
            Hypothesis strategy; or a function that returns any of these.
        options: Those of `Trial`.

    Raises:
        ValueError: there is no example.
    """
    drawn = False
    if callable(examples) and not hasattr(examples, "example"):
        examples = examples()
    if hasattr(examples, "example") and type(examples).__module__.startswith("hypothesis"):
        examples, drawn = _draw(examples), True
    named = (
        {str(label): each for label, each in examples.items()}
        if isinstance(examples, Mapping)
        else {str(index): each for index, each in enumerate(examples)}
    )
    if not named:
        raise ValueError(f"no examples for {adapter!r}: give at least one object of its type")
    makers = [None if _is_object(adapter, each) else each for each in named.values()]
    made = [maker() if maker else each for maker, each in zip(makers, named.values(), strict=True)]
    trial = Trial(adapter, list(named), made, **options)
    trial.makers, trial.drawn = makers, drawn
    return trial


def _is_object(adapter: Adapter, example: Any) -> bool:
    try:
        return registry.find(example) is adapter or not callable(example)
    except UnknownAdapterError:
        return not callable(example)


def _draw(strategy: Any) -> dict[str, Any]:
    """A few examples from a Hypothesis strategy, the same at each run."""
    from hypothesis import HealthCheck, Phase, given, settings

    drawn: list[Any] = []

    @settings(
        max_examples=DRAWN,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(example: Any) -> None:
        drawn.append(example)

    draw()
    return {f"drawn {index}": example for index, example in enumerate(drawn)}
