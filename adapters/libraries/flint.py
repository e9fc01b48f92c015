"""python-flint: numbers, polynomials, series, matrices, and the contexts that they belong to.

| type | what travels | what does not |
|---|---|---|
| `arf`, `arb`, `acb` | midpoint and radius, bit by bit, whatever the precision is there | nothing |
| `nmod`, `fmpz_mod`, `dirichlet_char`, `dirichlet_group` | value and modulus | nothing |
| `fmpz_poly`, `fmpq_poly`, `nmod_poly`, `arb_poly`, `acb_poly` | coefficients, exact | nothing |
| `fmpz_series`, `fmpq_series`, `arb_series`, `acb_series` | coefficients, precision | nothing |
| `fmpz_mat`, `fmpq_mat`, `nmod_mat`, `arb_mat`, `acb_mat` | shape and entries, exactly | nothing |
| `fmpz_mod_poly`, `fmpz_mod_mat`, `fq_default_poly` | coefficients, modulus or context | nothing |
| `fmpz_vec`, `fmpq_vec` | the entries | nothing |
| `fmpz_mpoly`, `fmpq_mpoly`, `nmod_mpoly`, `fmpz_mod_mpoly` | terms, context | nothing |
| `fmpz_mpoly_vec`, `fmpq_mpoly_vec` | the polynomials | an empty one: refused |
| `fmpz_mod_ctx`, `fmpz_mod_poly_ctx` | the modulus | nothing |
| `fmpz_mpoly_ctx`, `fmpq_mpoly_ctx` | names, ordering; it is the one there | nothing |
| `nmod_mpoly_ctx`, `fmpz_mod_mpoly_ctx` | names, ordering, modulus; the one there | nothing |
| `fq_default_ctx`, `fq_default_poly_ctx` | modulus, variable, representation | nothing |

Left out: `fq_default`: the field that it belongs to cannot be read; `nmod_series`,
`nmod_mpoly_vec`, `fmpz_mod_mpoly_vec`: nothing can be read of them.
`fmpz` and `fmpq` pickle by themselves.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, Any

import flint

from adapters import register
from adapters.libraries._states import parts

if TYPE_CHECKING:
    from collections.abc import Callable

_SPECIAL = ("nan", "inf", "-inf")
_LARGEST_WORD = 2**64 - 1


def _serve(name: str, serialize: Callable[[Any], Any], factory: Callable[[Any, Any], Any]) -> None:
    """The factory gets the type, which an older version may lack, and the state."""
    kind = getattr(flint, name, None)
    if kind is not None:
        register(kind, serialize, lambda state: factory(kind, state))


def _plain(value: Any) -> Any:
    return value if isinstance(value, (flint.fmpq, flint.arb, flint.acb)) else int(value)


def _values(ring: str, values: Any) -> list[Any]:
    kind: type = getattr(flint, ring) if ring in ("fmpq", "arb", "acb") else int
    if type(values) is not list or any(type(each) is not kind for each in values):
        raise TypeError(f"the state has no list of {kind.__name__}")
    return values


def _modulus(value: int, largest: float = float("inf")) -> int:
    if not 1 <= value <= largest:
        raise ValueError(f"{value} is no modulus")
    return value


# Balls. Their constructor adds one to the last of the 30 bits of a radius: it gets a bit less.
def _float(value: Any) -> Any:
    if value.is_finite():
        return tuple(map(int, value.man_exp()))
    if value.is_nan():
        return "nan"
    if isinstance(value, flint.arf):
        return "inf" if value.is_pos_inf() else "-inf"
    return "inf" if value > 0 else "-inf"


def _midpoint(kind: Any, state: Any) -> Any:
    if state in _SPECIAL:
        return kind(float(state))
    return kind(tuple(parts(state, int, int)))


def _ball(kind: Any, state: Any) -> Any:
    middle, radius = parts(state, (tuple, str), (tuple, str))
    middle = _midpoint(kind, middle)
    if radius == "inf":
        return kind(middle, kind(float("inf")))
    digits, exponent = parts(radius, int, int)
    if not digits:
        return middle
    shift = 30 - digits.bit_length()
    if digits < 0 or shift < 0:
        raise ValueError(f"{digits} is no radius of 30 bits")
    less = (2 * (digits << shift) - 1, exponent - shift - 1)
    return kind(middle, kind(less))


_serve("arf", _float, _midpoint)
_serve("arb", lambda x: (_float(x.mid()), _float(x.rad())), _ball)
_serve("acb", lambda x: (x.real, x.imag), lambda kind, s: kind(*parts(s, flint.arb, flint.arb)))


# Over a ring that needs no context.
def _poly(kind: Any, state: Any) -> Any:
    return kind(_values(kind.__name__.split("_")[0], state))


def _series(kind: Any, state: Any) -> Any:
    values, precision = parts(state, list, int)
    if precision < 0:
        raise ValueError(f"{precision} is no precision of a series")
    return kind(_values(kind.__name__.split("_")[0], values), prec=precision)


def _shape(rows: int, columns: int, entries: Any) -> None:
    if min(rows, columns) < 0 or max(rows, columns) >= 2**31 or rows * columns != len(entries):
        raise ValueError(f"{len(entries)} entries do not fill {rows} rows of {columns}")


def _mat(kind: Any, state: Any) -> Any:
    rows, columns, entries = parts(state, int, int, list)
    _shape(rows, columns, entries)
    return kind(rows, columns, _values(kind.__name__.split("_")[0], entries))


def _rows(matrix: Any) -> tuple[int, int, list[Any]]:
    return matrix.nrows(), matrix.ncols(), [_plain(each) for each in matrix.entries()]


def _coefficients(poly: Any) -> list[Any]:
    return [_plain(each) for each in poly.coeffs()]


for _name in ("fmpz", "fmpq", "arb", "acb"):
    _serve(f"{_name}_poly", _coefficients, _poly)
    _serve(f"{_name}_series", lambda series: (_coefficients(series), series.prec), _series)
    _serve(f"{_name}_mat", _rows, _mat)
    _serve(f"{_name}_vec", lambda vector: [_plain(each) for each in vector], _poly)


# Modulo a number.
@lru_cache(maxsize=64)
def _residues(modulus: int) -> Any:
    return flint.fmpz_mod_ctx(_modulus(modulus))


def _nmod_poly(kind: Any, state: Any) -> Any:
    values, modulus = parts(state, list, int)
    return kind(_values("", values), _modulus(modulus, _LARGEST_WORD))


def _nmod_mat(kind: Any, state: Any) -> Any:
    rows, columns, entries, modulus = parts(state, int, int, list, int)
    _shape(rows, columns, entries)
    word = kind is flint.nmod_mat
    number = _modulus(modulus, _LARGEST_WORD) if word else _residues(modulus)
    return kind(rows, columns, _values("", entries), number)


def _nmod(kind: Any, state: Any) -> Any:
    value, modulus = parts(state, int, int)
    if kind is flint.nmod:
        return kind(value, _modulus(modulus, _LARGEST_WORD))
    return _residues(modulus)(value)


def _of_modulus(kind: Any, state: Any) -> Any:
    (modulus,) = parts((state,), int)
    try:
        return kind(_modulus(modulus))
    except AssertionError:
        raise ValueError(f"{kind.__name__} cannot be of modulus {modulus}") from None


def _character(kind: Any, state: Any) -> Any:
    modulus, number = parts(state, int, int)
    if not 1 <= number <= modulus or gcd(number, modulus) != 1:
        raise ValueError(f"{number} is no number of a character modulo {modulus}")
    return kind(_modulus(modulus, _LARGEST_WORD), number)


_serve("nmod", lambda x: (int(x), x.modulus()), _nmod)
_serve("nmod_poly", lambda poly: (_coefficients(poly), poly.modulus()), _nmod_poly)
_serve("nmod_mat", lambda matrix: (*_rows(matrix), matrix.modulus()), _nmod_mat)
# An element does not tell its modulus, but zero less one is the modulus less one.
_serve("fmpz_mod", lambda x: (int(x), int(x * 0 - 1) + 1), _nmod)
_serve("fmpz_mod_mat", lambda matrix: (*_rows(matrix), int(matrix.modulus())), _nmod_mat)
_serve("fmpz_mod_ctx", lambda context: int(context.modulus()), _of_modulus)
_serve("fmpz_mod_poly_ctx", lambda context: int(context.modulus()), _of_modulus)
_serve("dirichlet_group", lambda group: int(group.q), _of_modulus)
_serve("dirichlet_char", lambda each: (int(each.modulus()), int(each.number())), _character)


def _poly_of(kind: Any, state: Any) -> Any:
    context, values = parts(state, flint.fmpz_mod_poly_ctx, list)
    return context(_values("", values))


_serve("fmpz_mod_poly", lambda poly: (poly.context(), _coefficients(poly)), _poly_of)


# In several variables: contexts of one description are one object in a process.
def _variables(kind: Any, state: Any) -> Any:
    names, ordering, modulus = parts(state, tuple, str, (int, type(None)))
    if any(type(name) is not str for name in names):
        raise TypeError("the names of variables have to be texts")
    if "mod" not in kind.__name__:
        return kind.get(names, ordering=ordering)
    largest = _LARGEST_WORD if kind is flint.nmod_mpoly_ctx else float("inf")
    return kind.get(names, ordering=ordering, modulus=_modulus(modulus, largest))


def _description(context: Any) -> tuple[Any, ...]:
    modulus = context.modulus() if hasattr(context, "modulus") else None
    return context.names(), context.ordering().value, None if modulus is None else int(modulus)


def _terms(poly: Any) -> tuple[Any, Any]:
    terms = poly.to_dict().items()
    return poly.context(), [(tuple(map(int, powers)), _plain(each)) for powers, each in terms]


def _mpoly(kind: Any, state: Any) -> Any:
    context, terms = parts(state, getattr(flint, f"{kind.__name__}_ctx"), list)
    for term in terms:
        powers, _ = parts(term, tuple, flint.fmpq if kind is flint.fmpq_mpoly else int)
        if any(type(power) is not int or power < 0 for power in powers):
            raise ValueError(f"{powers} are no powers of variables")
    return context.from_dict(dict(terms))


def _polys(vector: Any) -> list[Any]:
    if not len(vector):
        raise ValueError(
            f"the context of an empty {type(vector).__name__} cannot be read: send the context"
        )
    return [*vector]


def _vector(kind: Any, state: Any) -> Any:
    poly = getattr(flint, kind.__name__.removesuffix("_vec"))
    if type(state) is not list or not state or any(type(each) is not poly for each in state):
        raise TypeError(f"the state has to be a list of {poly.__name__}")
    return kind(state, state[0].context())


for _name in ("fmpz", "fmpq", "nmod", "fmpz_mod"):
    _serve(f"{_name}_mpoly_ctx", _description, _variables)
    _serve(f"{_name}_mpoly", _terms, _mpoly)
    if "mod" not in _name:
        _serve(f"{_name}_mpoly_vec", _polys, _vector)


# Finite fields.
def _description_of_field(field: Any) -> tuple[Any, ...]:
    values = [int(each) for each in field.modulus().coeffs()]
    variable = repr(field).split("'")[1]  # which no method tells
    return int(field.prime()), values, variable, int(field.fq_type)


def _field(kind: Any, state: Any) -> Any:
    prime, values, variable, representation = parts(state, int, list, str, int)
    if not 1 <= representation <= 5 or len(_values("", values)) < 2 or not values[-1]:
        raise ValueError(f"{values}, {representation} describe no finite field")
    ring = flint.fmpz_mod_poly_ctx(_modulus(prime))
    return kind(modulus=ring(values), var=variable, fq_type=representation)


def _ring(kind: Any, state: Any) -> Any:
    return kind(*parts((state,), flint.fq_default_ctx))


def _elements(poly: Any) -> tuple[Any, ...]:
    return poly.context(), [[int(each) for each in value.to_list()] for value in poly.coeffs()]


def _poly_of_field(_kind: Any, state: Any) -> Any:
    context, values = parts(state, flint.fq_default_poly_ctx, list)
    field = context.base_field()
    return context([field(_values("", value)) for value in values])


_serve("fq_default_ctx", _description_of_field, _field)
_serve("fq_default_poly_ctx", lambda context: context.base_field(), _ring)
_serve("fq_default_poly", _elements, _poly_of_field)
