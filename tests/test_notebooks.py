"""Notebooks are pairs of one content, without outputs, define nothing, and run on the finished example."""

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


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_notebooks_run_on_the_pipelines_output(finished, script):
    from nbclient import NotebookClient  # slow to import, in each process of the tests

    folder, _ = finished
    book = jupytext.read(script)
    assert not any(cell.get("outputs") for cell in book.cells)
    NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    assert outputs
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
