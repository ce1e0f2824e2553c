"""Calls within a formula: what they may hold, and the columns that they read. Nothing of a call runs here."""

from __future__ import annotations

import ast

from outcomes.mixed.errors import FormulaError

LANGUAGE = (
    "a formula may hold names of columns, numbers, + - * : / **, brackets, C(column), bs(), cr() and poly() of a column with "
    "their df, degree, knots or constraints='center', center(), log(), exp() and sqrt()"
)
ARITHMETIC = ("log", "exp", "sqrt")
BASES = ("bs", "cr", "poly")
CALLS = ("C", "center", *BASES, *ARITHMETIC)
OPTIONS = ("df", "degree", "knots", "lower_bound", "upper_bound", "include_intercept", "raw", "constraints")
_LARGEST_OPTION = 100


class Expression(str):
    """A factor that is a call, spelt as ``ast.unparse`` spells it."""

    __slots__ = ()


def variables(factor: str) -> tuple[str, ...]:
    """Columns that a factor reads: itself, or the names inside a call."""
    if is_name(factor):
        return (factor,)
    nodes = list(ast.walk(ast.parse(factor, mode="eval")))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return tuple(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called))


def is_name(factor: str) -> bool:
    """Whether a factor is a plain column rather than a call."""
    return not isinstance(factor, Expression)


def refuse_word(text: str, what: str) -> FormulaError:
    """Return the error that says what of a formula cannot be read, and what may stand there."""
    return FormulaError(f"cannot read {what} in the formula {shorten(text)!r}: {LANGUAGE}")


def shorten(text: str) -> str:
    """Return the start of a long formula."""
    text = text.strip()
    return text if len(text) <= 200 else f"{text[:200]}…"


def check_call(text: str) -> Expression:
    """Let pass a call whose syntax tree holds nothing but what the language has."""
    try:
        call = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise refuse_word(text, "what is inside the brackets") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
        raise refuse_word(text, "what is inside the brackets")
    name, (first, *more) = call.func.id, call.args
    if name in ("C", "center"):
        good = isinstance(first, ast.Name) and not more and not call.keywords
    elif name in ARITHMETIC:
        good = _is_arithmetic(call) and bool(variables(Expression(text)))
    else:
        named = all(word.arg in OPTIONS and _is_option(word.value, str(word.arg)) for word in call.keywords)
        good = _is_arithmetic(first) and named and all(_is_option(value, "degree") for value in more)
    if not good:
        raise refuse_word(text, "what is inside the brackets")
    return Expression(ast.unparse(call))


def _is_arithmetic(node: ast.expr) -> bool:
    """Whether an expression is sums, products and powers of names and numbers, or log, exp or sqrt of such."""
    if isinstance(node, ast.Call):
        plain = (
            isinstance(node.func, ast.Name) and node.func.id in ARITHMETIC and len(node.args) == 1 and not node.keywords
        )
        return plain and _is_arithmetic(node.args[0])
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub | ast.UAdd) and _is_arithmetic(node.operand)
    if not isinstance(node, ast.BinOp):
        return isinstance(node, ast.Name) or _is_number(node)
    if isinstance(node.op, ast.Pow):  # of a column, to a small power: 9**9**9 would never end
        named = any(isinstance(part, ast.Name) for part in ast.walk(node.left))
        return named and _is_arithmetic(node.left) and _is_number(node.right, largest=_LARGEST_OPTION)
    known = isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div)
    return known and _is_arithmetic(node.left) and _is_arithmetic(node.right)


def _is_number(node: ast.expr, largest: float = 1e300) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= largest


def _is_option(node: ast.expr, name: str) -> bool:
    if name in ("include_intercept", "raw"):
        return isinstance(node, ast.Constant) and isinstance(node.value, bool)
    if name == "constraints":
        return isinstance(node, ast.Constant) and node.value == "center"
    if name == "knots":
        return isinstance(node, ast.List | ast.Tuple) and all(_is_number(one) for one in node.elts)
    return _is_number(node, largest=_LARGEST_OPTION if name in ("df", "degree") else 1e300)
