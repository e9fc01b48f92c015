"""Payloads for the fuzzer: mutated ones, spliced ones, and ones that are grown from opcodes."""

from __future__ import annotations

import pickle
import pickletools
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from payloads import COMPLETE, REBUILD, Outside, text

import adapters

GOLDEN = Path(__file__).parent / "golden"

# Opcodes with arguments, the more dangerous the more often.
PIECES = [
    *[b"cadapters\nrebuild\n", b"(", b"t", b"R"] * 6,
    *[b"N", b"K\x01", b"]", b"}", b")", b"\x8f", b"\x85", b"\x86", b"\x87", b"\x94"] * 3,
    *[b"X\x0a\x00\x00\x00fuzz.Gauge", b"\x8c\x07nowhere", b"h\x00", b"h\x01", b"h\x02"] * 3,
    *[b"a", b"e", b"s", b"u", b"\x90", b"\x91", b"0", b"1", b"2", b"b", b"\x93", b"\x81"] * 2,
    *[b"cbuiltins\n" + name + b"\n" for name in (b"tuple", b"bytes", b"dict", b"list", b"set")],
    *[b"cbuiltins\n" + name + b"\n" for name in (b"bytearray", b"frozenset", b"complex")],
    *[b"cbuiltins\n" + name + b"\n" for name in (b"memoryview", b"getattr", b"eval", b"exec")],
    *[b"cadapters\n" + name + b"\n" for name in (b"Spec", b"loads", b"register", b"_main_class")],
    *[b"cadapters\n" + name + b"\n" for name in (b"complete", b"main_class", b"StructLayout")],
    *[REBUILD, COMPLETE, text("2:1:x:fuzz.Node"), text("2:1:x:fuzz.Shell"), text("3:x")],
    *[b"c_codecs\nencode\n", b"cos\nsystem\n", b"cfuzz.nowhere\nx\n", b"c__builtin__\nset\n"],
    *[
        b"\x8c\x08adapters",
        b"\x8c\x07rebuild",
        b"\x8c\x08builtins",
        b"\x8c\x04eval",
        b"X\2\0\0\0os",
    ],
    *[b"X\x06\x00\x00\x00latin1", b"\x8c\x00", b"X\x01\x00\x00\x00a", b"U\x02os", b"S'os'\n"],
    *[
        b"K\x02",
        b"J\xff\xff\xff\xff",
        b"M\xff\xff",
        b"\x8a\x08abcdefgh",
        b"I01\n",
        b"L5L\n",
        b"I7\n",
    ],
    *[b"G?\xf0\0\0\0\0\0\0", b"F1.5\n", b"C\x03abc", b"\x96\3\0\0\0\0\0\0\0abc", b"\x97", b"\x98"],
    *[b"\x8e\xff\xff\xff\xff\0\0\0\0", b"\x8b\xff\xff\xff\x7f", b"B\xff\xff\xff\x7f", b"\x95"],
    *[b"q\x00", b"q\x01", b"r\xff\xff\xff\xff", b"p3\n", b"p-1\n", b"g-1\n", b"g3\n", b"j\1\0\0\0"],
    *[b"\x82\x01", b"\x83\x01\x01", b"\x84\x01\0\0\0", b"P0\n", b"Q", b"o", b"ios\nsystem\n"],
    *[b"\x92", b"l", b"d", b"\x88", b"\x89", b"V\\u0041\n", b"\x80\x02", b"\x80\x05", b"."],
]


class Gauge:
    """A native type that takes any state."""

    def __init__(self, state: object) -> None:
        self.state = state


class Node(Gauge):
    """A native type whose objects have links to each other."""

    links: Any = None


class Shell(Gauge):
    """A native type that is made empty, and has attributes."""

    def __init__(self, state: object = None, **attributes: object) -> None:
        super().__init__(state)
        self.__dict__.update(attributes)


def set_links(node: Any, links: Any) -> None:
    node.links = links


TYPES = {"fuzz.Gauge": Gauge, "fuzz.Node": Node, "fuzz.Shell": Shell}


def register() -> None:
    """Register the types by import, as a library would."""
    adapters.register(Gauge, lambda gauge: gauge.state, Gauge, name="fuzz.Gauge")
    links: dict[str, Any] = {"links": lambda node: node.links, "link": set_links}
    adapters.register(Node, lambda node: node.state, Node, name="fuzz.Node", **links)
    adapters.register(Shell, lambda shell: shell.state, init=Gauge.__init__, name="fuzz.Shell")
    for name in TYPES:
        adapters.registry[name].module = __name__
        assert adapters.registry[name].fingerprint  # which imports something when it is first asked


def key(name: str, version: int = 1) -> bytes:
    return text(f"2:{version}:{__name__}:{name}")


def seeds() -> list[bytes]:
    """Payloads to start from: harmless and harmful ones, at every protocol."""
    shared = [1, (2.5, "shared")]
    loop: list[Any] = []
    loop.append((loop, {"loop": loop}))
    objects: list[Any] = [
        [None, True, -5, 1 << 70, 0.5, 1j, "text", "\ud800é", b"bytes", bytearray(b"array")],
        {"key": {1, 2.5, (3, "four")}, b"k": frozenset({5, ("six",)}), None: ()},
        [shared, shared, Gauge(shared), Gauge({"deep": Gauge((Gauge(None),))})],
        Gauge((memoryview(b"view"), bytearray(b"large" * 3), b"x" * 5000)),
        adapters.Spec("fuzz.Gauge", 1, __name__, [bytearray(b"spec")]),
        adapters.Spec("fuzz.Node", 1, __name__, [1], (None, None, ["links"])),
        tree(3),
        Shell(1, me=[1, 2], other=Shell(2)),
        loop,
        Outside(eval, ("1+1",)),
        Outside(getattr, (Gauge, "__init__")),
        Outside(Gauge, ("state",), {"more": 1}),
        Outside(list, (), None, iter([1, 2])),
    ]
    found = [pickle.dumps(obj, protocol) for obj in objects for protocol in range(6)]
    return found + [path.read_bytes() for path in sorted(GOLDEN.glob("*.pickle"))]


def tree(depth: int) -> Node:
    """Nodes that know their parents."""
    node = Node(f"at {depth}")
    parts = [tree(depth - 1) for _ in range(2)] if depth else []
    for part in parts:
        part.links = node, part.links[1]
    node.links = None, parts
    return node


class Grower:
    """Makes payloads that are whole: values in each other, with a memo, by all opcodes of data."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._set = 0  # memo indexes from 0 on

    def grown(self) -> bytes:
        return b"\x80\x04" + self._value(5) + b"."

    def _value(self, depth: int) -> bytes:
        chance = self._chance
        if depth == 0 or chance.random() < 0.3:
            if self._set and chance.random() < 0.4:
                return b"h%c" % chance.randrange(self._set)
            return chance.choice(LEAVES)
        if chance.random() < 0.2 and self._set < 250:
            return self._object(depth - 1)
        made = re.sub(
            b"MANY|PAIRS|KEYS|ONE", lambda part: self._part(part[0], depth - 1), chance.choice(WAYS)
        )
        if self._set < 250 and chance.random() < 0.5:
            made += b"q%c" % self._set
            self._set += 1
        return made

    def _object(self, depth: int) -> bytes:
        """An object in form 2, with or without what follows once it exists."""
        chance, name = self._chance, self._chance.choice([*TYPES])
        version = chance.choice((1, 1, 1, 1, 2))
        more = chance.choice((b"\x86", b"\x86", b"N\x87"))
        made = REBUILD + key(name, version) + self._value(depth) + more + b"Rq%c" % self._set
        index, self._set = self._set, self._set + 1
        if chance.random() < 0.7:
            attributes = chance.choice([b"N", b"N", b"}", b"N}\x86", b"}}\x86", b"]"])
            if chance.random() < 0.4:
                attributes = b"}(" + b"".join(
                    text(chance.choice("abc")) + self._value(depth) for _ in range(2)
                )
                attributes += b"u"
            links = self._value(depth) if chance.random() < 0.5 else b"N"
            if chance.random() < 0.9:  # usually only what the adapter has
                attributes = attributes if name == "fuzz.Shell" else b"N"
                links = links if name == "fuzz.Node" else b"N"
            rest = key(name, version) + attributes + links
            made += (COMPLETE + b"h%c" % index + rest + b"\x87\x86R0") * chance.choice(
                (1, 1, 1, 1, 2)
            )
        return made

    def _part(self, part: bytes, depth: int) -> bytes:
        chance, count = self._chance, self._chance.randrange(4)
        if part == b"ONE":
            return self._value(depth)
        if part == b"MANY":
            return b"".join(self._value(depth) for _ in range(count))
        if part == b"KEYS":
            return b"".join(chance.choices(KEYS, k=count))
        return b"".join(chance.choice(KEYS) + self._value(depth) for _ in range(count))


KEYS = [
    b"K\x01",
    b"N",
    b"\x88",
    b"\x8c\x01a",
    b"C\x01a",
    b"X\2\0\0\0bc",
    b"K\x01\x85",
    b"K\x02\x85\x85\x85",
    b")",
    b"(\x91",
]
LEAVES = [
    *KEYS,
    b"]",
    b"}",
    b"\x8f",
    b"G?\xf0\0\0\0\0\0\0",
    b"F-1.5\n",
    b"L99L\n",
    b"\x97",
    b"\x97\x98",
]
WAYS = [
    *[b"(MANYt", b"(MANYl", b"(PAIRSd", b"](MANYe", b"}(PAIRSu", b"\x8f(KEYS\x90", b"(KEYS\x91"],
    *[b"ONE\x85", b"ONEONE\x86", b"]ONEa", b"}K\x05ONEs", b"N0ONE", b"(MANY1ONE", b"ONE20"],
    *[b"cadapters\nrebuild\n(\x8c\x0afuzz.GaugeK\x01\x8c\x07nowhereONEtR"] * 4,
    *[b"cadapters\nSpec\n" + key("fuzz.Gauge") + b"ONE\x86R"],
    *[b"cadapters\nSpec\n" + key("fuzz.Shell") + b"ONEN}(PAIRSuN\x87\x87R"],
    *[b"cadapters\nSpec\n" + key("fuzz.Node") + b"ONENNONE\x87\x87R"],
    *[b"\x8c\x08adapters\x8c\x04Spec\x93(\x8c\x0afuzz.GaugeK\x01\x8c\x07nowhereONEtR"],
    *[b"cbuiltins\ntuple\n](MANYe\x85R", b"cbuiltins\nset\n](KEYSe\x85R", b"cbuiltins\nlist\n)R"],
    *[b"cbuiltins\nfrozenset\n(KEYSt\x85R", b"cbuiltins\ndict\n)R(PAIRSu"],
    b"cbuiltins\nset\n)\x85R",
    *[b"cbuiltins\nmemoryview\nC\x02ab\x85R", b"cbuiltins\nbytes\n\x96\1\0\0\0\0\0\0\0a\x85R"],
    *[b"c_codecs\nencode\n\x8c\2\xc3\xa9\x8c\6latin1\x86R", b"cbuiltins\nbytearray\nC\1a\x85R"],
    *[b"cbuiltins\ncomplex\nG?\xf0\0\0\0\0\0\0F2.0\n\x86R", b"cbuiltins\nbytes\n)R"],
]


class Mutator:
    """Makes payloads of seeds; the same ones for the same random numbers."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.seeds = seeds()
        self._bounds = [[where for _, _, where in pickletools.genops(seed)] for seed in self.seeds]
        self._ways: list[Callable[[bytearray, list[int]], None]] = [
            self._flip,
            self._replace,
            self._insert,
            self._delete,
            self._swap,
        ]

    def next(self) -> bytes:
        chance = self._chance
        kind = chance.random()
        if kind < 0.3:
            data = bytearray(Grower(chance).grown())
            for _ in range(chance.choice((0, 0, 1, 2))):
                chance.choice(self._ways)(data, [])
            return bytes(data)
        if kind < 0.5:
            body = b"".join(chance.choices(PIECES, k=chance.randrange(1, 40)))
            return chance.choice((b"", b"\x80\x02", b"\x80\x04", b"\x80\x05")) + body + b"."
        index = chance.randrange(len(self.seeds))
        data, bounds = bytearray(self.seeds[index]), self._bounds[index]
        if chance.random() < 0.2:  # the beginning of one and the end of another one
            other = chance.randrange(len(self.seeds))
            tail = self.seeds[other][chance.choice(self._bounds[other]) :]
            data[chance.choice(bounds) :] = tail
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            chance.choice(self._ways)(data, bounds)
        return bytes(data)

    def _where(self, data: bytearray, bounds: list[int]) -> int:
        at_opcode = bounds and self._chance.random() < 0.7
        return self._chance.choice(bounds) if at_opcode else self._chance.randrange(len(data) + 1)

    def _flip(self, data: bytearray, bounds: list[int]) -> None:
        where = self._where(data, bounds)
        if where < len(data):
            data[where] ^= 1 << self._chance.randrange(8)

    def _replace(self, data: bytearray, bounds: list[int]) -> None:
        where = self._where(data, bounds)
        data[where : where + 1] = self._chance.choice(PIECES)

    def _insert(self, data: bytearray, bounds: list[int]) -> None:
        where = self._where(data, bounds)
        count = self._chance.randrange(1, 6)
        data[where:where] = b"".join(self._chance.choices(PIECES, k=count))

    def _delete(self, data: bytearray, bounds: list[int]) -> None:
        where = self._where(data, bounds)
        del data[where : where + self._chance.choice((1, 1, 2, 5, 20))]

    def _swap(self, data: bytearray, bounds: list[int]) -> None:
        first, second = self._where(data, bounds), self._where(data, bounds)
        if max(first, second) < len(data):
            data[first], data[second] = data[second], data[first]
