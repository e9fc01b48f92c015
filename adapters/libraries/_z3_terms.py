"""Terms of z3 as plain data: their sorts, functions and parts, each once, and how they are read.

A text of SMT-LIB alone is no exact state: its parser swaps the operands of some functions, and
makes several terms of one number.
"""

from __future__ import annotations

from typing import Any

import z3

from adapters.libraries._states import parts

_HOLDER = "adapters!holder"


# Sorts, literals and the operators of z3 go as the text of a formula that holds them.
def text_of(term: Any) -> str:
    solver = z3.Solver(ctx=term.ctx)
    solver.add(z3.Function(_HOLDER, term.sort(), z3.BoolSort(term.ctx))(term))
    text = str(solver.sexpr())
    if "define-funs-rec" in text:
        raise ValueError("a recursive definition cannot be read back into a context that has it")
    # z3 declares in the order of a hash table.
    head, formula = text.split("(assert", 1)
    lines = head.splitlines()
    lines.sort(key=lambda line: line if line.startswith("(declare-fun adapters!") else "")
    text = "\n".join([*lines, f"(assert{formula}"])
    try:
        again = _literal(read(text, term.ctx))
        same = again.eq(term) or again.sexpr() == term.sexpr()
        if same or (again.num_args() and again.decl().eq(term.decl())):
            return text
    except z3.Z3Exception:
        pass
    raise ValueError(
        f"{term.sexpr()} cannot be written as SMT-LIB text that reads back as the same"
    )


def _literal(term: Any) -> Any:
    """A number, where the parser makes several terms of one."""
    return z3.simplify(term) if z3.is_fp(term) and term.num_args() == 3 else term


def read(text: Any, context: Any = None) -> Any:
    if type(text) is not str:
        raise TypeError(f"a part of the state is no SMT-LIB text, but a {type(text).__name__}")
    formulas = z3.parse_smt2_string(text, ctx=context)
    if len(formulas) != 1 or formulas[0].num_args() != 1 or formulas[0].decl().name() != _HOLDER:
        raise ValueError("a part of the state is no text of one formula that holds a term")
    return formulas[0].arg(0)


class Writer:
    """The state of terms that share their parts: sorts, functions, and terms that name others."""

    def __init__(self) -> None:
        self.sorts: list[str] = []
        self.functions: list[Any] = []
        self.terms: list[Any] = []
        self._known: dict[tuple[int, str], int] = {}

    def _once(self, ast: Any, role: str, items: list[Any], state: Any) -> int:
        key = (ast.get_id(), role)
        if key not in self._known:
            value = state(ast)
            self._known[key] = len(items)
            items.append(value)
        return self._known[key]

    def sort(self, sort: Any) -> int:
        return self._once(
            sort, "sort", self.sorts, lambda each: text_of(z3.Const("adapters!value", each))
        )

    def function(self, function: Any) -> int:
        return self._once(function, "function", self.functions, self._function)

    def _function(self, function: Any) -> Any:
        domain = [function.domain(at) for at in range(function.arity())]
        if function.kind() == z3.Z3_OP_UNINTERPRETED:
            return _name(function.name()), [*map(self.sort, domain)], self.sort(function.range())
        values = [z3.Const(f"adapters!{at}", sort) for at, sort in enumerate(domain)]
        return text_of(function(*values))

    def term(self, term: Any) -> int:
        """The number of a term; its parts come before it, without recursion."""
        todo = [term]
        while todo:
            last = todo[-1]
            missing = [each for each in _parts_of(last) if not self._has(each)]
            todo += missing
            if not missing:
                todo.pop()
                self._once(last, "term", self.terms, self._term)
        return self._known[term.get_id(), "term"]

    def _has(self, term: Any) -> bool:
        return (term.get_id(), "term") in self._known

    def _term(self, term: Any) -> Any:
        inner = [self._known[each.get_id(), "term"] for each in _parts_of(term)]
        if z3.is_quantifier(term):
            bound = range(term.num_vars())
            names = [(term.var_name(at), self.sort(term.var_sort(at))) for at in bound]
            kind = "lambda" if term.is_lambda() else "forall" if term.is_forall() else "exists"
            sizes = [term.pattern(at).num_args() for at in range(term.num_patterns())]
            labels = (_name(term.qid()), _name(term.skolem_id()))
            return kind, term.weight(), labels, names, sizes, inner
        if z3.is_var(term):
            return "bound", z3.get_var_index(term), self.sort(term.sort())
        if isinstance(term, (z3.IntNumRef, z3.RatNumRef, z3.BitVecNumRef)):
            return "number", term.as_string(), self.sort(term.sort())
        if not inner and term.decl().kind() != z3.Z3_OP_UNINTERPRETED:
            return "literal", text_of(term)
        return "apply", self.function(term.decl()), inner


def _name(symbol: str) -> str:
    return "" if symbol == "<null>" else symbol  # which is how z3 shows the empty one


def _parts_of(term: Any) -> list[Any]:
    if not z3.is_quantifier(term):
        return [] if z3.is_var(term) else list(term.children())
    if term.num_no_patterns():
        raise ValueError("a quantifier that forbids patterns cannot be made by z3's own functions")
    patterns = [term.pattern(at).children() for at in range(term.num_patterns())]
    return [*(each for pattern in patterns for each in pattern), term.body()]


class Reader:
    """Sorts, functions and terms of a state, in the main context."""

    def __init__(self, sorts: Any, functions: Any, terms: Any) -> None:
        self._context = z3.main_ctx()
        self.sorts = [read(text).sort() for text in sorts]
        self.functions = [self._function(each) for each in functions]
        self.terms: list[Any] = []
        makers: dict[str, Any] = {"number": self._number, "literal": self._literal}
        makers |= {"apply": self._apply, "bound": self._bound}
        for term in terms:
            kind, *rest = term if type(term) is tuple and term else [""]
            if kind in ("forall", "exists", "lambda"):
                self.terms.append(
                    self._quantifier(kind, *parts(rest, int, tuple, list, list, list))
                )
            elif kind in makers:
                self.terms.append(makers[kind](*rest))
            else:
                raise ValueError(f"{term!r} is no term")

    def _function(self, state: Any) -> Any:
        if type(state) is str:
            return read(state).decl()
        name, domain, result = parts(state, str, list, int)
        return z3.Function(name, *items(self.sorts, domain), *items(self.sorts, [result]))

    def _number(self, text: Any, sort: Any) -> Any:
        (kind,) = items(self.sorts, [sort])
        if type(text) is not str or not isinstance(kind, (z3.ArithSortRef, z3.BitVecSortRef)):
            raise TypeError(f"{text!r} is no number of {kind}")
        made = z3.Z3_mk_numeral(self._context.ref(), text, kind.ast)
        return z3.z3._to_expr_ref(made, self._context)

    def _literal(self, text: Any) -> Any:
        return _literal(read(text))

    def _bound(self, at: Any, sort: Any) -> Any:
        if type(at) is not int or not 0 <= at < 2**31:
            raise TypeError(f"{at!r} is no number of a bound variable")
        return z3.Var(at, *items(self.sorts, [sort]))

    def _apply(self, function: Any, arguments: Any) -> Any:
        (made,) = items(self.functions, [function])
        terms = items(self.terms, arguments)
        array = (z3.Ast * len(terms))(*(term.as_ast() for term in terms))
        result = z3.Z3_mk_app(self._context.ref(), made.ast, len(terms), array)
        return z3.z3._to_expr_ref(result, self._context)

    def _quantifier(
        self, kind: str, weight: int, labels: Any, names: Any, sizes: Any, inner: Any
    ) -> Any:
        *terms, body = items(self.terms, inner) or [None]
        if body is None or not names or sum(parts(sizes, *[int] * len(sizes))) != len(terms):
            raise ValueError("a quantifier has names, a body, and terms for its patterns")
        size = len(names)
        symbols, kinds = (z3.Symbol * size)(), (z3.Sort * size)()
        for at, each in enumerate(names):
            name, sort = parts(each, str, int)
            symbols[at] = z3.to_symbol(name, self._context)
            kinds[at] = items(self.sorts, [sort])[0].ast
        context = self._context.ref()
        if kind == "lambda":
            made = z3.Z3_mk_lambda(context, size, kinds, symbols, body.as_ast())
            return z3.QuantifierRef(made, self._context)
        if not z3.is_bool(body) or weight < 0 or min(sizes, default=1) < 1:
            raise ValueError("a quantifier has a formula, patterns of terms, and a weight")
        patterns = [z3.MultiPattern(*[terms.pop(0) for _ in range(count)]) for count in sizes]
        array = (z3.Pattern * len(patterns))(*(pattern.ast for pattern in patterns))
        qid, skolem_id = (z3.to_symbol(label, self._context) for label in parts(labels, str, str))
        made = z3.Z3_mk_quantifier_ex(
            *(context, kind == "forall", weight, qid, skolem_id, len(patterns), array, 0, None),
            *(size, kinds, symbols, body.as_ast()),
        )
        return z3.QuantifierRef(made, self._context)


def items(items: list[Any], places: Any) -> list[Any]:
    if type(places) is not list or any(type(at) is not int for at in places):
        raise TypeError(f"{places!r} is no list of numbers")
    if not all(0 <= at < len(items) for at in places):
        raise ValueError(f"{places!r} names a part that does not come before")
    return [items[at] for at in places]
