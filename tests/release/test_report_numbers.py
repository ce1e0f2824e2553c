"""No number of the report is typed by hand: each comes from a released table, the study file, or a named definition."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from released_cases import make_compared
from running_text import find_strangers, numbers_in, numbers_of_settings, running_text, strip_names
from shown_cases import SHOWN, build_shown, make_shown

import outcomes.release.report as report
from outcomes.release import definitions
from outcomes.release.figures import plans
from outcomes.release.report import build_sections
from outcomes.release.report.content.material import gather

FOLDER = Path(report.__file__).parent
WRITERS = FOLDER / "faces", FOLDER / "content" / "journal_style.py"  # markup, sizes of type, the format of numbers
PLANS = sorted(path for folder in plans.__path__ for path in Path(folder).glob("*.py") if path.stem != "timeline")
MODULES = [path for path in (*sorted(FOLDER.rglob("*.py")), *PLANS) if not {path, *path.parents} & {*WRITERS}]
CODES = {
    "p5",
    "p95",
    "q1",
    "q3",
    "cr0",
    "cr2",
    "cr3",
    "ar1",
    "sha256",
    "utf-8",
    "m:1",
    "float64",
}  # columns and settings, never printed as they are
PRINT = {"count", "fixed", "percent", "signed", "interval", "p_value", "sample", "str"}
KEYS = {"time", "order", "bin_lower", "bin_upper", "baseline_answer", "answer", "converged", "withheld", "num_df"}


def typed_numbers(code: str) -> list[tuple[int, str]]:
    """Return line and text of every digit that the code would print although nobody computed it."""
    tree = ast.parse(code)
    skipped = {id(part) for node in ast.walk(tree) for part in _unprinted(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            if re.search(r"(?<!\\)\d", strip_names(node.value)) and node.value not in CODES:
                found.append((node.lineno, node.value))
        elif isinstance(node, ast.FormattedValue) and _is_number(node.value):
            found.append((node.lineno, ast.unparse(node.value)))
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") in PRINT
            and node.args
            and _is_number(node.args[0])
        ):
            found.append((node.lineno, ast.unparse(node)))
    return found


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _unprinted(node: ast.AST) -> list[ast.AST]:
    """Return docstrings, the formats of numbers, and what values are only compared with."""
    if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and isinstance(node.body[0], ast.Expr):
        return [node.body[0].value]
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        return list(ast.walk(node.format_spec))
    if isinstance(node, ast.Compare) or (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "isin"):
        return [part for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_number_is_typed_by_hand(path):
    found = typed_numbers(path.read_text(encoding="utf-8"))
    assert found == [], "take it from a released table or the study file, or name it in outcomes/release/definitions.py"


@pytest.mark.parametrize(
    "code",
    [
        'text = f"{name}: response in 45% of them"',
        'text = "an interval of 95%"',
        'text = f"{45}%"',
        'text = f"{count(529)} who started"',
        'text = "about .03"',
        'text = "PHQ-9 fell by 8"',
    ],
)
def test_a_typed_number_is_found(code):
    assert len(typed_numbers(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        '"""Of 12 things."""',
        'text = f"the PHQ-9, see 10.1001/jama.2025.13350; {value:.1f}"',
        "text = fixed(100 * value, 2)",
        'text = "CR2 sandwich"',
    ],
)
def test_names_and_formats_are_no_typed_numbers(code):
    assert typed_numbers(code) == []


def write(tables, study):
    return list(running_text(build_sections(gather(tables, study, {}), Path("nowhere"))))


@pytest.mark.parametrize("case", SHOWN)
def test_every_number_in_running_text_is_in_a_table_or_the_study_file(case):
    assert find_strangers(list(running_text(build_shown(case))), *make_shown(case)) == []


def test_a_stranger_is_found():
    tables, study = make_compared()
    assert find_strangers(["response in 9876.5%"], tables, study) == [("9876.5", "response in 9876.5%")]


def shift(table):
    """Return the table with every result moved a little, so that no threshold is crossed but every digit changes."""
    results = [name for name in table.select_dtypes("number") if name not in KEYS]
    old = table[results].astype(float)
    new = old.where(old.abs() < 1, old * 1.0731 + 3 * (old > 20)).where(old.abs() >= 1, 0.8 * old + 0.19)
    return table.assign(**{name: new[name] for name in results})


@pytest.mark.parametrize("case", ["two arms", "seven arms", "compared"])
def test_every_number_changes_with_the_results_unless_the_study_file_says_it(case):
    tables, study = make_shown(case)
    shifted = write({name: shift(table) for name, table in tables.items()}, study)
    before, after = (
        {re.sub(r"\d[\d,.]*", "#", strip_names(text)): numbers_in(text) for text in texts}
        for texts in (running_text(build_shown(case)), shifted)
    )
    shared = set(before) & set(after)
    assert len(shared) > 0.8 * len(before)
    fixed_numbers = numbers_of_settings(study) | {
        str(int(table["withheld"].sum())) for table in tables.values() if "withheld" in table
    }
    moved = 0
    for sentence in shared:
        for old, new in zip(before[sentence], after[sentence], strict=True):
            assert old != new or old in fixed_numbers, sentence
            moved += old != new
    assert moved > 15


def abstract(sections):
    return " ".join(running_text([section for section in sections if section.id == "abstract"]))


@pytest.mark.parametrize(
    ("table", "where", "column", "value", "printed"),
    [
        ("effects", {"variance": "cr2"}, "estimate", -3.21, "in favor of IV ketamine was 3.2 points"),
        ("effects", {"variance": "cr2"}, "upper", -0.223, "CI 0.2 to"),
        ("effects", {"variance": "cr2"}, "treated_mean", -9.87, "decreased by 9.9 points with IV ketamine"),
        ("missingness", {"arm": "iv", "timepoint": "day 28"}, "missing_proportion", 0.4567, "missing in 46%"),
    ],
)
def test_the_abstract_follows_each_result(table, where, column, value, printed):
    tables, study = make_compared()
    assert printed not in abstract(build_shown("compared"))
    changed = tables[table].copy()
    rows = (changed[list(where)] == list(where.values())).all(axis=1)
    assert rows.any()
    changed.loc[rows, column] = value
    assert printed in abstract(build_sections(gather({**tables, table: changed}, study, {}), Path("nowhere")))


def test_the_level_of_the_intervals_is_that_of_the_analyses():
    from outcomes.proportions import compute_wilson

    low, high = compute_wilson(50, 100)
    assert (low, high) == compute_wilson(50, 100, definitions.LEVEL)
    assert f"{100 * definitions.LEVEL:g}%" == definitions.COVERED
