"""A formula is a language of its own: whatever it does not have is refused before anything is evaluated, by every engine."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_trials import simulate_trial

from outcomes import mixed
from outcomes.mixed.design.calls import CALLS, Expression
from outcomes.mixed.design.formula import parse

CODE = "__import__('pathlib').Path(MARK).touch()"
HOSTILE = [
    "{CODE or time}",
    "{CODE}",
    "I(CODE or time)",
    "I(age)",
    "I(age**2)",
    "C(arm, CODE)",
    "C(arm, contr.treatment('iv'))",
    "C(arm, levels=[CODE])",
    "C(CODE)",
    "`CODE`",
    "log(`CODE`)",
    "np.log(age)",
    "age.__class__",
    "age.__class__()",
    "log.__globals__",
    "log(age.values)",
    "log(age).__class__",
    "log(age)[0]",
    "log(age[0])",
    "(lambda: CODE)()",
    "lambda: CODE",
    "log((lambda x: CODE)(age))",
    "log([CODE for _ in age])",
    "log(age if CODE else age)",
    "log(age, out=CODE)",
    "log(*[CODE])",
    "log(**{'x': CODE})",
    "log(x := age)",
    "log(f'{CODE}')",
    "log('age')",
    "log(age) if CODE else age",
    "bs(age, df=CODE)",
    "bs(age, knots=[CODE])",
    "bs(age, df=10**9)",
    "bs(age, df=1000000)",
    "cr(age, constraints=CODE)",
    "cr(age, constraints='other')",
    "poly('center', 2)",
    "bs(age, df='center')",
    "cr(age, df=True)",
    "poly(age, CODE)",
    "poly(age, 2, CODE)",
    "exp(9**9**9**9)",
    "exp(age**9**9**9)",
    "exp(age**baseline)",
    "sqrt(age @ age)",
    "sqrt(age // 2)",
    "sqrt(~age)",
    "sqrt(age > 1)",
    "sqrt(age and CODE)",
    "sqrt(1j)",
    "sqrt()",
    "sqrt(2)",
    "eval(age)",
    "exec('CODE')",
    "Q('age')",
    "Q(CODE)",
    "scale(age)",
    "center(age, CODE)",
    "center(CODE)",
    "hashed(age, levels=3)",
    "'age'",
    "age; CODE",
    "age\\\n",
    "age # CODE",
    "age | arm",
    "age ^ 2",
    "age % 2",
    "age[0]",
    "@age",
    "$age",
    "ｅval(age)",
    "log(ａge.x)",
    "2 * age",
    "age ** -1",
    "age ** 99999",
    "(age + arm) ** " + "9" * 5000,
    "(" * 500 + "age" + ")" * 500,
    "log(" * 500 + "age" + ")" * 500,
    "log(" + "-" * 5000 + "age)",
    "+".join(["age"] * 5000),
    "(" + "+".join(f"x{i}" for i in range(60)) + ")**3",
    "C(arm",
    "C(arm))",
    "log(age,)()",
    "a~b",
    "",
]


@pytest.fixture(scope="module")
def trial():
    return simulate_trial()


def place(code, mark):
    return code.replace("CODE", CODE.replace("MARK", repr(str(mark))))


@pytest.mark.parametrize("hostile", HOSTILE, ids=[f"{i}-{text[:24]}" for i, text in enumerate(HOSTILE)])
@pytest.mark.parametrize("where", ["term", "response", "random", "gee", "moments"])
def test_nothing_of_a_formula_runs(trial, tmp_path, hostile, where):
    mark = tmp_path / "ran"
    text, columns = place(hostile, mark), {"subject": "person", "visit": "visit"}
    give = {
        "term": lambda: mixed.fit(trial, f"change ~ arm + {text}" if hostile else "change ~ ", **columns),
        "response": lambda: mixed.fit(trial, f"{text} ~ arm", **columns),
        "random": lambda: mixed.fit(trial, "change ~ arm", subject="person", covariance=None, random=text),
        "gee": lambda: mixed.fit_gee(trial, f"change ~ {text}", family="gaussian", **columns),
        "moments": lambda: mixed.moments(trial, f"change ~ {text}", **columns),
    }[where]
    with pytest.raises(mixed.FormulaError) as refused:
        give()
    assert not mark.exists()
    assert len(str(refused.value)) < 1_000


def test_a_refusal_says_what_a_formula_may_hold(trial):
    with pytest.raises(
        mixed.FormulaError, match=r"I\(\).*names of columns, numbers, \+ - \* : / \*\*, .*bs\(\), cr\(\) and poly\(\)"
    ):
        mixed.fit(trial, "change ~ I(age)", subject="person", visit="visit")


NAMES = st.sampled_from(["age", "baseline", "os", "__import__", "C", "log", "poly", "lambda", "x"])
PIECES = st.one_of(
    NAMES,
    st.sampled_from([*"+-*/:()[]{}.,'\"`=@ \n", "**", "if ", " else ", "lambda ", "'a'", "1", "2.5", "df=", "knots=["]),
)


@given(text=st.lists(PIECES, max_size=14).map("".join))
@settings(max_examples=600, deadline=None)
def test_whatever_is_let_pass_holds_nothing_but_names_numbers_and_arithmetic(text):
    try:
        formula = parse(f"y ~ {text}")
    except mixed.FormulaError:
        return
    allowed = (
        ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.keyword, ast.List, ast.Tuple,
        ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.UAdd,
    )  # fmt: skip
    for factor in formula.factors:
        if not isinstance(factor, Expression):
            assert "(" not in factor
            continue
        for node in ast.walk(ast.parse(factor, mode="eval")):
            assert isinstance(node, allowed)
            if isinstance(node, ast.Call):
                assert isinstance(node.func, ast.Name)
                assert node.func.id in CALLS
            if isinstance(node, ast.Constant):
                assert node.value == "center" or isinstance(node.value, bool | int | float)
