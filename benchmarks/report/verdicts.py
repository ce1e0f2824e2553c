"""Verdicts of the first page on synthetic clinics beside their released tables, and beside the truth that made the clinics.

A clinic of 80 to 600 patients is drawn without mess, its tables are derived as the shipped study file declares (no subgroups, one imputation
method, no bootstrap, no time points by session, one split of the learned models: the verdicts that are checked ask for none of them), go through the disclosure gate, and are written as CSV. The first
page is built from what is read back. Each verdict is then checked twice. Against the tables: the rows of ``effects.csv`` and
``sensitivity.csv`` are read as text, and the verdict is derived from them anew. Against the truth: ``estimands`` of the clinic (``ato``,
change and response at day 28).

    python benchmarks/report/verdicts.py --clinics 200 --out benchmarks/report/verdicts.csv

A line a clinic; a run that is broken off is taken up where it ended.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from tqdm import tqdm

from outcomes.analysis.comparison.compare import compare_arms
from outcomes.analysis.describe import describe_cohort
from outcomes.analysis.models import collect_models, fit_model, model_frame
from outcomes.contracts import empty_table
from outcomes.contracts.released.text import format_table, read_table
from outcomes.errors import OutcomesError
from outcomes.measures.variants import derive_variants
from outcomes.release.analyses import is_valid_analysis
from outcomes.release.disclosure.gate import release_tables
from outcomes.release.report.content.material import gather
from outcomes.release.report.page_one.answers import answer_questions
from outcomes.release.report.page_one.gather import gather_evidence
from outcomes.release.report.page_one.rules import decide
from outcomes.settings import Study, check_study
from outcomes.settings.variants import declare_variants
from outcomes.simulate import simulate_network

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "comparison"))
from whole_clinics import build_tables, define  # noqa: E402

SIZES = (80, 120, 180, 270, 400, 600)
FEW, PLACE = 20, {"axis": "day", "timepoint": "day 28"}
COLUMNS = ["seed", "patients", "works", "better", "sure", "agrees", "estimate", "lower", "upper", "important", "truth", "covered",
           "wrong_direction", "response", "response_lower", "response_upper", "response_truth", "response_covered"]  # fmt: skip


def make_study() -> Study:
    """Return the shipped study without what no checked verdict depends on."""
    settings: dict[str, Any] = yaml.safe_load((ROOT / "config" / "example.yaml").read_text(encoding="utf-8"))
    settings["instruments"] = ["phq9"]
    for name in ("durability", "regression_to_mean"):
        del settings[name]
    comparison = settings["comparison"]
    for name in ("subgroups", "early_signals"):
        del comparison[name]
    comparison |= {"replicates": 0, "deltas": [0, 2, 4], "variants": {}, "negative_control": {}, "learning_splits": 1}
    comparison["imputation"] |= {"draws": 20, "methods": ["jump_to_reference"], "deltas": []}
    settings["models"] = {"phq9_by_day": settings["models"]["phq9_by_day"]}
    del settings["timepoints"]["sessions"]
    settings["report"]["headline"] = PLACE["timepoint"]
    return check_study(settings)


def release(study: Study, patients: int, seed: int) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the released tables of one clinic as text, and its truth."""
    network = simulate_network(patients, seed, None)
    clean = build_tables(network, study)
    given = tuple(clean[name] for name in ("scores", "series", "series_sessions", "patients"))
    assert study.comparison is not None
    clean["variants"] = derive_variants(*given, define(study), declare_variants(study), study.comparison.estimand)
    for name in ("adverse_events", "vitals", "ledger", "balance", "health"):
        clean.setdefault(name, empty_table(name))
    tables = dict(compare_arms(clean, study.comparison, study)) | dict(describe_cohort(clean, study))
    fits = [
        fit_model(
            model_frame(clean["endpoints"], clean["cohort"], clean["patients"], model),
            model,
            name,
            [arm.id for arm in study.arms],
        )
        for name, model in study.models.items()
    ]
    tables |= dict(collect_models(fits))
    released = release_tables(tables, study.privacy)
    return {name: format_table(table) for name, table in released.items()}, network.truth["estimands"]["phq9"]["day_28"]


def rederive(texts: dict[str, str], study: Study, important: float | None) -> tuple[str, str]:
    """Return the verdicts on the difference and on how sure it is, from the released text alone."""
    assert study.comparison is not None
    effect = next((row for row in _rows(texts["effects"]) if _here(row) and row["variance"] == "cr2"), None)
    if effect is None or not effect["estimate"]:
        return "not_estimated", _judge_changes(texts)
    counts = [effect[name] for name in ("observed_treated", "observed_reference")]
    if any(not one or one.startswith("<") or float(one) < FEW for one in counts):
        return "few", _judge_changes(texts)
    main = tuple(float(effect[name]) for name in ("estimate", "lower", "upper"))
    others = [
        tuple(float(row[name]) for name in ("estimate", "lower", "upper"))
        for row in _rows(texts["sensitivity"])
        if _here(row) and row["endpoint"] == "change" and row["scale"] == "points" and row["converged"] == "true"
        and row["estimate"] and row["lower"] and is_valid_analysis(row["analysis"], study.comparison.weights)
    ]  # fmt: skip
    signs = {value > 0 for value, _, _ in (main, *others) if round(value, 1)}  # as printed
    apart = len(signs) > 1 or (not round(main[0], 1) and bool(signs))
    excludes = [low > 0 or high < 0 for _, low, high in (main, *others)]
    if apart and any(excludes):
        return "disagree", "disagree"
    inside = important is not None and round(max(abs(main[1]), abs(main[2])), 1) < round(important, 1)  # as printed
    better = "clear" if excludes[0] else "excluded" if inside else "uncertain"
    if apart:
        return better, "mixed"
    if others and not signs:
        return better, "none_differs"
    if not others:
        return better, "alone"
    return better, "consistent" if all(excludes) else "same_direction" if any(excludes) else "by_chance"


def _judge_changes(texts: dict[str, str]) -> str:
    """Return the verdict on the change of each arm, where arms are not compared, from the means of the mixed model."""
    own = [row for row in _rows(texts["margins"]) if row["timepoint"] == PLACE["timepoint"] and row["estimate"]]
    if not own:
        return "no_contrast"
    fell = [float(row["estimate"]) < 0 and bool(row["upper"]) and float(row["upper"]) < 0 for row in own]
    return "beyond_chance" if all(fell) else "within_chance"


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _here(row: dict[str, str]) -> bool:
    return all(row[name] == value for name, value in PLACE.items())


def check_clinic(study: Study, patients: int, seed: int) -> dict[str, Any]:
    """Return one clinic's verdicts, whether its tables give the same ones, and whether the truth lies where they say."""
    start: dict[str, Any] = {"seed": seed, "patients": patients}
    try:
        texts, truth = release(study, patients, seed)
    except OutcomesError as error:
        return start | {"works": f"refused: {str(error)[:60]}"}
    material = gather({name: read_table(text, name) for name, text in texts.items()}, study, {})
    evidence = gather_evidence(material)
    answer_questions(material, evidence)
    verdicts = {row: decide(row, evidence).name for row in ("works", "better", "sure")}
    agrees = rederive(texts, study, evidence.important) == (verdicts["better"], verdicts["sure"])
    true, found, response = truth["mean_change"]["ato"]["difference"], evidence.difference, evidence.response
    row = start | verdicts | {"agrees": agrees, "truth": true, "important": evidence.important}
    if found is not None and not evidence.too_few:
        wrong = verdicts["better"] == "clear" and (found.value > 0) != (true > 0)
        wrong |= verdicts["better"] == "excluded" and abs(true) >= (evidence.important or np.inf)
        row |= {"estimate": found.value, "lower": found.lower, "upper": found.upper, "wrong_direction": wrong,
                "covered": found.lower <= true <= found.upper}  # fmt: skip
    if response is not None and not evidence.too_few:
        own = truth["response"]["ato"]["difference"]
        row |= {"response": response.value, "response_lower": response.lower, "response_upper": response.upper,
                "response_truth": own, "response_covered": response.lower <= own <= response.upper}  # fmt: skip
    return row


def main() -> None:
    """Run the clinics that the file does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=200)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    study, done = make_study(), []
    if options.out.is_file():
        done = pd.read_csv(options.out).to_dict("records")
    for seed in tqdm(range(len(done) + 1, options.clinics + 1), disable=None):
        done.append(check_clinic(study, SIZES[seed % len(SIZES)], seed))
        pd.DataFrame(done).reindex(columns=COLUMNS).round(4).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
