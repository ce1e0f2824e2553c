"""What every released file prints, and the counts in it that no released table holds.

Figures and report are made from the released tables alone (test_attack_faces.py runs them with nothing else in reach), so they can say no
more than the tables. What is looked for here is what a face says although no table does, and any count below the minimum cell.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

COUNTS = {"n", "events", "started", "reached", "observed", "at_risk", "treated", "censored", "stayed", "seen", "rows"}
# Columns that say of whom and when a line of a figure is.
NAMES = {"arm", "instrument", "axis", "timepoint", "week", "end", "endpoint", "population", "variable", "level", "bin_lower", "label", "reason",
    "analysis", "scale", "weights", "effect", "source", "name"}  # fmt: skip
NUMBER = r"(\d{1,3}(?:,\d{3})+|\d+)"
# Words of the report and the figures that make a number a count of patients, scores, or rows.
PHRASES = (
    rf"\b[nN]\s*=\s*{NUMBER}(?![\d.,]*\d)",
    rf"(?<![\d.,]){NUMBER} of {NUMBER}(?![\d.,]*\d)",
    rf"(?<![\d.,–-]){NUMBER} (?:patients|series|scores|events|started|responded|remitted|died)\b",
    rf"(?<![\d./]){NUMBER}/{NUMBER}(?![\d.,/]*\d)",
    rf"^{NUMBER} \([\d.]+ ?%?\)",
)
NO_COUNTS = r"\d+ of \d+ columns|\d+ of \d+ are above [\d.]+|after it \d+|doi\S* \S+|10\.\d{4,9}/\S+|https?://\S+"  # standardised differences, addresses
SPOKEN = {"alt", "title", "aria-label", "aria-description", "content", "placeholder", "descr", "desc"}


class _Page(HTMLParser):
    """Collects the text of a page, of its drawings, and of the attributes that are read out or shown on hovering."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("style", "script")
        self.texts += [value for name, value in attributes if value and (name in SPOKEN or name.startswith("data-"))]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.texts.append(data)


def read_texts(path: Path) -> list[str]:
    """Return what a released file prints, piece by piece; nothing of pictures made of dots; of PDF where poppler is installed."""
    if path.suffix == ".pdf" and shutil.which("pdftotext"):
        read = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
        return [f" {line}" for line in read.stdout.decode("utf-8").splitlines()]  # a line may begin within a sentence
    if path.suffix in (".png", ".pdf"):
        return []
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as parts:
            xml = [parts.read(name).decode("utf-8") for name in parts.namelist() if name.endswith((".xml", ".rels"))]
        paragraphs = [re.sub(r"<[^>]+>", "", one) for part in xml for one in re.split(r"</w:p>", part)]
        spoken = [text for part in xml for text in re.findall(r'(?:descr|title|name)="([^"]*)"', part)]
        return [*paragraphs, *spoken]
    text = path.read_text(encoding="utf-8")
    if path.suffix not in (".html", ".svg"):
        return text.splitlines()
    page = _Page()
    page.feed(text)
    return page.texts


def find_counts(texts: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield every number that a text calls a count, with its text."""
    for text in texts:
        plain = re.sub(NO_COUNTS, " ", text.replace("\u00a0", " ").replace("\u202f", " "))
        for phrase in PHRASES:
            for found in re.finditer(phrase, plain):
                yield from ((int(number.replace(",", "")), plain.strip()[:160]) for number in found.groups())


def find_small(texts: Iterable[str], minimum_cell: int, allowed: Iterable[int] = ()) -> list[tuple[int, str]]:
    """Return the counts from 1 to the minimum cell less one that a text prints, and that the study file does not."""
    known = set(allowed)
    return [(n, text) for n, text in find_counts(texts) if 0 < n < minimum_cell and n not in known]


def find_strange_rows(data: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> list[int]:
    """Return the lines of a figure's data that print a count which no released table prints beside the same names.

    All cells are text, as a reader has them: ``<11`` is at home where a table prints ``<11``. A line is at home where some table has
    all of its columns of names and a row with the same names and counts; in a figure made of several tables,
    where each of its counts stands in a column of counts of some table.
    """
    counts = [name for name in data if _is_count(name)]
    best: list[int] | None = None
    for table in tables.values():
        keys = [name for name in data if name in table and name in NAMES]
        if counts and keys and set(counts) <= set(table):
            homes = set(table[[*keys, *counts]].itertuples(index=False, name=None))
            lines = data[[*keys, *counts]].itertuples(index=False, name=None)
            rows = [place for place, line in enumerate(lines) if line not in homes]
            best = rows if best is None or len(rows) < len(best) else best
    printed = {text for table in tables.values() for name in table if _is_count(name) for text in table[name]} | {""}
    lines = data[counts].to_numpy()
    return [place for place in (range(len(data)) if best is None else best) if not set(lines[place]) <= printed]


def _is_count(name: str) -> bool:
    return name in COUNTS or name.startswith(("n_", "events_", "observed_"))


def read_data(path: Path) -> pd.DataFrame:
    """Return a released CSV as a reader has it: every cell as its text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def list_files(folder: Path, study: str) -> list[Path]:
    """Return every released file of a study but the tables and what holds hashes alone."""
    tops = (folder / "results" / study, folder / "figures" / study)
    files = [path for top in tops for path in sorted(top.rglob("*")) if path.is_file()]
    skipped = {"manifest.json", "provenance.json"}
    return [
        path
        for path in files
        if path.parent.name != "tables" and path.name not in skipped and not path.name.startswith(".")
    ]
