"""Read a Wilkinson formula into terms.

The grammar is that of formulaic for ``+ - : * / ** ^ ( )``, names, back-quoted names, ``0``, ``1``; a function call or a
``{...}`` is kept whole as one factor and is evaluated later by formulaic itself. Reading the plain operators here
keeps formulaic's import (0.25 s) out of fits that need none of its transformations, and keeps the structure of each
column, which the pattern moments need.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from outcomes.mixed.errors import FormulaError

Term = tuple[str, ...]
"""The factors of one term in the order written; the intercept is the empty tuple."""

_TOKEN = re.compile(r"\s*(?:(`[^`]+`)|([A-Za-z_][\w.]*)|(\*\*|[-+:*/^(){}~|])|(\d+))")


@dataclass(frozen=True)
class Formula:
    """A response and the terms of its mean, lowest degree first.

    Attributes
    ----------
    text : str
        The formula as given.
    response : str
        Name of a column, or an expression.
    terms : tuple of Term
        Terms in the order of the design's columns.
    """

    text: str
    response: str
    terms: tuple[Term, ...]

    @property
    def factors(self) -> tuple[str, ...]:
        """Every factor once, in order of appearance."""
        return tuple(dict.fromkeys(factor for term in self.terms for factor in term))


def parse(text: str) -> Formula:
    """Read ``"response ~ terms"``."""
    left, tilde, right = text.partition("~")
    if not tilde or not left.strip() or "~" in right:
        raise FormulaError(f"formula {text!r} must read 'response ~ terms' with one '~'")
    return Formula(text=text, response=_factor_name(left.strip()), terms=parse_terms(right))


def parse_terms(text: str) -> tuple[Term, ...]:
    """Read the right-hand side of a formula; the intercept is there unless ``0`` or ``-1`` takes it away."""
    if not text.strip():
        raise FormulaError("the formula has nothing on its right-hand side; write 1 for an intercept alone")
    reader = _Reader(text)
    terms = reader.sum([()])
    if reader.peek():
        raise FormulaError(f"cannot read {reader.peek()!r} in the formula {text.strip()!r}")
    if not terms:
        raise FormulaError(f"the formula {text.strip()!r} has no terms")
    return tuple(sorted(terms, key=len))


def variables(factor: str) -> tuple[str, ...]:
    """Names that a factor may read from the data: itself, or the names inside an expression."""
    if is_name(factor):
        return (factor,)
    nodes = ast.walk(ast.parse(factor, mode="eval"))
    return tuple(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))


def is_name(factor: str) -> bool:
    """Whether a factor is a plain column rather than an expression; a back-quoted column may hold any character."""
    return not isinstance(factor, Expression)


class Expression(str):
    """A factor that is a Python expression, spelt as ``ast.unparse`` spells it."""

    __slots__ = ()


def _factor_name(text: str) -> str:
    text = text.strip()
    if re.fullmatch(r"`[^`]+`", text):
        return text[1:-1]
    if re.fullmatch(r"[A-Za-z_][\w.]*", text):
        return text
    return _expression(text.strip("{}") if text.startswith("{") else text)


def _expression(text: str) -> Expression:
    try:
        return Expression(ast.unparse(ast.parse(text.strip(), mode="eval")))
    except SyntaxError as error:
        raise FormulaError(f"cannot read {text.strip()!r} in the formula: {error.msg}") from None


def _cross(left: list[Term], right: list[Term]) -> list[Term]:
    return _unique(tuple(dict.fromkeys((*a, *b))) for a, b in product(left, right))


def _unique(terms: Iterator[Term] | list[Term]) -> list[Term]:
    kept: dict[frozenset[str], Term] = {}
    for term in terms:
        kept.setdefault(frozenset(term), term)
    return list(kept.values())


def _without(terms: list[Term], removed: list[Term]) -> list[Term]:
    gone = {frozenset(term) for term in removed}
    return [term for term in terms if frozenset(term) not in gone]


class _Reader:
    """Recursive descent: sum < cross (* /) < interaction (:) < power (** ^) < unit."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise FormulaError(f"the formula {self.text.strip()!r} ends too early")
        self.at += 1
        return token

    def sum(self, terms: list[Term]) -> list[Term]:
        sign = self.take() if self.peek() in {"+", "-"} else "+"
        while True:
            if self.peek() == "0":
                self.take()
                terms = _without(terms, [()]) if sign == "+" else _unique([*terms, ()])
            else:
                item = self.cross()
                terms = _unique([*terms, *item]) if sign == "+" else _without(terms, item)
            if self.peek() not in {"+", "-"}:
                return terms
            sign = self.take()

    def cross(self) -> list[Term]:
        left = self.interaction()
        while self.peek() in {"*", "/"}:
            operator, right = self.take(), self.interaction()
            both = _cross(left, right) if operator == "*" else _cross([sum(left, ())], right)
            left = _unique([*left, *(right if operator == "*" else []), *both])
        return left

    def interaction(self) -> list[Term]:
        left = self.power()
        while self.peek() == ":":
            self.take()
            left = _cross(left, self.power())
        return left

    def power(self) -> list[Term]:
        base = self.unit()
        if self.peek() not in {"**", "^"}:
            return base
        self.take()
        exponent = self.take()
        if not exponent.isdigit() or int(exponent) < 1:
            raise FormulaError(f"a power in a formula must be a whole number, got {exponent!r}")
        result = base
        for _ in range(int(exponent) - 1):
            result = _unique([*result, *_cross(result, base)])
        return result

    def unit(self) -> list[Term]:
        token = self.take()
        if token == "(":
            inner = self.sum([])
            if self.take() != ")":
                raise FormulaError(f"a bracket is not closed in the formula {self.text.strip()!r}")
            return inner
        if token == "1":
            return [()]
        if token[0] in "+-:*/^)}|~" or token.isdigit():
            raise FormulaError(f"cannot read {token!r} in the formula {self.text.strip()!r}")
        return [(_factor_name(token),)]


def _tokens(text: str) -> Iterator[str]:
    """Yield operators, names, and whole function calls or ``{...}`` blocks."""
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FormulaError(f"cannot read {text[at:].strip()!r} in the formula {text.strip()!r}")
        token, at = match[0].strip(), match.end()
        if token == "{" or (match[2] and text[at : at + 1] == "("):
            start = at - len(token)
            at = _closing(text, at - 1 if token == "{" else at)
            token = text[start:at]
        yield token


def _closing(text: str, start: int) -> int:
    """Give the position just after the bracket that closes the one at ``start``."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "({[") - (text[at] in ")}]")
        if depth == 0:
            return at + 1
    raise FormulaError(f"a bracket is not closed in the formula {text.strip()!r}")
