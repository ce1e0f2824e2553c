"""The notebooks as pages: each is run on the example, and stands with its outputs as a reader would see them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import jupytext
from nbclient import NotebookClient
from nbconvert import MarkdownExporter

FOLDER = Path(__file__).parents[2] / "notebooks"
STUDY = "config/example.yaml"
ABSENT = "\n\nThe example has not been run here, so outputs are absent. `make docs` runs it.\n"
TIMEOUT = 600  # seconds that one cell may take


def show_notebooks(root: Path, target: Path, study: str = STUDY) -> list[str]:
    """Write one page a notebook to ``target``, and return their names; without results of the study below ``root`` they have no outputs."""
    target.mkdir(parents=True, exist_ok=True)
    finished = (root / "results" / Path(study).stem / "tables").is_dir()
    names = []
    for script in sorted(FOLDER.glob("*.py")):
        book = jupytext.read(script)
        if finished:
            run_notebook(book, root, study)
        text, resources = MarkdownExporter().from_notebook_node(book, {"output_files_dir": script.stem})
        for path, content in resources["outputs"].items():
            (target / path).parent.mkdir(exist_ok=True)
            (target / path).write_bytes(content)
        words = ABSENT if not finished else ""
        (target / f"{script.stem}.md").write_text(tidy(text) + words, encoding="utf-8")
        names.append(f"{script.stem}.md")
    return names


def run_notebook(book: Any, root: Path, study: str) -> None:
    """Execute a notebook in place, in the folder of the results, with the study as its parameter."""
    environment = {**os.environ, "STUDY": study}
    client = NotebookClient(book, timeout=TIMEOUT, kernel_name="python3", resources={"metadata": {"path": str(root)}})
    client.execute(env=environment)


def tidy(text: str) -> str:
    r"""Return a page without the style of its tables, since that of the site holds; headings of cells keep their levels.

    Examples
    --------
    >>> tidy('<style scoped>\n td {}\n</style>\n<table border="1" class="dataframe">')
    '<table>'
    """
    text = re.sub(r"<style scoped>.*?</style>\n?", "", text, flags=re.DOTALL)
    return text.replace('<table border="1" class="dataframe">', "<table>").replace(
        "![png](", "![Figure of the cell above]("
    )
