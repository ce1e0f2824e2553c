"""Everything released beside the tables says no more than they do: figures, their data, words, page, Word files, printed tables."""

import io
import json
import os
import re
import zipfile
from functools import cache

import numpy as np
import pandas as pd
import pytest
import yaml
from attack_faces import find_counts, find_small, find_strange_rows, list_files, read_data, read_texts
from whole_studies import draw_study, estimate, release

from outcomes import __main__
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.columns import Statistic
from outcomes.files import Places
from outcomes.released import read_released
from outcomes.settings import read_study

K = 11
SEEDS = (1, 20) if "OUTCOMES_NIGHTLY" in os.environ else (1,)
estimated = cache(lambda seed: estimate(draw_study(seed)))  # before the gate, which changes nothing of it
ROWS = re.compile(r"\d\s+of\s+[\d,]+\s+rows|Page\s+\d+\s+of\s+\d+")


def check_faces(folder, study, minimum_cell):
    """Fail where a face prints a small count, a count that no table holds, or a row that no table has."""
    tables = read_released(Places(study.study, folder))
    numbers = np.concatenate([table.select_dtypes("number").to_numpy(dtype=float).ravel() for table in tables.values()])
    shown = {round(value) for value in numbers[np.isfinite(numbers)]}
    rules = {study.comparison.subgroups.fewest} if study.comparison and study.comparison.subgroups else set()
    printed = {path.name: read_data(path) for path in (Places(study.study, folder).results / "tables").glob("*.csv")}
    files = list_files(folder, study.study)
    assert {path.suffix for path in files} >= {".csv", ".svg", ".html", ".docx", ".md", ".txt"}
    found: list[tuple[str, int, str]] = []
    for path in files:
        texts = [text for text in read_texts(path) if not ROWS.search(text)]  # rows of a file are not people
        found += [(path.name, *one) for one in find_small(texts, minimum_cell, rules)]
        found += [(path.name, *one) for one in find_counts(texts) if one[0] not in shown | rules | {0}]
        if path.suffix == ".csv" and path.parent.parent.name == "figures":
            data = read_data(path)
            found += [(path.name, line, "a row that no table has") for line in find_strange_rows(data, printed)]
    assert found == []
    return len(files)


def test_no_face_of_the_example_says_what_no_table_does(finished):
    folder, _ = finished
    assert check_faces(folder, read_study(folder / "config/example.yaml"), K) > 80


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_and_report_need_nothing_but_the_released_tables(seed, tmp_path, monkeypatch):
    """With no private table in reach, whatever they print follows from what is released."""
    drawn = draw_study(seed)
    tables, minimum_cell = release(drawn, *estimated(seed))
    places = Places(drawn.study.study, tmp_path)
    for name, table in tables.items():
        (places.staged().results / "tables").mkdir(parents=True, exist_ok=True)
        (places.staged().results / "tables" / f"{name}.csv").write_text(table, encoding="utf-8")
    places.derived.mkdir(parents=True, exist_ok=True)
    (places.derived / "inputs.json").write_text(
        "{}", encoding="utf-8"
    )  # hashes of the export; all that is private here
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(dict(drawn.settings), sort_keys=False), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert __main__.main(["figures", "study.yaml"]) == 0
    assert __main__.main(["report", "study.yaml"]) == 0
    assert not list(places.derived.glob("*.parquet"))
    assert __main__.main(["manifest", "study.yaml"]) == 0
    assert check_faces(tmp_path, drawn.study, minimum_cell) > 20


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "chart.svg",
            '<svg xmlns="http://www.w3.org/2000/svg"><title>IM ketamine</title><g aria-label="n = 4"/></svg>',
        ),
        ("chart.svg", '<svg xmlns="http://www.w3.org/2000/svg"><desc>Response in 3 of 68.</desc></svg>'),
        ("report.html", "<p>all right</p><td title='4 of 60'>withheld</td>"),
        ("report.html", "<img alt='IM ketamine: 9 patients'>"),
        ("captions.md", "*In words:* IM ketamine (n\u00a0=\u00a07)"),
        ("table-05-response.csv", "IM ketamine,3/68\n"),
        ("table-03-baseline.csv", "IM ketamine,7 (10.3)\n".replace("IM ketamine,", "")),
    ],
)
def test_a_small_count_in_a_face_is_found(name, content, tmp_path):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert find_small(read_texts(tmp_path / name), K)


def test_a_small_count_in_a_word_file_is_found(tmp_path):
    with zipfile.ZipFile(tmp_path / "tables.docx", "w") as parts:
        parts.writestr("word/document.xml", '<w:p><w:t>n = </w:t><w:t>4</w:t></w:p><wp:docPr descr="5 of 60"/>')
    assert {n for n, _ in find_small(read_texts(tmp_path / "tables.docx"), K)} == {4, 5}


def test_a_number_that_its_table_withholds_is_found_in_the_data_of_a_figure():
    table = pd.DataFrame({"arm": ["iv", "im"], "n": ["60", "<11"], "withheld": ["false", "true"]})
    assert find_strange_rows(table, {"scores": table}) == []
    assert find_strange_rows(table.assign(n=["60", "12"]), {"scores": table}) == [1]


def test_what_is_not_shown_and_is_no_count_changes_no_byte():
    """Percentages, intervals and estimates that are not shown may be anything: nothing released is computed from them."""
    drawn = draw_study(1)
    tables, cohort = estimated(1)
    before, _ = release(drawn, tables, cohort)
    generator = np.random.default_rng(1)
    planted, changed = dict(tables), 0
    for name, table in tables.items():
        shown = pd.read_csv(io.StringIO(before[name]), dtype=str, keep_default_na=False)
        if len(shown) != len(table):
            continue  # levels of few were put together
        for column in RELEASED[name].fields:
            if column in shown and isinstance(column, Statistic) and pd.api.types.is_float_dtype(table[column]):
                hidden = ((shown[column] == "") & table[column].notna()).to_numpy()
                changed += int(hidden.sum())
                noise = table[column].mask(hidden, generator.normal(size=len(table)))
                planted[name] = planted[name].assign(**{column: noise})
    after, _ = release(drawn, planted, cohort)
    assert changed > 500
    assert after == before


def test_the_manifest_of_a_study_has_no_file_of_its_own_kind(finished):
    folder, _ = finished
    listed = {entry["path"] for entry in json.loads((folder / "results/example/manifest.json").read_text())["files"]}
    assert {str(path.relative_to(folder)) for path in list_files(folder, "example")} <= listed
