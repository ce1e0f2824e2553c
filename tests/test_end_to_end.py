"""From the raw export to the report, as a user runs it, once and again: what is there at the end, and what is not."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
from whole_run import ROOT, STUDY, released, run

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.files import Places
from outcomes.release.analyses import OTHER, describe_analysis
from outcomes.release.figures import draw_all
from outcomes.release.figures.draw import FAMILIES
from outcomes.release.report import build_sections
from outcomes.release.report.content.material import gather
from outcomes.released import read_released
from outcomes.settings import read_study
from outcomes.workflow import STEPS

sys.path.insert(0, str(Path(__file__).parent / "release"))
from figure_checks import check_figure
from released_cases import LONG
from released_columns import ALLOWED, COLUMNS, FORBIDDEN
from running_text import find_strangers, running_text

# What the rows behind a figure may have: the columns of released tables, and those that a figure computes.
DRAWN = COLUMNS | {str(column) for table in RELEASED.values() for column in table.columns}
DRAWN |= {
    "claim",
    "overall",
    "standardised",
    "of",
    "place",
    "low",
    "high",
    "verdict",
    "here",
}  # a claim, a finding for it, what is claimed; the declared time point


def test_the_last_lines_say_where_the_report_is(finished):
    folder, printed = finished
    closing = printed.splitlines()[-6:]
    assert any("results/example/report.html" in line for line in closing), closing
    assert (folder / "results/example/report.html").stat().st_size > 100_000


def test_every_finished_step_printed_a_line(finished):
    _, printed = finished
    steps = re.findall(r"\d+ of \d+  (\w+)$", printed, re.MULTILINE)
    assert set(steps) == set(STEPS)


def test_every_table_and_each_figure_in_three_formats_with_its_data(finished):
    folder, _ = finished
    assert {path.stem for path in (folder / "results/example/tables").iterdir()} == set(RELEASED)
    figures: dict[str, set[str]] = {}
    for path in (folder / "figures/example").glob("[!.]*"):
        figures.setdefault(path.suffix, set()).add(path.stem)
    assert set(figures) == {".svg", ".png", ".pdf", ".csv", ".md"}
    assert figures[".md"] == {"captions"}
    assert figures[".svg"] == figures[".png"] == figures[".pdf"] == figures[".csv"]
    assert len(figures[".svg"]) >= 6


def test_every_row_of_the_sensitivity_grid_has_a_name_and_a_question(finished):
    rows = pd.read_csv(finished[0] / "results/example/tables/sensitivity.csv")
    unnamed = {name for name in rows["analysis"] if describe_analysis(name)[0] == OTHER}
    assert {name for name in unnamed if not name.startswith("e_value")} == set()


def test_the_manifest_lists_every_released_file_and_no_other(finished):
    folder, _ = finished
    manifest = json.loads((folder / "results/example/manifest.json").read_text(encoding="utf-8"))
    listed = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    here = released(folder)
    del here["results/example/manifest.json"]
    assert listed == here
    assert {entry["label"] for entry in manifest["files"]} == {"released aggregate: rounded"}
    assert manifest["minimum_cell"] == 11
    bounds = {entry["path"]: entry["bounds"] for entry in manifest["files"] if "tables/" in entry["path"]}
    response = pd.read_csv(folder / "results/example/tables/response.csv", dtype=str)
    assert (
        bounds["results/example/tables/response.csv"] == response.map(lambda cell: str(cell)[0] in "<>").sum().sum() > 0
    )


def test_every_figure_of_the_study_bears_arms_of_any_name(finished, monkeypatch):
    folder, _ = finished
    monkeypatch.chdir(folder)
    study = read_study(STUDY)
    labels = [*LONG[:2], LONG[-2]]
    arms = [arm.model_copy(update={"label": label}) for arm, label in zip(study.arms, labels, strict=True)]
    drawn = draw_all(read_released(Places("example")), study.model_copy(update={"arms": tuple(arms)}))
    assert {path.stem for path in (folder / "figures/example").glob("*.svg")} == set(drawn)
    for name, figure in drawn.items():
        check_figure(name, figure)
    own = set(FAMILIES) - {
        "power",
        "courses",
    }  # of a command of its own; of two or more groups, of which the example has one
    assert {figure.plan.family for figure in drawn.values()} == own, "the example lacks a family of figures"


def test_the_page_sets_the_example_beside_its_truth(finished):
    folder, _ = finished
    tables = read_released(Places("example", folder))
    truth = json.loads((ROOT / "data/example/truth.json").read_text())["estimands"]["phq9"]
    rows, missed = [], 0
    for row in tables["effects"].query("variance == 'cr2'").to_dict("records"):
        place = row["timepoint"].replace(" ", "_")
        true = truth[place if row["axis"] == "day" else f"after_{place}"]["mean_change"]["ato"]["difference"]
        rows.append((f"change, {row['timepoint']}", row["estimate"], row["lower"], row["upper"], true, 2))
        missed += not row["lower"] <= true <= row["upper"]
    for row in tables["risks"].query("timepoint == 'day 28' and method == 'weighted'").to_dict("records"):
        found = [row[name] for name in ("difference", "difference_lower", "difference_upper")]
        true = truth["day_28"][row["endpoint"]]["ato"]["difference"]
        rows.append((f"{row['endpoint']}, day 28, {row['population']}", *found, true, 3))
    imputed = tables["imputations"].query(
        "timepoint == 'day 28' and analysis == 'imputed_mar' and scale == 'risk difference'"
    )
    for row in imputed.to_dict("records"):
        true = truth["day_28"][row["endpoint"]]["ato"]["difference"]
        rows.append((f"{row['endpoint']}, day 28, imputed", row["estimate"], row["lower"], row["upper"], true, 3))
        assert row["lower"] <= true <= row["upper"]
    page = (
        (ROOT / "docs" / "synthetic-clinic.md").read_text(encoding="utf-8").split("## The example beside its truth")[1]
    )
    printed = [line for line in page.split("## ")[0].splitlines() if line.startswith(("| change", "| re"))]
    write = "| {} | {:+.{n}f} ({:+.{n}f} to {:+.{n}f}) | {:+.{n}f} |".format
    assert printed == [write(*row[:5], n=row[5]).replace("-", "\u2212") for row in rows]
    assert missed == 4
    tests = tables["interactions"].query("endpoint == 'change' and variable == 'failed_antidepressants'")
    assert tests["p_adjusted"].round(2).tolist() == [0.02]


def test_the_rows_behind_figures_are_rows_of_released_tables(finished):
    folder, _ = finished
    numbers: set[float] = set()
    for released_table in read_released(Places("example", folder)).values():
        numbers |= set(released_table.select_dtypes("number").melt()["value"].dropna().astype(float).round(6))
    for path in (folder / "figures/example").glob("*.csv"):
        table = pd.read_csv(path)
        counts = [name for name in table if name in {"n", "events", "started", "reached", "observed", "at_risk"}]
        shown = pd.to_numeric(table[counts].melt()["value"], errors="coerce").dropna()  # "<11" is no number
        assert set(shown) <= numbers, path.name


def test_no_released_column_is_an_extreme_or_a_patient(finished):
    folder, _ = finished
    paths = [*(folder / "results/example/tables").glob("*.csv"), *(folder / "figures/example").glob("*.csv")]
    assert len(paths) > len(RELEASED)
    for path in paths:
        columns = set(pd.read_csv(path, nrows=0))
        declared = {*RELEASED[path.stem].columns} if path.parent.name == "tables" else DRAWN
        assert columns <= declared, f"{path.name}: {columns - declared} have no declaration"
        assert not [name for name in columns - ALLOWED if not FORBIDDEN.isdisjoint(name.split("_"))], path.name


def test_no_released_quartile_is_the_smallest_or_largest_score(finished):
    folder, _ = finished
    place = ["arm", "instrument", "axis", "timepoint"]
    endpoints = pd.read_parquet(folder / "data/example/derived/endpoints.parquet").dropna(subset="score")
    ends = endpoints.groupby(place, observed=True)["score"].agg(["min", "max"]).reset_index()
    scores = pd.read_csv(folder / "results/example/tables/scores.csv").dropna(subset="mean").merge(ends, on=place)
    assert len(scores) > 50
    assert ((scores["q1"] > scores["min"]) & (scores["q3"] < scores["max"])).all()


def test_the_ledger_balances_for_every_file(finished):
    folder, _ = finished
    balance = pd.read_parquet(folder / "data/example/derived/balance.parquet")
    assert (balance["raw"] == balance["kept"] + balance["merged"] + balance["quarantined"]).all()
    assert balance["raw"].sum() > 20_000


def test_snakemake_notes_no_name_of_a_raw_file(finished):
    folder, _ = finished
    names = {
        path.relative_to(folder / "data/example").as_posix() for path in (folder / "data/example").glob("site-*/*")
    }
    notes = [path for path in (folder / ".snakemake").rglob("*") if path.is_file()]
    assert len(names) > 20
    assert any("metadata" in path.parts for path in notes)
    assert [path for path in notes if any(name.encode() in path.read_bytes() for name in names)] == []


def test_no_identifier_or_date_left_the_data_folder(finished):
    folder, _ = finished
    key = pd.read_parquet(folder / "data/example/derived/key.parquet")
    identifiers = set(key["identifier"])
    assert len(identifiers) == len(key) > 1000
    for top in ("results", "figures", "data/example/logs"):
        for path in (folder / top).rglob("*"):
            if path.suffix in {".csv", ".html", ".json", ".txt", ".log", ".svg"}:
                text = path.read_text(encoding="utf-8")
                words = set(re.findall(r"K-\d{6}", text))
                assert not words & identifiers, path
                assert not re.search(r"\b20[12]\d-[01]\d-[0-3]\d(?!\d)", text), path


def test_no_count_below_the_minimum_cell_is_released(finished):
    folder, _ = finished
    tables = read_released(Places("example", folder))
    flow = tables["flow"]
    for name, table in {**tables, "flow": flow[flow["unit"] != "rows"]}.items():
        if name not in ("response", "scores", "flow"):
            continue
        counts = table["n"].dropna()
        assert not counts.between(1, 10).any(), name
        assert len(counts) > 10
    response = tables["response"].dropna(subset=["events"])
    assert not response["events"].between(1, 10).any()
    assert (response[["n", "events"]] % 5 == 0).all(axis=None)


def test_every_number_in_running_text_is_in_a_released_table_or_the_study_file(finished):
    folder, _ = finished
    study, places = read_study(ROOT / STUDY), Places("example", folder)
    tables = read_released(places)
    texts = list(running_text(build_sections(gather(tables, study, {}), places.figures)))
    assert len(texts) > 100
    assert find_strangers(texts, tables, study) == []


def test_the_workflow_report_holds_released_files_alone(finished, tmp_path):
    """Snakemake's own report: captions and categories, no private table, nothing fetched from outside by the page."""
    folder, _ = finished
    page = tmp_path / "workflow.html"
    options = ["--cores", "1", "--nolock", "--config", f"study_file={STUDY}", "--report", str(page)]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *options], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    added = re.findall(r"^Adding (\S+) \(", done.stderr, re.MULTILINE)
    assert {"flow.csv", "report.html", "report.pdf", "checklists.csv", "flow.svg"} <= set(added)
    assert not [name for name in added if name.endswith(".parquet")]
    text = page.read_text(encoding="utf-8")
    assert all(f'"{category}"' in text for category in ("Tables", "Figures", "Report"))
    assert "passed the disclosure gate" in text
    assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="https?:', text)


def test_a_second_run_has_nothing_to_do(finished):
    folder, _ = finished
    before = {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*") if path.is_file()}
    result = run(folder)
    assert result.returncode == 0
    assert " of " not in result.stdout.split("report.html")[0]
    assert {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*") if path.is_file()} == before


def test_the_internal_report_is_exact_marked_and_released_nowhere(finished, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(finished[0], folder, symlinks=True)
    before = released(folder)
    result = run(folder, "--internal")
    assert result.returncode == 0, result.stderr
    assert released(folder) == before
    top = folder / "data" / "example" / "internal"
    assert f"Report: {top.relative_to(folder)}/results/example/report.html" in result.stdout
    assert [path for path in (top, *top.rglob("*")) if path.stat().st_mode & 0o077] == []
    inside = read_released(Places("example", folder).published(internal=True))["response"]
    outside = read_released(Places("example", folder))["response"]
    assert inside["n"].notna().all()
    assert (inside["n"] % 5 != 0).any()
    assert inside["events"].between(1, 10).any()
    assert (outside["n"].dropna() % 5 == 0).all()
    for name in ("report.html", "supplement.html"):
        assert "INTERNAL, NOT FOR RELEASE" in (top / "results/example" / name).read_text(encoding="utf-8")
    with ZipFile(top / "results/example/report.docx") as archive:
        headers = [name for name in archive.namelist() if name.startswith("word/header")]
        assert any(b"INTERNAL, NOT FOR RELEASE" in archive.read(name) for name in headers)
