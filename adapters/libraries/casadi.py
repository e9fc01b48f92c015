"""casadi: symbolic expressions, and what else of it refuses to be pickled.

| type | what travels | what does not |
|---|---|---|
| `SX`, `MX` | the expression, with its symbols | that symbols of two messages are one |
| `Slice` | start, stop and step | nothing |
| `Linsol` | name, plugin, sparsity and options | factorizations |

casadi pickles expressions inside `global_pickle_context` only; these adapters need none, and go
first. Symbols that expressions of one message have in common arrive as common ones.

Left out: `Opti`, `OptiSol`, `DaeBuilder`: their variables and options cannot be read back, so send
`opti.to_function(...)`; `Importer`, a compiled file; `Callback`, a class in Python. `Function`, `DM`
and `Sparsity` pickle by themselves.
"""

from __future__ import annotations

import zlib
from typing import Any
from weakref import WeakValueDictionary

import casadi

from adapters import register
from adapters.libraries._states import parts


class Symbol:
    """A symbol, which is one object in a process, so that pickle carries it once in a message."""

    __slots__ = ("__weakref__", "expression")

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def __reduce__(self) -> tuple[Any, ...]:
        return symbol, (_packed([self.expression]),)


def symbol(state: Any) -> Symbol:
    """A new symbol of the same name and shape."""
    (expression,) = _unpacked(state)
    return Symbol(expression)


# By the address of the node, which a symbol keeps alive.
_symbols: WeakValueDictionary[tuple[type, int], Symbol] = WeakValueDictionary()


def _symbol_of(expression: Any) -> Symbol:
    kind = type(expression)
    node = expression.element_hash() if kind is casadi.SX else expression.__hash__()
    found = _symbols.get((kind, node))
    if found is None:
        found = _symbols.setdefault((kind, node), Symbol(expression))
    return found


def _packed(values: Any) -> tuple[str, int]:
    serializer = casadi.StringSerializer()
    serializer.pack(values)
    text = serializer.encode()
    return text, zlib.crc32(text.encode())


def _unpacked(state: Any) -> Any:
    text, check = parts(state, str, int)
    if zlib.crc32(text.encode(errors="replace")) != check:  # casadi trusts what it reads
        raise ValueError(f"the {len(text)} characters that casadi wrote are damaged")
    return casadi.StringDeserializer(text).unpack()


def _expression_state(expression: Any) -> tuple[Any, ...]:
    symbols = casadi.symvar(expression)
    return _packed([*symbols, expression]), [_symbol_of(each) for each in symbols]


def _expression(kind: Any, state: Any) -> Any:
    packed, symbols = parts(state, tuple, list)
    read = _unpacked(packed)
    if type(read) is not list or any(type(each) is not kind for each in read):
        raise TypeError(f"the state holds no {kind.__name__}")
    if len(read) != len(symbols) + 1 or any(type(each) is not Symbol for each in symbols):
        raise ValueError(f"{len(symbols)} symbols do not fit to {len(read)} expressions")
    *here, expression = read
    there = [each.expression for each in symbols]
    if any(one.shape != other.shape for one, other in zip(here, there, strict=True)):
        raise ValueError("the symbols have other shapes than in the expression")
    if not here:
        return expression
    if kind is casadi.SX:
        return casadi.substitute(expression, casadi.vertcat(*here), casadi.vertcat(*there))
    return casadi.graph_substitute([expression], here, there)[0]


def _slice(state: Any) -> Any:
    start, stop, step = parts(state, int, int, int)
    if any(not -(2**63) <= each < 2**63 for each in state):
        raise ValueError(f"{state} is no slice of 64-bit numbers")
    return casadi.Slice(start, stop, step)


def _solver(state: Any) -> Any:
    solver = _unpacked(state)
    if type(solver) is not casadi.Linsol:
        raise TypeError("the state holds no Linsol")
    return solver


def _serve(kind: Any) -> None:
    register(kind, _expression_state, lambda state: _expression(kind, state))


_serve(casadi.SX)
_serve(casadi.MX)
register(casadi.Slice, lambda each: (each.start, each.stop, each.step), _slice)
register(casadi.Linsol, _packed, _solver)
