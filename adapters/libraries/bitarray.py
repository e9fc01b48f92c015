"""bitarray: decoding trees; the arrays pickle by themselves.

| type | what travels | what does not |
|---|---|---|
| `decodetree` | the symbols and the bits of each | nothing |

`bitarray` and `frozenbitarray` pickle with their endianness. One that shares a writable buffer
arrives with bytes of its own.

Left out: `decodeiterator` and the other iterators, whose position cannot be read.
"""

from __future__ import annotations

from typing import Any

import bitarray

from adapters import register


def _codes(tree: Any) -> list[tuple[Any, str]]:
    return [(symbol, bits.to01()) for symbol, bits in tree.todict().items()]


def _tree(state: Any) -> Any:
    if type(state) is not list or not state or any(type(each) is not tuple for each in state):
        raise TypeError("the state has to be a list of symbols and their bits")
    if any(len(each) != 2 or type(each[1]) is not str or not each[1] for each in state):
        raise ValueError("a symbol of a decodetree has to have bits")
    return bitarray.decodetree({symbol: bitarray.bitarray(bits) for symbol, bits in state})


register(bitarray.decodetree, _codes, _tree)
