"""Case: one adapter with its examples, in the process of its author or in a child."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._child import located, progress
from adapters._conformance.files import files_in, relative_path
from adapters._conformance.golden import add_golden
from adapters._conformance.looks import unlike
from adapters._conformance.report import Broken, NotHere, Status
from adapters._conformance.states import Equal, compare, difference, has_equality, pickled
from adapters._naming import in_words
from adapters._pickling import dumps
from adapters._wire.rebuild import registry
from adapters._wire.served import adapter_for, type_name
from adapters.errors import AdapterError, failures, suppress_failures

if TYPE_CHECKING:
    from adapters._conformance.looks import Look
    from adapters._wire.adapter import Adapter

# What C and Python code say of memory that they must not write to.
_NOT_WRITABLE = re.compile("read-?only|read-write|not writable")
_WRITES = (
    "; the buffers of a state are read-only, as others may read the same memory: a factory that"
    " writes to one makes a copy, bytearray(view)"
)


GIVE_FUNCTIONS = "give functions that make the examples"
# The fields of a case that go to a child as they are.
_SENT = (
    *("labels", "equal", "ignore", "live", "rebuilds", "elsewhere", "drawn", "golden"),
    *("looks", "unreadable", "of_target_alone"),
)


class Sent(NamedTuple):
    """An example as it goes to a child.

    Args:
        body, buffers: Its pickle, and the buffers of that.
        state: Its pickled state.
        files: The files that the state names.
    """

    body: bytes
    buffers: list[bytes]
    state: bytes
    files: list[str]


@dataclass(eq=False)
class Case:
    """One adapter, its examples, and what the author says about them.

    Args:
        adapter, equal, ignore, live, rebuilds, elsewhere: As in `check_adapter`.
        labels: The name of each example.
        drawn: Whether a Hypothesis strategy made the examples; golden payloads are not recorded.
        golden: (version, file, label, payload) of each recorded payload.
        sent: In a child: each example as it was sent.
        home: In a child: the folder in which its author works.
        of_target_alone: Whether all examples are of the registered type, none of a subclass.
        makers: The function that made each example, None where the author gave the object.
        looks: What each example looks like from outside; empty if `equal` decides.
        unreadable: {"module.Type.name": why it is not read}, as it ended a process.
        not_compared: Why there are no looks, though `equal` is not given; else "".
        memory: In a child: the buffers that the examples were rebuilt from. Kept alive, so that a
            factory that borrows them fails one promise only, `outlives_the_original`.
        forked: Whether this is a process that was forked from the author's, where what a factory
            raises is no finding of this check.
        index: Of the example that is checked.
    """

    adapter: Adapter
    labels: list[str]
    examples: list[Any]
    equal: Equal | None = None
    ignore: tuple[str, ...] = ()
    live: Callable[[], int] | None = None
    rebuilds: int | None = None
    elsewhere: bool = False
    drawn: bool = False
    golden: list[tuple[int, str, str, bytes]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    home: str = ""
    of_target_alone: bool = True
    makers: list[Callable[[], Any] | None] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    not_compared: str = ""
    memory: list[list[bytearray]] = field(default_factory=list)
    forked: bool = False
    index: int = 0

    def run(self, check: Callable[..., Any], *args: Any, each: bool = True) -> tuple[Status, str]:
        """Run a check, with each example or of all: its status, and why or what it returned."""
        notes: list[str | None] = []
        try:
            if not each:
                notes.append(check(self, *args))
            for index, example in enumerate(self.examples if each else ()):
                self.index = index
                progress(f"example {self.labels[index]}")
                notes.append(check(self, example, *args))
        except NotHere as reason:
            return "skipped", str(reason)
        except failures() as error:
            problem = str(error) if isinstance(error, Broken) else located(error)
            if self.forked and not isinstance(error, Broken):
                return "skipped", f"in a forked process, {problem}: {GIVE_FUNCTIONS}"
            return "failed", f"example {self.labels[self.index]}: {problem}" if each else problem
        return "passed", ", ".join(dict.fromkeys(filter(None, notes)))

    def require_equal(
        self,
        original: Any,
        other: Any,
        how: str,
        index: int | None = None,
        *,
        full: bool = False,
    ) -> None:
        """Require that `other` equals `original`; `how` names it in the message.

        `original` is the example of the `index`; that which is checked, if it is None. `full`:
        whether what takes long to read is compared, too.
        """
        found = compare(self.adapter, original, other, self.equal)  # before getters change one
        self.require_look(other, how, index, full=full)
        if found:
            raise Broken(f"{how} is not equal to the original: {found}")

    def require_same(self, original: Any, other: Any, how: str) -> None:
        """The same, by `equal`, `==` and the states alone: in any thread."""
        if found := compare(self.adapter, original, other, self.equal):
            advice = "" if self.equal or "equal=" in found else "; if they are equal, pass equal="
            raise Broken(f"{how} is not equal to the original: {found}{advice}")

    def require_look(
        self, obj: Any, how: str, index: int | None = None, *, full: bool = False
    ) -> None:
        """Require that an object looks like an example, as `require_equal` names it."""
        if self.looks:
            look = self.looks[self.index if index is None else index]
            if found := unlike(look, obj, self.unreadable, self.ignore, full):
                raise Broken(f"{how} is not equal to the original: {found}")

    def require_state(self, obj: Any, how: str) -> None:
        """Require that an object has the state that the example had before it was sent."""
        expected = pickle.loads(self.sent[self.index].state)
        found = difference(expected, self.adapter.state_of(obj))
        if (
            found and not self.elsewhere and (self.equal or has_equality(type(obj)))
        ):  # two states may mean the same
            found = compare(self.adapter, self.adapter.make(expected), obj, self.equal) and found
        if found:
            raise Broken(f"{how} has another state: {found}")

    @cached_property
    def _to_send(self) -> list[Sent]:
        sent = []
        for example in self.examples:
            buffers: list[pickle.PickleBuffer] = []
            body = pickle.dumps(example, 5, buffer_callback=buffers.append)
            state = self.adapter.state_of(example)
            memory = [bytes(buffer.raw()) for buffer in buffers]
            sent.append(Sent(body, memory, pickled(state), files_in(state)))
        return sent

    @property
    def packed(self) -> bytes:
        """The arguments of the case in a child; a TypeError if `equal` or `live` cannot be sent."""
        sent = self._to_send
        options = {name: getattr(self, name) for name in _SENT}
        try:
            # The child finds the adapter, and rebuilds the examples.
            return dumps(
                {"adapter": None, "examples": [*sent], "sent": sent, **options, "home": os.getcwd()}
            )
        except AdapterError as error:
            problem = f"equal and live are called in child processes, but do not pickle ({error})"
            advice = "make them functions at the top level of a module"
            raise TypeError(f"{problem}: {advice}") from error

    def receive(self, sent: Sent) -> None:
        """In a child: rebuild an example from what was sent, whose place it takes."""
        buffers = [bytearray(buffer) for buffer in sent.buffers]
        self.memory.append(buffers)
        try:
            rebuilt = pickle.loads(sent.body, buffers=buffers)
        except failures() as error:
            problem = in_words(error)
            advice = _WRITES if _NOT_WRITABLE.search(problem) else ""
            with suppress_failures():  # the state may not load
                advice = advice or relative_path(pickle.loads(sent.state), self.home, error)
            raise Broken(problem + advice) from error
        if buffers != sent.buffers:
            raise Broken(f"what came in a buffer of the state is changed by the rebuild{_WRITES}")
        adapter = adapter_for(rebuilt)
        if adapter is None:
            raise Broken(f"what arrived is a {type_name(rebuilt)}, which no adapter serves")
        self.adapter = adapter
        registry.meet(type(rebuilt))
        if not self.elsewhere:
            self.examples[self.index] = rebuilt
        self.require_state(rebuilt, "what arrived")


def collect(adapter: Any, examples: Any, golden: Any, record_golden: bool, **options: Any) -> Case:
    """The case of an adapter; arguments and errors are those of `check_adapter`.

    `examples` may also be a function that returns them.
    """
    adapter, ignore = registry.lookup(adapter), options.pop("ignore", ())
    if isinstance(ignore, str):
        raise TypeError(f"ignore is {ignore!r}: give names in a list, [{ignore!r}]")
    options["ignore"] = tuple(ignore)
    if callable(examples) and not hasattr(examples, "example"):
        examples = examples()
    drawn = hasattr(examples, "example") and type(examples).__module__.startswith("hypothesis")
    if drawn:
        examples = _draw(examples)
    if not isinstance(examples, Mapping):
        examples = dict(enumerate(examples))
    if not examples:
        raise ValueError(f"no examples for {adapter!r}: give at least one object of its type")
    labels, given = list(map(str, examples)), list(examples.values())
    makers = [one if callable(one) and adapter_for(one) is not adapter else None for one in given]
    objects = [maker() if maker else one for maker, one in zip(makers, given, strict=True)]
    for each in objects:
        registry.meet(type(each))  # as adapters.dumps does: it may be of a later subclass
    case = Case(adapter, labels, objects, drawn=drawn, makers=makers, **options)
    case.of_target_alone = {type(each) for each in objects} <= {adapter.target}
    add_golden(case, golden, record_golden)
    return case


def _draw(strategy: Any) -> dict[str, Any]:
    """At most five examples from a Hypothesis strategy, the same in each run."""
    from hypothesis import HealthCheck, given, settings

    drawn: list[Any] = []

    @settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=[*HealthCheck])
    @given(strategy)
    def draw(example: Any) -> None:
        drawn.append(example)

    draw()
    return {f"drawn {index}": example for index, example in enumerate(drawn)}
