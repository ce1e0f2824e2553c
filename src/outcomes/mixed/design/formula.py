"""Read a Wilkinson formula into terms, and refuse whatever its language does not have.

A formula may come from a study file, so that nothing of it may run. It is cut into tokens here; a call is kept whole as one factor once
its syntax tree has been seen to hold nothing but names, numbers and arithmetic. Only such factors reach formulaic, which
evaluates them; it is imported for them alone, as its import takes as long as a fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from outcomes.mixed.design.calls import CALLS, check_call, is_name, refuse_word, shorten, variables
from outcomes.mixed.errors import FormulaError

Term = tuple[str, ...]
"""The factors of one term in the order written; the intercept is the empty tuple."""

_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>`[\w .-]+`)|(?P<name>[^\W\d]\w*)|(?P<operator>\*\*|[-+:*/()])|(?P<number>[0-9]+))"
)
_LONGEST, _DEEPEST, _MOST_TERMS = 10_000, 40, 1_000


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

    @property
    def variables(self) -> tuple[str, ...]:
        """Every column that the formula reads, the response's first."""
        factors = (self.response, *self.factors) if self.response else self.factors
        return tuple(dict.fromkeys(name for factor in factors for name in variables(factor)))


def parse(text: str) -> Formula:
    """Read ``"response ~ terms"``.

    Raises
    ------
    FormulaError
        For what is not in the language of formulas, with the language.
    """
    left, tilde, right = text.partition("~")
    if not tilde or not left.strip() or "~" in right:
        raise FormulaError(f"formula {shorten(text)!r} must read 'response ~ terms' with one '~'")
    tokens = list(_tokens(left))
    if len(tokens) != 1 or not (tokens[0][0].isalpha() or tokens[0][0] in "_`"):
        raise refuse_word(left, "the response, which must be one column or log(), exp() or sqrt() of one")
    return Formula(text=text, response=_factor(tokens[0]), terms=parse_terms(right))


def parse_terms(text: str) -> tuple[Term, ...]:
    """Read the right-hand side of a formula; the intercept is there unless ``0`` or ``-1`` takes it away."""
    if not text.strip():
        raise FormulaError("the formula has nothing on its right-hand side; write 1 for an intercept alone")
    reader = _Reader(text)
    terms = reader.sum([()])
    if reader.peek():
        raise refuse_word(text, repr(reader.peek()))
    if not terms:
        raise FormulaError(f"the formula {text.strip()!r} has no terms")
    return tuple(sorted(terms, key=len))


def parse_effects(text: str) -> Formula:
    """Read the terms of random effects."""
    return Formula(text, "", parse_terms(text))


def spell_factor(factor: str) -> str:
    """Write a factor as another reader of formulas takes it."""
    return factor if not is_name(factor) or factor.isidentifier() else f"`{factor}`"


def spell(formula: Formula, instead: dict[str, str] | None = None) -> str:
    """Write the terms of a formula out for another reader of formulas, with some factors replaced."""
    words = {factor: spell_factor(factor) for factor in formula.factors} | (instead or {})
    terms = [":".join(words[factor] for factor in term) for term in formula.terms if term]
    return " + ".join(["1" if () in formula.terms else "0", *terms])


def _factor(token: str) -> str:
    if token.startswith("`"):
        return token[1:-1]
    return check_call(token) if token.endswith(")") else token


def _cross(left: list[Term], right: list[Term]) -> list[Term]:
    if len(left) * len(right) > _MOST_TERMS:
        raise FormulaError(f"the formula has more than {_MOST_TERMS} terms; write out those that are meant")
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
    """Recursive descent: sum < cross (* /) < interaction (:) < power (**) < unit."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise FormulaError(f"the formula {shorten(self.text)!r} ends too early")
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
        if self.peek() != "**":
            return base
        self.take()
        exponent = self.take()
        if len(exponent) > 3 or not exponent.isdigit() or not 1 <= int(exponent) <= _DEEPEST:
            raise FormulaError(
                f"a power in a formula must be a whole number from 1 to {_DEEPEST}, got {shorten(exponent)!r}"
            )
        result = base
        for _ in range(int(exponent) - 1):
            result = _unique([*result, *_cross(result, base)])
        return result

    def unit(self) -> list[Term]:
        token = self.take()
        if token == "(":
            self.depth += 1
            if self.depth > _DEEPEST:
                raise FormulaError(f"the formula has more than {_DEEPEST} brackets inside each other")
            inner = self.sum([])
            if self.take() != ")":
                raise FormulaError(f"a bracket is not closed in the formula {shorten(self.text)!r}")
            self.depth -= 1
            return inner
        if token == "1":
            return [()]
        if token[0] in "+-:*/)" or token.isdigit():
            raise refuse_word(self.text, repr(token))
        return [(_factor(token),)]


def _tokens(text: str) -> Iterator[str]:
    """Yield operators, names, and whole calls."""
    if len(text) > _LONGEST:
        raise FormulaError(f"the formula has {len(text)} characters; {_LONGEST} are the most")
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise refuse_word(text, repr(shorten(text[at:])))
        token, at = match[0].strip(), match.end()
        opening = re.match(r"\s*\(", text[at:])
        if match["name"] and opening:
            if token not in CALLS:
                raise refuse_word(text, f"{token}()")
            closing = _closing(text, at + opening.end() - 1)
            token, at = token + text[at:closing].lstrip(), closing
        yield token


def _closing(text: str, start: int) -> int:
    """Give the position just after the bracket that closes the one at ``start``."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "([") - (text[at] in ")]")
        if depth == 0:
            return at + 1
    raise FormulaError(f"a bracket is not closed in the formula {shorten(text)!r}")
