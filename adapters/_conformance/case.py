"""Case: one adapter with its examples, in the process of its author or in a child."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from adapters._child import located, progress
from adapters._conformance.equality import Equal, compare, difference, has_equality
from adapters._conformance.outcomes import Broken, NotHere
from adapters._conformance.state_parts import pickled, snapshot
from adapters._naming import in_words
from adapters._pickling import dumps, loads
from adapters._wire.rebuild import registry
from adapters.errors import FAILURES, UnknownAdapterError

if TYPE_CHECKING:
    from adapters._conformance.report import Status
    from adapters._wire.adapter import Adapter

Payload: TypeAlias = tuple[bytes, list[bytes]]

_DRAWN = 5  # examples from a strategy


@dataclass(eq=False)
class Case:
    """One adapter, its examples, and what the author says about them.

    Args:
        adapter, equal, live, rebuilds: As in `check_adapter`.
        labels: The name of each example.
        drawn: Whether a strategy made the examples, which may give others another time.
        makers: The function that made each example, None where the author gave the object.
        golden: (file, version, label, payload) of each recorded payload.
        payloads: In a child: each example as pickle wrote it, and its buffers.
        expected: In a child: the state of each example before it was sent.
        buffers: In a child: what the examples were rebuilt from. It is kept, so that only the
            promise about what outlives it depends on who owns the memory.
    """

    adapter: Adapter
    labels: list[str]
    examples: list[Any]
    equal: Equal | None = None
    live: Callable[[], int] | None = None
    rebuilds: int = 1000
    drawn: bool = False
    makers: list[Callable[[], Any] | None] = field(default_factory=list)
    golden: list[tuple[str, int, str, bytes]] = field(default_factory=list)
    payloads: list[Payload] = field(default_factory=list)
    expected: list[Any] = field(default_factory=list)
    buffers: object = None
    _label: str | None = None

    def each(self) -> Iterator[Any]:
        """The examples, one by one; a problem that is found is reported with the current label."""
        for label, example in zip(self.labels, self.examples, strict=True):
            self._label = label
            progress(f"example {label}")
            yield example
        self._label = None

    def run(self, check: Callable[..., Any], *args: Any) -> tuple[Status, Any]:
        """Run a check: its status, and what it returned or, if it did not pass, the reason."""
        self._label = None
        try:
            return "passed", check(self, *args)
        except NotHere as reason:
            return "skipped", str(reason)
        except Exception as error:
            problem = str(error) if isinstance(error, Broken) else located(error)
            about = "" if self._label is None else f"example {self._label}: "
            return "failed", f"{about}{problem}"

    def require_equal(self, original: Any, other: Any, how: str) -> None:
        """Require that `other` equals `original`; `how` names it in the message."""
        found = compare(self.adapter, original, other, self.equal)
        if found:
            raise Broken(f"{how} is not equal to the original: {found}")

    def require_state(self, index: int, obj: Any, how: str) -> None:
        """Require that an object has the state that an example had before it was sent."""
        found = difference(self.expected[index], self.adapter.state_of(obj))
        if found and (self.equal or has_equality(type(obj))):  # two states may mean the same
            state = snapshot(self.expected[index])
            found = compare(self.adapter, self.adapter.factory(state), obj, self.equal) and found
            del state  # not before: whether the factory keeps what it reads is for another check
        if found:
            raise Broken(f"{how} has another state: {found}")

    def packed(self) -> bytes:
        """The case as it is sent to a child.

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
        payloads: list[Payload] = []
        for example in self.examples:
            buffers: list[pickle.PickleBuffer] = []
            body = pickle.dumps(example, 5, buffer_callback=buffers.append)
            payloads.append((body, [bytes(buffer.raw()) for buffer in buffers]))
        options = {"rebuilds": self.rebuilds, "drawn": self.drawn, "golden": self.golden}
        return pickle.dumps((functions, self.labels, payloads, states, options), 5)

    @classmethod
    def unpacked(cls, packed: bytes) -> Case:
        """The case in a child: its examples are rebuilt from their payloads.

        Raises:
            Broken: an example does not arrive whole.
        """
        functions, labels, payloads, states, options = pickle.loads(packed)
        equal, live = loads(functions)
        buffers = [[bytearray(each) for each in payload[1]] for payload in payloads]
        examples: list[Any] = []
        for label, (body, _), memory in zip(labels, payloads, buffers, strict=True):
            try:
                examples.append(pickle.loads(body, buffers=memory))
            except FAILURES as error:
                raise Broken(f"example {label}: {in_words(error)}") from error
        try:
            adapter = registry.find(examples[0])
        except UnknownAdapterError as error:
            raise Broken(f"what arrived is no object of the adapter's type: {error}") from error
        case = cls(adapter, labels, examples, equal, live, buffers=buffers, **options)
        case.payloads, case.expected = payloads, [pickle.loads(state) for state in states]
        status, reason = case.run(_arrived_whole)
        if status == "failed":
            raise Broken(reason)
        return case


def _arrived_whole(case: Case) -> None:
    for index, example in enumerate(case.each()):
        case.require_state(index, example, "what arrived")


def collect(adapter: Adapter, examples: Any, **options: Any) -> Case:
    """The case of an adapter and what its author gives as examples.

    Args:
        adapter: The adapter.
        examples: A list, or a dict with labels, of objects and functions that make one; a
            Hypothesis strategy; or a function that returns any of these.
        options: Those of `Case`.

    Raises:
        ValueError: there is no example.
    """
    if callable(examples) and not hasattr(examples, "example"):
        examples = examples()
    drawn = hasattr(examples, "example") and type(examples).__module__.startswith("hypothesis")
    if drawn:
        examples = _draw(examples)
    if not isinstance(examples, Mapping):
        examples = dict(enumerate(examples))
    if not examples:
        raise ValueError(f"no examples for {adapter!r}: give at least one object of its type")
    given = list(examples.values())
    makers = [None if _is_object(adapter, each) else each for each in given]
    made = [maker() if maker else each for maker, each in zip(makers, given, strict=True)]
    labels = [str(label) for label in examples]
    return Case(adapter, labels, made, drawn=drawn, makers=makers, **options)


def _is_object(adapter: Adapter, example: Any) -> bool:
    try:
        return registry.find(example) is adapter or not callable(example)
    except UnknownAdapterError:
        return not callable(example)


def _draw(strategy: Any) -> dict[str, Any]:
    """A few examples from a Hypothesis strategy, the same in each run."""
    from hypothesis import HealthCheck, Phase, given, settings

    drawn: list[Any] = []

    @settings(
        max_examples=_DRAWN,
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
