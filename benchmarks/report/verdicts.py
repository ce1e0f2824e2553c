"""Verdicts of the first page on synthetic clinics beside their released tables, and beside the truth that made the clinics.

A clinic of 80 to 600 patients is drawn without mess; every visit asks for adverse effects. Of its tables those are derived that the first page
reads, as the shipped study file declares (one imputation method, no bootstrap, no learned models, no time points by session), go through the
disclosure gate, and are written as CSV. The first page is built from what is read back. Its verdicts are then checked twice. Against the tables:
the released rows are read as text, and each of the six verdicts is derived from them anew. Against the truth: ``estimands`` of the clinic
(``ato``, change and response at day 28), and, for a response said to last longer, ``durability_without_maintenance`` at its last week.

    python benchmarks/report/verdicts.py --clinics 200 --out benchmarks/report/verdicts.csv
    python benchmarks/report/verdicts.py --summary --out benchmarks/report/verdicts.csv

A line a clinic; a run that is broken off is taken up where it ended. `--summary` counts what was found, with Monte-Carlo errors.
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
from outcomes.analysis.durability.describe import describe_durability
from outcomes.analysis.harms.describe import describe_harms
from outcomes.analysis.models import collect_models, fit_model, model_frame
from outcomes.analysis.rates import tabulate_missingness, tabulate_response
from outcomes.analysis.scores import tabulate_scores
from outcomes.contracts import empty_table
from outcomes.contracts.released.text import format_table, read_table
from outcomes.errors import OutcomesError
from outcomes.measures.variants import derive_variants
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
READ = ("effects", "risks", "imputations", "sensitivity", "covariate_balance", "comparison_statement", "interactions", "subgroups",
        "scores", "response", "missingness", "models", "margins", "harms", "harm_details", "harm_differences", "durability_curve",
        "durability_visits", "durability_effect")  # fmt: skip
PAIR = ("iv", "esketamine")
NOTICED = 0.21  # of the baseline, of the PHQ-9 (10.1017/S0033291720003700)
VALID = (
    "covariate_adjusted", "doubly_robust", "machine_learning", "weighted_att", "weighted_ate", "arm_covariances", "gee_weighted",
    "site_fixed", "site_random", "site_pooled_fixed", "site_pooled_random", "missing_indicator", "missing_exclude", "missing_impute",
    "complete_cases", "imputed_mar", "jump_to_reference", "copy_reference", "copy_increments", "censoring_weighted",
    "windows_narrower", "windows_wider", "baseline_last", "baseline_mean", "baseline_worst",
)  # fmt: skip
ROWS = ("works", "better", "whom", "sure", "safe", "long")
COLUMNS = ["seed", "patients", *ROWS, "agrees", "differs_in", "lasting_favours_longer", "estimate", "lower", "upper", "important", "truth", "covered",
           "wrong_direction", "response", "response_lower", "response_upper", "response_truth", "response_covered"]  # fmt: skip


def make_study() -> Study:
    """Return the shipped study without what no checked verdict depends on."""
    settings: dict[str, Any] = yaml.safe_load((ROOT / "config" / "example.yaml").read_text(encoding="utf-8"))
    settings["instruments"] = ["phq9"]
    del settings["regression_to_mean"]
    settings["durability"]["replicates"] = 0
    comparison = settings["comparison"]
    del comparison["early_signals"]
    comparison |= {"replicates": 0, "deltas": [0, 2, 4], "variants": {}, "negative_control": {}, "learning_splits": 0}
    comparison["imputation"] |= {"draws": 20, "methods": ["jump_to_reference"], "deltas": []}
    settings["models"] = {"phq9_by_day": settings["models"]["phq9_by_day"]}
    del settings["timepoints"]["sessions"]
    settings["report"]["headline"] = PLACE["timepoint"]
    return check_study(settings)


def release(study: Study, patients: int, seed: int) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the released tables of one clinic as text, and its truth."""
    network = simulate_network(patients, seed, None)
    clean = build_tables(network, study)
    measured = tuple(clean[name] for name in ("scores", "series", "series_sessions", "patients"))
    assert study.comparison is not None
    clean["variants"] = derive_variants(*measured, define(study), declare_variants(study), study.comparison.estimand)
    clean["series_sessions"] = clean["series_sessions"].assign(
        harms_mode=pd.Categorical(["solicited"] * len(clean["series_sessions"]))
    )
    clean["adverse_events"] = network.adverse_events[["patient", "study_day", "event", "severity"]]
    clean["vitals"] = empty_table("vitals")
    given = (clean["endpoints"], clean["cohort"], [arm.id for arm in study.arms])
    tables = dict(compare_arms(clean, study.comparison, study)) | describe_harms(clean, study)
    tables |= {"scores": tabulate_scores(*given), "missingness": tabulate_missingness(*given)}
    tables |= {"response": tabulate_response(*given, study.timepoints.measured_share)}
    tables |= describe_durability(clean, study.durability, study)[1]
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
    released = release_tables({name: tables[name] for name in READ if name in tables}, study.privacy)
    return {name: format_table(table) for name, table in released.items()}, network.truth


def rederive(texts: dict[str, str], study: Study) -> dict[str, str]:
    """Return the verdicts, from the released text alone."""
    better, sure = _judge_difference(texts)
    return {"works": _judge_works(texts), "better": better, "whom": _judge_subgroups(texts), "sure": sure,
            "safe": _judge_harms(texts), "long": _judge_lasting(texts, study)}  # fmt: skip


def find_noticed(texts: dict[str, str]) -> float | None:
    """Return the change that matters to a patient: the share noticed of the weighted mean baseline; None where that is not released."""
    own = [
        row
        for row in _rows(texts.get("covariate_balance", ""))
        if (row["weights"], row["variable"]) == ("overlap", "baseline")
    ]
    sides = [row[name] for row in own for name in ("treated_after", "reference_after")]
    return NOTICED * sum(map(float, sides)) / len(sides) if sides and all(sides) else None


def _judge_difference(texts: dict[str, str]) -> tuple[str, str]:
    """Return the verdicts on the difference and on how sure it is."""
    effect = next((row for row in _rows(texts["effects"]) if _here(row) and row["variance"] == "cr2"), None)
    if any(row["subject"] == "left out" for row in _rows(texts["comparison_statement"])):
        return "left_out", _judge_changes(texts)
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
        and row["estimate"] and row["lower"] and row["analysis"] in VALID
    ]  # fmt: skip
    signs = {value > 0 for value, _, _ in (main, *others) if round(value, 1)}  # as printed
    apart = len(signs) > 1 or (not round(main[0], 1) and bool(signs))
    excludes = [low > 0 or high < 0 for _, low, high in (main, *others)]
    if apart and any(excludes):
        return "disagree", "disagree"
    important = find_noticed(texts)
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
    """Return how sure the change of each arm is, where arms are not compared."""
    found = _judge_works(texts)
    return {"not_measured": "no_contrast", "improved": "beyond_chance"}.get(found, "within_chance")


def _judge_works(texts: dict[str, str]) -> str:
    """Return the verdict on the change of each arm, from the means of the mixed model."""
    own = [row for row in _rows(texts.get("margins", "")) if row["timepoint"] == PLACE["timepoint"] and row["estimate"]]
    if not own:
        return "not_measured"
    fell = [float(row["estimate"]) < 0 and bool(row["upper"]) and float(row["upper"]) < 0 for row in own]
    return "improved" if all(fell) else "unclear"


def _judge_subgroups(texts: dict[str, str]) -> str:
    levels = [
        row for row in _rows(texts.get("subgroups", "")) if row["endpoint"] == "change" and row["variable"] != "all"
    ]
    if not levels:
        return "not_asked"
    shown = {row["variable"] for row in levels}
    tests = [row for row in _rows(texts["interactions"]) if row["endpoint"] == "change" and row["variable"] in shown]
    if not any(row["estimate"] and row["lower"] and row["upper"] for row in levels):
        return "few"
    return "depends" if any(row["p_adjusted"] and float(row["p_adjusted"]) < 0.05 for row in tests) else "alike"


def _judge_harms(texts: dict[str, str]) -> str:
    """Return the verdict on adverse effects of all sessions, of the two arms compared."""
    whole = [row for row in _rows(texts["harms"]) if row["block"] == "all sessions" and row["arm"] in PAIR]
    contrast = [
        row
        for row in _rows(texts["harm_differences"])
        if row["block"] == "all sessions" and row["contrast"] == " - ".join(PAIR)
    ]
    shown = {
        event: [row for row in whole if row["event"] == event and row["proportion"]]
        for event in {row["event"] for row in whole}
    }
    both = {event for event, rows in shown.items() if len(rows) == len(PAIR)}
    apart = {
        row["event"]
        for row in contrast
        if (row["lower"] and float(row["lower"]) > 0) or (row["upper"] and float(row["upper"]) < 0)
    } & both
    if apart - {"any", "any severe"}:
        return "differ"
    if apart:
        return "more"
    if not both:
        return "few"
    return "alike" if any(row["lower"] for row in contrast) else "uncompared"


def _judge_lasting(texts: dict[str, str], study: Study) -> str:
    """Return the verdict on how long a response lasts: longer only where both weighted estimates exclude zero on one side."""
    assert study.durability is not None
    rows = _rows(texts.get("durability_curve", ""))
    last = [
        row["arm"]
        for row in rows
        if row["end"] == "loss" and float(row["week"]) == study.durability.weeks[-1] and row["share"]
    ]
    seen = {row["arm"]: row["seen"] for row in _rows(texts.get("durability_visits", ""))}
    counts = [seen.get(arm, "") for arm in PAIR if arm in last]
    if not rows:
        return "not_measured"
    if len(counts) < len(PAIR) or any(not one or one.startswith("<") or float(one) < FEW for one in counts):
        return "few"
    effects = _rows(texts["durability_effect"])
    primary = next((row for row in effects if row["primary"] == "true" and row["difference"]), {})
    both = [
        row
        for row in effects
        if row["method"] in ("weighted", "targeted")
        and all(row[name] == primary.get(name) for name in ("end", "weights", "time"))
    ]
    sides = {_side(row) for row in both}
    if primary and len(both) == 2 and len(sides) == 1 and sides != {0}:
        return "longer"
    return "one_estimate" if primary and _side(primary) else "uncertain"


def _side(row: dict[str, str]) -> int:
    """Return 1 or -1 where the interval lies on one side of zero, else 0."""
    if not row["lower"] or not row["upper"]:
        return 0
    return int(float(row["lower"]) > 0) - int(float(row["upper"]) < 0)


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
    verdicts = {row: decide(row, evidence).name for row in ROWS}
    again = rederive(texts, study)
    differs = [row for row in ROWS if again[row] != verdicts[row]]
    day_28, found, response = truth["estimands"]["phq9"]["day_28"], evidence.difference, evidence.response
    true = day_28["mean_change"]["ato"]["difference"]
    row = (
        start
        | verdicts
        | {"agrees": not differs, "differs_in": " ".join(differs), "truth": true, "important": evidence.important}
    )
    if verdicts["long"] == "longer" and evidence.follow_up is not None:
        shares = {
            arm: truth["durability_without_maintenance"][arm][f"week_{study.durability.weeks[-1]}"] for arm in PAIR
        }
        row |= {"lasting_favours_longer": evidence.follow_up.favours == max(shares, key=lambda arm: shares[arm])}
    if found is not None and not evidence.too_few:
        wrong = verdicts["better"] == "clear" and (found.value > 0) != (true > 0)
        wrong |= verdicts["better"] == "excluded" and abs(true) >= (evidence.important or np.inf)
        row |= {"estimate": found.value, "lower": found.lower, "upper": found.upper, "wrong_direction": wrong,
                "covered": found.lower <= true <= found.upper}  # fmt: skip
    if response is not None and not evidence.too_few:
        own = day_28["response"]["ato"]["difference"]
        row |= {"response": response.value, "response_lower": response.lower, "response_upper": response.upper,
                "response_truth": own, "response_covered": response.lower <= own <= response.upper}  # fmt: skip
    return row


def summarize(table: pd.DataFrame) -> pd.DataFrame:
    """Return how often what holds, in percent, of how many clinics, with the Monte-Carlo error."""
    made = table[table["better"].notna()]
    told, answered = made[made["covered"].notna()], made[made["response_covered"].notna()]
    questions = {
        "released tables give the same six verdicts": made["agrees"],
        "interval of the difference holds the truth": told["covered"],
        "interval of the response difference holds the truth": answered["response_covered"],
        "of `clear`: the other arm is truly better": told.loc[told["better"] == "clear", "wrong_direction"],
        "of `excluded`: the true difference is that large": told.loc[told["better"] == "excluded", "wrong_direction"],
        "of `longer`: the arm named keeps more, untreated": made["lasting_favours_longer"].dropna(),
    }
    questions |= {f"{row}: {name}": made[row] == name for row in ROWS for name in made[row].value_counts().index}
    rows = []
    for name, answers in questions.items():
        yes = answers.astype(bool)
        share = float(yes.mean()) if len(yes) else np.nan
        rows.append({"what": name, "yes": int(yes.sum()), "of": len(yes), "percent": 100 * share,
                     "error": 100 * np.sqrt(share * (1 - share) / len(yes)) if len(yes) else np.nan})  # fmt: skip
    return pd.DataFrame(rows).round(1)


def main() -> None:
    """Run the clinics that the file does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clinics", type=int, default=200)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--summary", action="store_true", help="count what the file holds")
    options = parser.parse_args()
    if options.summary:
        print(summarize(pd.read_csv(options.out)).to_string(index=False))
        return
    warnings.simplefilter("ignore")
    study, done = make_study(), []
    if options.out.is_file():
        done = pd.read_csv(options.out).to_dict("records")
    for seed in tqdm(range(len(done) + 1, options.clinics + 1), disable=None):
        done.append(check_clinic(study, SIZES[seed % len(SIZES)], seed))
        pd.DataFrame(done).reindex(columns=COLUMNS).round(4).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
