"""Lay out the documentation site: the pages of ``docs/`` and those rendered from the code, ready for zensical.

``make docs`` runs the example study, this script, and zensical. Pages are laid out in ``build/docs``: the hand-written
ones with their links to files of the repository led to the rendered page of the same content, and the rendered ones: the
study file from the schema, the data dictionary from the contracts, instruments and protocols from their YAML, the
commands, the library's functions from their docstrings, the gallery from the example's figures, and the notebooks as they
run on it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from gallery import show_figures
from interface import describe_interface
from notebooks import show_notebooks
from reference import describe_commands, describe_data, describe_instruments, describe_study_file

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = ROOT / "build" / "docs"
STANDS_FOR = {
    "../config/schema.yaml": "study-file.md",
    "../data/README.md": "data-dictionary.md",
    "../src/outcomes/instruments.yaml": "instruments.md",
    "../src/outcomes/protocols.yaml": "instruments.md#protocols",
    "../decisions/": "decisions/README.md",
    "../notebooks/": "10-explore-trajectories.md",
}


def lay_out(pages: Path = PAGES, results: Path = ROOT) -> None:
    """Write every page of the site below ``pages``; figures and report are those of the example below ``results``."""
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(DOCS, pages, ignore=shutil.ignore_patterns("generate", "__pycache__"))
    for path in pages.rglob("*.md"):
        path.write_text(lead_links(draw_arrows(path.read_text(encoding="utf-8"))), encoding="utf-8")
    rendered = {
        "study-file.md": describe_study_file(),
        "data-dictionary.md": describe_data(),
        "instruments.md": describe_instruments(),
        "commands.md": describe_commands(),
        "library.md": describe_interface(),
        "gallery.md": show_figures(results / "figures" / "example", pages / "figures"),
    }
    for name, text in rendered.items():
        (pages / name).write_text(text, encoding="utf-8")
    show_notebooks(results, pages)
    show_report(results / "results" / "example", pages)


def show_report(folder: Path, pages: Path) -> None:
    """Copy the example's report and its supplement, each of which leads to the other under its name on the site."""
    named = {f"{part}.html": f"example-{part}.html" for part in ("report", "supplement")}
    for own, name in named.items():
        if (folder / own).is_file():
            text = (folder / own).read_text(encoding="utf-8")
            for other, there in named.items():
                text = text.replace(f'href="{other}', f'href="{there}')
            (pages / name).write_text(text, encoding="utf-8")


def lead_links(text: str) -> str:
    """Lead links to files of the repository to the page with the same content; others of them become plain names."""

    def lead(link: re.Match[str]) -> str:
        words, target = link.groups()
        if target in STANDS_FOR:
            return f"[{words}]({STANDS_FOR[target]})"
        return words if target.startswith("../") and not (DOCS / target).resolve().is_relative_to(DOCS) else link[0]

    return re.sub(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)", lead, text)


def draw_arrows(text: str) -> str:
    r"""Write the edges of a Mermaid chart as lines with arrows, since its library is fetched from another host.

    Examples
    --------
    >>> print(draw_arrows("```mermaid\nflowchart LR\n  scores --> cohort & times\n```"))
    ```text
    scores → cohort, times
    ```
    """

    def draw(chart: re.Match[str]) -> str:
        edges = [line.strip() for line in chart[1].splitlines() if "-->" in line]
        return "```text\n" + "\n".join(edge.replace("-->", "→").replace(" & ", ", ") for edge in edges) + "\n```"

    return re.sub(r"```mermaid\n(.*?)```", draw, text, flags=re.DOTALL)


if __name__ == "__main__":
    lay_out()
