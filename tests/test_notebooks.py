"""Notebooks are pairs of one content, without outputs, and define nothing; tests/test_end_to_end.py executes them."""

import ast
from pathlib import Path

import jupytext
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def test_every_notebook_is_a_pair():
    assert SCRIPTS
    assert [path.stem for path in SCRIPTS] == sorted(path.stem for path in FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_both_halves_say_the_same_and_hold_no_output(script):
    ours, theirs = jupytext.read(script), jupytext.read(script.with_suffix(".ipynb"))
    halves = [[(cell.cell_type, cell.source) for cell in book.cells] for book in (ours, theirs)]
    assert halves[0] == halves[1], f"run `jupytext --sync notebooks/{script.name}`"
    code = [cell for cell in theirs.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code), "strip it: `nbstripout notebooks/*.ipynb`"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_defines_nothing_and_begins_with_words(script):
    book = jupytext.read(script)
    assert book.cells[0].cell_type == "markdown"
    assert book.cells[0].source.startswith("# ")
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    assert not [node for node in ast.walk(ast.parse(script.read_text())) if isinstance(node, kinds)]
