"""Released tables of made-up studies in every shape that figures and report must bear, with numbers that can be told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from compared_cases import declare_comparison, make_compared_tables, make_regression
from cost_cases import DECLARED as CHARGED
from cost_cases import make_cost_tables
from course_cases import make_course_tables
from dose_cases import make_dose_tables
from durable_cases import DECLARED, make_durability_tables
from harm_cases import make_harm_tables
from onset_cases import make_onset_tables
from pair_cases import make_pair_tables
from site_cases import make_site_tables
from subgroup_cases import make_subgroup_tables

from outcomes.settings import Study, check_study

LONG = (
    "Kétamine intraveineuse à dose fractionnée (protocole élargi, établissements régionaux)",
    "Эскетамин интраназально с психотерапией",
    "Κεταμίνη ενδομυϊκή",
    "静脉注射氯胺酮",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk",
    "كيتامين وريدي بجرعات متكررة مع علاج نفسي",
    "TAU",
)
CLINIC = {
    "session": [(str(k), float(k)) for k in range(1, 7)],
    "day": [(f"day {day}", float(day)) for day in (7, 14, 28, 56)],
    "clean": [("clean window", float("nan"))],
}
MONTHS = {"visit": [(f"month {k}", float(k)) for k in (*range(1, 13), 18)]}
NAMED = {"visit": [(n, float("nan")) for n in ("after induction", "end of maintenance", "follow-up by telephone")]}
KEYS = {
    "arm",
    "instrument",
    "axis",
    "timepoint",
    "time",
    "endpoint",
    "population",
    "contrast",
    "order",
    "unit",
    "label",
}
KEYS |= {"weights", "analysis", "scale", "converged", "note", "subject", "text", "multiplicity"}
KEYS |= {"reason", "bin_lower", "bin_upper", "withheld", "variable", "level", "transition", "model", "file", "state"}
KEYS |= {"method", "delta_treated", "delta_reference", "band", "band_lower"}
KEYS |= {
    "end",
    "method",
    "step",
    "week",
    "variance",
    "covariance",
    "block",
    "event",
    "horizon",
    "measure",
    "willingness",
}
KEYS |= {"site"}

REGRESSION = {"phq9": {"sd": 5.0, "reliability": 0.84, "mean": 16.0, "source": "a published cohort"}}


def make_study(arms: dict[str, str] | None = None, **changes: Any) -> Study:
    """Return the settings of a made-up study; arms are id → label."""
    arms = arms or {"esketamine": "Intranasal esketamine", "iv": "IV ketamine"}
    content: dict[str, Any] = {
        "study": "made-up",
        "data": "nowhere",
        "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
        "instruments": ["phq9"],
        "arms": [{"id": name, "label": label} for name, label in arms.items()],
        "timepoints": {"sessions": [1, 2, 3, 4, 5, 6], "days": [{"day": 28, "before": 7, "after": 7}]},
        "report": {"title": "A made-up study", "headline": "session 6"},
    }
    return check_study(content | changes)


def make_tables(study: Study, axes: Any = None, withheld: float = 0.0, seed: int = 3) -> dict[str, pd.DataFrame]:
    """Return released tables of the study; a share of the rows is withheld."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("scores", "response", "missingness", "change_distribution")
    }
    for instrument in study.instruments:
        for arm in [arm.id for arm in study.arms]:
            _fill(rows, instrument, arm, study.instrument(instrument).maximum, axes or CLINIC, rng)
    tables = {name: pd.DataFrame(entries) for name, entries in rows.items()}
    tables["flow"] = _flow([arm.id for arm in study.arms], rng)
    tables["differences"] = _differences(tables["response"], [arm.id for arm in study.arms])
    tables["baseline"] = _baseline([arm.id for arm in study.arms], rng)
    tables["balance"] = pd.DataFrame(
        [
            {
                "file": "a.csv",
                "unit": "rows",
                "raw": 1000,
                "kept": 954,
                "corrected": 35,
                "flagged": 14,
                "merged": 12,
                "quarantined": 34,
            }
        ]
    )
    tables["ledger"] = pd.DataFrame(
        [{"file": "a.csv", "unit": "rows", "state": "quarantined", "reason": "no_date", "rows": 34}]
    )
    if study.comparison is not None:
        tables |= make_compared_tables(study.comparison.estimand.treated, study.comparison.estimand.reference, rng)
        tables |= make_subgroup_tables()
        tables |= make_site_tables(np.random.default_rng(5))
    if study.regression_to_mean:
        tables["regression_to_mean"] = make_regression([arm.id for arm in study.arms])
    if study.durability is not None:
        tables |= make_durability_tables([arm.id for arm in study.arms], rng)
    tables |= make_harm_tables([arm.id for arm in study.arms], rng)
    tables |= make_onset_tables(study.instruments[0], [arm.id for arm in study.arms], rng)
    tables |= make_pair_tables(study.instruments, [arm.id for arm in study.arms], np.random.default_rng([seed, 3]))
    if axes is None or "session" in axes:
        tables |= make_dose_tables([arm.id for arm in study.arms], np.random.default_rng([seed, 4]))
        tables |= make_course_tables(study.instruments[0], np.random.default_rng([seed, 2]))
    if study.cost is not None:
        own = np.random.default_rng([seed, 1])
        tables |= make_cost_tables([arm.id for arm in study.arms], study.comparison is not None, own)
    released = {name: withhold(table, rng.random(len(table)) < withheld) for name, table in tables.items()}
    found = {
        "order": 1,
        "check": "sessions_without_scores",
        "meaning": "Treated people without any questionnaire.",
        "file": "all inputs",
    }
    released["data_health"] = pd.DataFrame(
        [found | {"column": "", "unit": "people", "n": 15, "total": 480, "accepted": ""}]
    )
    return released


def withhold(table: pd.DataFrame, which: Any) -> pd.DataFrame:
    """Return the table with the numbers of some rows withheld."""
    words = set(table.select_dtypes(exclude="number"))
    numbers = [name for name in table if name not in KEYS and name not in words]
    table = table.astype(dict.fromkeys(numbers, float))
    table.loc[which, numbers] = np.nan
    return table.assign(withheld=which)


def _fill(rows: Any, instrument: str, arm: str, maximum: float, axes: Any, rng: np.random.Generator) -> None:
    started = int(rng.integers(60, 1200))
    base = {"arm": arm, "instrument": instrument}
    places = [("baseline", "baseline", 0.0)] + [(axis, name, t) for axis, points in axes.items() for name, t in points]
    for index, (axis, timepoint, time) in enumerate(places):
        place = {**base, "axis": axis, "timepoint": timepoint, "time": time}
        n = int(started * rng.uniform(0.4, 0.95))
        mean = maximum * rng.uniform(0.3, 0.6) - 0.1 * index
        spread = {"sd": maximum * 0.2, "median": round(mean), "q1": round(mean - 3), "q3": round(mean + 3)}
        half = 1.96 * maximum * 0.2 / n**0.5
        rows["scores"].append({**place, "n": n, "mean": mean, **spread, "lower": mean - half, "upper": mean + half})
        if axis == "baseline":
            continue
        counts = {"started": started, "reached": int(n * 1.03), "observed": n, "missing_proportion": 1 - n / started}
        rows["missingness"].append({**place, **counts})
        for endpoint in ("response", "remission", "worsening"):
            events = int(n * rng.uniform(0.05, 0.6))
            for population, total in (("started", started), ("observed", n)):
                p = events / total
                bounds = {"proportion": p, "lower": max(0.0, p - 0.06), "upper": min(1.0, p + 0.07)}
                entry = {**place, "endpoint": endpoint, "population": population, "n": total, "events": events}
                rows["response"].append(entry | bounds)
        counts = rng.multinomial(n, np.full(21, 1 / 21))
        for step, count in enumerate(counts):
            upper = -90 + 10 * step if step < 20 else np.nan
            entry = {**base, "axis": axis, "timepoint": timepoint, "bin_lower": -100 + 10 * step, "bin_upper": upper}
            rows["change_distribution"].append(entry | {"n": count, "cumulative": counts[: step + 1].sum() / n})


def _flow(arms: list[str], rng: np.random.Generator) -> pd.DataFrame:
    steps = [("rows", "all", "Rows in the export", ""), ("rows", "all", "merged: same_day", "same_day")]
    steps += [("rows", "all", "quarantined: impossible_total", "impossible_total"), ("rows", "all", "Rows kept", "")]
    steps += [("patients", "all", "Patients with a series", ""), ("series", "all", "Series", "")]
    steps += [
        ("series", "all", "below entry threshold", "below entry threshold"),
        ("series", "all", "Series analysed", ""),
    ]
    steps += [("patients", "all", "Patients analysed", "")]
    for arm in arms:
        steps += [("series", arm, "Series", ""), ("series", arm, "below entry threshold", "below entry threshold")]
        steps += [("series", arm, "Series analysed", "")]
        steps += [("series", arm, f"Series with phq9 score, {place}", "") for place in ("session 6", "day 28")]
    table = pd.DataFrame(steps, columns=["unit", "arm", "label", "reason"])
    return table.assign(order=range(1, len(table) + 1), n=rng.integers(11, 9999, len(table)))


def _differences(response: pd.DataFrame, arms: list[str]) -> pd.DataFrame:
    keys = ["instrument", "axis", "timepoint", "time", "endpoint", "population"]
    parts = [
        response.loc[response["arm"] == arm, keys].assign(
            contrast=f"{arm} - {arms[0]}", difference=0.123 + index / 100, lower=-0.02, upper=0.21
        )
        for index, arm in enumerate(arms[1:])
    ]
    columns = [*keys, "contrast", "difference", "lower", "upper"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _baseline(arms: list[str], rng: np.random.Generator) -> pd.DataFrame:
    empty = dict.fromkeys(("mean", "sd", "median", "q1", "q3", "percent", "missing"), np.nan)
    rows = []
    for arm in ["all", *arms]:
        rows.append({"variable": "patients", "level": "", "arm": arm, "n": 321, **empty})
        age = {
            "n": 300,
            "mean": 43.21,
            "sd": 12.34,
            "median": 42.0,
            "q1": 33.0,
            "q3": 52.0,
            "percent": np.nan,
            "missing": 21,
        }
        rows.append({"variable": "age", "level": "", "arm": arm, **age})
        for level, percent in (("female", 61.5), ("male", 38.5)):
            n = int(rng.integers(50, 200))
            rows.append(
                {"variable": "sex", "level": level, "arm": arm, "n": n, **empty, "percent": percent, "missing": 0}
            )
    return pd.DataFrame(rows)


def make_models(converged: bool = True) -> dict[str, pd.DataFrame]:
    """Return the tables of one model with two arms and two time points."""
    model = {"model": "primary", "label": "Change by session", "primary": True, "instrument": "phq9", "axis": "session"}
    model |= {"formula": "change ~ arm*timepoint", "engine": "mixed", "covariance": "unstructured"}
    model |= {"tried": "unstructured", "random": None, "method": "reml", "df": "kenward_roger", "vcov": "model"}
    model |= {"n_subjects": 432, "n_observations": 2345, "dropped_rows": 0, "dropped_subjects": 0, "loglik": -4321.987}
    model |= {"aic": 8650.1, "bic": 8700.2, "converged": converged, "warnings": None}
    line = {"model": "primary", "estimate": -3.456, "std_error": 0.5, "df": 300.5, "lower": -4.44, "upper": -2.46}
    line |= {"p_value": 0.0312}
    margins = [line | {"arm": arm, "timepoint": t} for t in ("1", "6") for arm in ("esketamine", "iv")]
    differences = [line | {"contrast": "iv - esketamine", "timepoint": t} for t in ("1", "6")]
    test = {"model": "primary", "term": "arm:timepoint", "type": "III", "num_df": 5, "den_df": 311.2, "statistic": 2.71}
    tables = {
        "models": [model],
        "margins": margins,
        "model_differences": differences,
        "tests": [test | {"p_value": 0.0004}],
    }
    return {name: pd.DataFrame(rows).assign(withheld=False) for name, rows in tables.items()}


def make_case(name: str) -> tuple[dict[str, pd.DataFrame], Study]:
    """Return tables and study of one of the shapes."""
    months = {"series": {"origin": "visits"}, "report": {"title": "Months", "time_unit": "month"}}
    study = {
        "two arms": lambda: make_study(
            comparison=declare_comparison("iv", "esketamine"),
            durability=DECLARED,
            regression_to_mean=REGRESSION,
            cost=CHARGED,
        ),
        "one arm": lambda: make_study({"iv": "IV ketamine"}, cost=CHARGED),
        "seven arms": lambda: make_study(
            {f"arm{i}": label for i, label in enumerate(LONG, 1)},
            comparison=declare_comparison("arm1", "arm4"),
            durability=DECLARED,
            regression_to_mean=REGRESSION,
            cost=CHARGED,
        ),
        "withheld": lambda: make_study(
            comparison=declare_comparison("iv", "esketamine"),
            durability=DECLARED,
            regression_to_mean=REGRESSION,
            cost=CHARGED,
        ),
        "months": lambda: make_study({"TAU": "Treatment as usual", "RO-DBT": "Radically open DBT"}, **months),
        "named visits": lambda: make_study(**{**months, "instruments": ["madrs"]}),
        "two instruments": lambda: make_study(instruments=["phq9", "gad7"]),
    }[name]()
    axes = {"months": MONTHS, "named visits": NAMED}.get(name, CLINIC)
    share = {"withheld": 1.1, "seven arms": 0.15, "two instruments": 0.1}.get(name, 0.0)
    return make_tables(study, axes, share), study


def make_compared() -> tuple[dict[str, pd.DataFrame], Study]:
    """Return tables and study with a declared comparison whose diagnostics leave something to say."""
    estimand = {"treated": "iv", "reference": "esketamine", "instrument": "phq9", "axis": "day", "timepoint": "day 28"}
    declared = {"estimand": estimand, "confounders": ["baseline", "payer", "age"], "left_out": ["payer"]}
    report = {"title": "Compared", "headline": "session 6", "design": "observational"}
    study = make_study(comparison=declared, report=report)
    place = {"axis": "day", "timepoint": "day 28"}
    effect = {
        **place,
        "treated_mean": -8.77,
        "reference_mean": -6.81,
        "estimate": -1.96,
        "std_error": 0.41,
        "df": 588.2,
    }
    effect |= {"treated_lower": -9.35, "treated_upper": -8.19, "reference_lower": -7.33, "reference_upper": -6.29}
    effect |= {
        "p_value": 0.0021,
        "n_treated": 433,
        "n_reference": 506,
        "observed_treated": 269,
        "observed_reference": 422,
    }
    effect |= {"effective_n": 699.4, "covariance": "unstructured", "converged": True, "note": None}
    bounds = {"cr2": {"lower": -2.78, "upper": -1.14}, "bootstrap": {"lower": -2.83, "upper": -1.07}}
    other = {"endpoint": "change", "scale": "points", **place, "n": 939, "effective_n": 699.4, "converged": True}
    analyses = {"unadjusted": (-2.72, -3.53, -1.91), "doubly_robust": (-0.58, -1.31, 0.17)}
    sensitivity = [
        other | {"analysis": name, "estimate": value, "lower": low, "upper": high, "note": None}
        for name, (value, low, high) in analyses.items()
    ]
    tipping = {"analysis": "tipping_point_treated", "scale": "delta in points", "estimate": 2.47, "note": None}
    failed = {"analysis": "without_payer", "converged": False, "note": "did not converge"}
    empty = dict.fromkeys(("estimate", "lower", "upper"))
    sensitivity += [other | empty | tipping, other | empty | failed]
    balance = {"weights": "overlap", "n_treated": 99, "n_reference": 88, "smd_before": 0.41, "smd_after": 0.17}
    balance |= {"treated_before": 0.33, "reference_before": 0.22, "treated_after": 0.31, "reference_after": 0.27}
    weights = {"weights": "overlap", "sd": 0.6, "p5": 0.2, "median": 1.0, "p95": 2.1}
    tables = {
        "effects": [effect | {"variance": name} | interval for name, interval in bounds.items()],
        "sensitivity": sensitivity,
        "covariate_balance": [balance | {"variable": "payer", "level": "medicaid"}],
        "positivity": [
            {"variable": "payer", "level": "veterans", "n_treated": 31, "n_reference": 0, "lacks": "esketamine"}
        ],
        "weights": [
            weights | {"arm": "iv", "n": 444, "effective_n": 322.7, "truncated": 13, "without_weight": 17},
            weights | {"arm": "esketamine", "n": 529, "effective_n": 511.2, "truncated": 0, "without_weight": 0},
        ],
        "comparison_statement": [{"subject": "design", "text": "Treatment was not randomized."}],
    }
    compared = {name: pd.DataFrame(rows).assign(withheld=False) for name, rows in tables.items()}
    return make_tables(study) | make_models() | compared, study


CASES = ("two arms", "one arm", "seven arms", "withheld", "months", "named visits", "two instruments")
