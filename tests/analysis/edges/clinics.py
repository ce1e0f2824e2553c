"""Small clinics at the edges of what statistics can say, as exports and study files, run through the pipeline's steps in one process."""

from __future__ import annotations

import contextlib
import datetime
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import yaml

from outcomes.__main__ import main
from outcomes.files import Places
from outcomes.release.report import split_report, write_page
from outcomes.release.report.content.blocks import Report
from outcomes.settings import Study
from outcomes.steps import NAMES

DAYS = {"day 7": 7, "day 28": 28}
SESSIONS = (0, 3, 7, 10, 14, 17)
STEPS = tuple(name for name in NAMES if name not in ("figures", "manifest"))
LAYOUTS = {
    "patients": {"patients": {"columns": {"patient": "patient", "site": "site", "age": "age"}}},
    "sessions": {
        "sessions": {"columns": {"patient": "patient", "date": "date", "treatment": "treatment", "dose_mg": "dose"}}
    },
    "q": {
        "assessments": {"columns": {"patient": "patient", "date": "date"}, "instruments": {"phq9": {"total": "total"}}}
    },
}


@dataclass(frozen=True)
class Clinic:
    """One row a patient: ``patient``, ``arm``, ``site``, ``age``, ``baseline``, and a column for each day with a score."""

    people: pd.DataFrame
    arms: tuple[str, ...] = ("esketamine", "iv")
    compared: bool = True
    changes: dict[str, Any] = field(default_factory=dict)

    def with_people(self, **columns: Any) -> Clinic:
        return replace(self, people=self.people.assign(**columns))


def make_clinic(n: int = 60, seed: int = 1, missing: float = 0.0) -> Clinic:
    """Return a clinic of two arms in which about half respond."""
    generator = np.random.default_rng(seed)
    baseline = generator.integers(12, 27, n)
    people = pd.DataFrame({"patient": range(101, 101 + n), "arm": np.where(np.arange(n) % 2 == 0, "esketamine", "iv")})
    people["site"] = generator.choice(["north", "south"], n)
    people["age"] = generator.integers(20, 70, n)
    people["baseline"] = baseline
    for name, share in (("day 7", 0.7), ("day 28", 0.5)):
        score = np.clip(np.round(baseline * share + generator.normal(0, 3, n)), 0, 27)
        people[name] = np.where(generator.random(n) < missing, np.nan, score)
    return Clinic(people)


def write_clinic(clinic: Clinic, folder: Path) -> Path:
    """Write the export and the study file; return the latter."""
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True)
    start = datetime.date(2023, 1, 2)
    rows, scores = [], []
    for place, one in enumerate(clinic.people.to_dict("records")):
        first = start + datetime.timedelta(days=3 * place)
        rows += [[one["patient"], first + datetime.timedelta(days=day), one["arm"], 40] for day in SESSIONS]
        days = {"baseline": -2} | DAYS
        scores += [
            [one["patient"], first + datetime.timedelta(days=day), int(one[name])]
            for name, day in days.items()
            if not pd.isna(one[name])
        ]
    pd.DataFrame(rows, columns=["patient", "date", "treatment", "dose"]).to_csv(raw / "sessions.csv", index=False)
    pd.DataFrame(scores, columns=["patient", "date", "total"]).to_csv(raw / "q.csv", index=False)
    clinic.people[["patient", "site", "age"]].to_csv(raw / "patients.csv", index=False)
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(declare(clinic), sort_keys=False), encoding="utf-8")
    return path


def declare(clinic: Clinic) -> dict[str, Any]:
    arms = [{"id": arm, "label": arm.title(), "protocol": "iv" if arm == "iv" else "esketamine"} for arm in clinic.arms]
    study: dict[str, Any] = {
        "study": "edge", "seed": 1, "data": "data/raw", "layouts": LAYOUTS,
        "sources": [{"file": f"{name}.csv", "layout": name} for name in LAYOUTS],
        "dates": {"formats": ["%Y-%m-%d"]}, "instruments": ["phq9"], "arms": arms,
        "series": {"gap_days": 30, "change_of_arm": "new_series", "use": "first"},
        "baseline": {"rule": "last", "within_days": 14, "same_day": "before"},
        "timepoints": {
            "sessions": [], "days": [{"day": 7, "before": 3, "after": 3}, {"day": 28, "before": 7, "after": 7}, {"day": 56, "before": 7, "after": 7}],
            "clean_window": [10, 31],
        },
        "models": {
            "primary": {
                "label": "PHQ-9 change by day", "primary": True, "instrument": "phq9", "axis": "day",
                "formula": "change ~ baseline*timepoint + arm*timepoint", "covariance": "unstructured", "df": "kenward_roger",
                "fallback": ["heterogeneous_toeplitz", "compound_symmetry"],
            }
        },
        "privacy": {"release": "exact", "because": "invented patients"},
        "report": {"title": "Edge", "design": "observational", "baseline_columns": ["age", "site"], "headline": "day 28"},
    }  # fmt: skip
    if clinic.compared:
        study["comparison"] = {
            "estimand": {"treated": "iv", "reference": "esketamine", "instrument": "phq9", "axis": "day", "timepoint": "day 28"},
            "confounders": ["baseline", "age", "site"], "replicates": 20, "learning_splits": 0, "imputation": {"draws": 10},
            "subgroups": {"by": [{"column": "site"}], "fewest": 5},
        }  # fmt: skip
    for section, values in clinic.changes.items():
        study[section] = study.get(section, {}) | values if isinstance(values, dict) else values
    return study


@dataclass(frozen=True)
class Run:
    """What the steps left: the step that refused and its words ('' when none did), the tables, and the report's text."""

    refused: str
    words: str
    tables: dict[str, pd.DataFrame]
    released: dict[str, pd.DataFrame]
    report: str


def write_pages(report: Report, *_: Study | Path | None) -> dict[str, bytes]:
    """Return the report and its supplement as HTML; as PDF and Word they have the same content, and take most of the step's time."""
    main_part, supplement = split_report(report)
    pages = {"report.html": (main_part, "supplement.html"), "supplement.html": (supplement, "report.html")}
    return {name: write_page(part, other).encode() for name, (part, other) in pages.items()}


def run_clinic(
    clinic: Clinic, folder: Path, steps: tuple[str, ...] = STEPS, vary: Callable[[Path], None] | None = None
) -> Run:
    """Run the steps on a clinic, whose folder ``vary`` may change before, until one refuses."""
    study = write_clinic(clinic, folder)
    if vary is not None:
        vary(folder)
    before = Path.cwd()
    refused, words = "", io.StringIO()
    os.chdir(folder)
    try:
        for step in steps:
            arguments = [step, str(study.name), *(["primary"] if step == "fit" else [])]
            faces = patch("outcomes.release.report.write_faces", write_pages)
            with faces, contextlib.redirect_stderr(words), contextlib.redirect_stdout(io.StringIO()):
                if main(arguments):
                    refused = step
                    break
    finally:
        os.chdir(before)
    estimates = folder / "data" / "edge" / "derived" / "estimates"
    tables = {path.stem: pd.read_parquet(path) for path in sorted(estimates.glob("*.parquet"))}
    results = folder / Places("edge").staged().results  # the manifest would put it in its place
    released = {path.stem: pd.read_csv(path) for path in sorted((results / "tables").glob("*.csv"))}
    page = results / "report.html"
    return Run(refused, words.getvalue(), tables, released, page.read_text(encoding="utf-8") if page.exists() else "")
