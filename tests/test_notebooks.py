"""Notebooks are pairs of one content, without outputs, define nothing, and run on the finished example."""

import ast
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import IPython.display
import jupytext
import pandas as pd
import pytest

from outcomes.errors import InputError
from outcomes.released import open_study

STUDY_FILE = "config/example.yaml"
FOLDER = Path(__file__).parent.parent / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
sys.path.insert(0, str(FOLDER.parent / "docs" / "generate"))


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
    from notebooks import STUDY, run_notebook  # slow to import, in each process of the tests

    folder, _ = finished
    book = jupytext.read(script)
    assert not any(cell.get("outputs") for cell in book.cells)
    run_notebook(book, folder / "results", STUDY)  # JupyterLab opens a notebook in a folder below the project's, too
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    assert outputs
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    printed = json.dumps([output for output in outputs if "image/png" not in output.get("data", {})])
    assert not re.search(r"\b[A-Z]-\d{6}\b|Clinician \d", printed)  # codes and names of the raw export


def test_a_study_file_outside_the_project_is_opened_with_the_results_above(finished, tmp_path, monkeypatch):
    """A whole path is there from every folder, so that the notebooks' own was taken for the project's: "no results yet"."""
    file = tmp_path / "own.yaml"
    file.write_text((finished[0] / STUDY_FILE).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(finished[0] / "results")
    assert open_study(str(file)).places.results == finished[0] / "results" / "example"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="has no results yet"):
        open_study(str(file))


def test_a_time_point_of_few_has_no_quartiles_in_the_exploring_notebook(monkeypatch):
    """A statistic of three patients was shown where the notebook said that each is of as many as may be shown."""
    cells = [cell.source for cell in jupytext.read(FOLDER / "10-explore-trajectories.py").cells]
    shown: list[pd.DataFrame] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    scores = pd.DataFrame({"axis": "session", "timepoint": ["a"] * 11 + ["b"] * 10, "recall_overlap_days": 5.0})
    study = SimpleNamespace(privacy=SimpleNamespace(minimum_cell=11))
    (cell,) = [source for source in cells if "recall_overlap_days" in source and "import" not in source]
    exec(cell, {"scores": scores, "axes": ["session"], "study": study, "IPython": IPython})
    assert [table.index.tolist() for table in shown] == [["a"]]


def test_pages_of_notebooks_hold_words_code_and_the_reason_for_absent_outputs(tmp_path):
    from notebooks import show_notebooks

    names = show_notebooks(tmp_path, tmp_path / "pages")
    assert names == [f"{path.stem}.md" for path in SCRIPTS]
    for path in SCRIPTS:
        page = (tmp_path / "pages" / f"{path.stem}.md").read_text(encoding="utf-8")
        assert page.startswith("# ")
        assert "```" in page
        assert "outputs are absent" in page
