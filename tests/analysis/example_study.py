"""A small made-up study for tests: three arms, sessions, days, a clean window, and two instruments, as contract tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.contracts import CONTRACTS, check_table

ARMS = ("esketamine", "iv", "im")
SIZES = {"esketamine": 260, "iv": 520, "im": 70}
DROP = {"esketamine": 0.42, "iv": 0.50, "im": 0.38}  # fall of the mean score by the end, as a proportion of baseline
INSTRUMENTS = {"phq9": (16.8, 5.0, 27, 4), "phq8": (15.3, 4.6, 24, None), "gad7": (12.5, 4.8, 21, 4)}
PLACES = [
    *[("session", f"session {k}", float(k), 3.5 * k - 2) for k in range(1, 7)],
    *[("day", f"day {d}", float(d), float(d)) for d in (7, 14, 28, 56)],
    ("clean", "clean window", np.nan, 40.0),
]


def conform(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Give a table the types of its contract, missing optional columns included."""
    rules = CONTRACTS[name].fields
    for column, rule in rules.items():
        if column not in table and rule.required:
            table[column] = np.nan if rule.dtype == "float64" else pd.NA
        if column in table:
            table[column] = table[column].astype(rule.dtype)
    return check_table(table, name)


def generate_endpoints(seed: int = 7, sizes: dict[str, int] = SIZES) -> pd.DataFrame:
    """Return endpoint rows of made-up series, one a patient."""
    generator = np.random.default_rng(seed)
    arm = np.repeat(list(sizes), list(sizes.values()))
    n = len(arm)
    skill = generator.normal(0, 0.28, n)
    stop = generator.geometric(0.05, n)
    parts = []
    for instrument, (mean, sd, maximum, _) in INSTRUMENTS.items():
        baseline = np.clip(np.round(generator.normal(mean, sd, n)), 0, maximum)
        baseline[generator.random(n) < 0.08] = np.nan
        ideation = generator.choice(4, n, p=[0.5, 0.25, 0.15, 0.1]).astype(float)
        common = {"patient": range(1, n + 1), "series": 1, "arm": arm, "instrument": instrument, "baseline": baseline}
        parts.append(
            pd.DataFrame(common).assign(axis="baseline", timepoint="baseline", time=0.0, reached=True, score=baseline)
        )
        parts[-1]["ideation"] = np.where(np.isnan(baseline) | (instrument != "phq9"), np.nan, ideation)
        parts[-1]["baseline_ideation"] = parts[-1]["ideation"]
        for axis, timepoint, time, day in PLACES:
            share = np.array([DROP[a] for a in arm]) * (1 - np.exp(-day / 12)) + skill * np.sqrt(min(day, 25) / 25)
            score = np.clip(
                np.round(np.nan_to_num(baseline, nan=mean) * (1 - share) + generator.normal(0, 2, n)), 0, maximum
            )
            reached = (stop >= time) if axis == "session" else np.ones(n, bool)
            seen = reached & (generator.random(n) < 0.95 - 0.004 * day) & (3.5 * stop + 20 > day)
            score = np.where(seen, score, np.nan)
            rows = pd.DataFrame(common).assign(axis=axis, timepoint=timepoint, time=time, reached=reached, score=score)
            rows["score_day"] = np.where(seen, round(day), np.nan)
            rows["recall_overlap_days"] = np.where(seen, max(0, 14 - round(day)), np.nan)
            if instrument == "phq9":
                later = np.where(generator.random(n) < 0.55, np.maximum(ideation - 1, 0), ideation)
                rows["ideation"] = np.where(seen, later, np.nan)
                rows["baseline_ideation"] = np.where(np.isnan(baseline), np.nan, ideation)
            parts.append(rows)
    table = pd.concat(parts, ignore_index=True)
    return conform(derive_endpoints(table), "endpoints")


def derive_endpoints(table: pd.DataFrame) -> pd.DataFrame:
    """Add change, percent change, and the binary endpoints from score and baseline, as DOMAIN's definitions say."""
    change = table["score"] - table["baseline"]
    table = table.assign(change=change, percent_change=100 * change / table["baseline"].where(table["baseline"] > 0))
    limit = table["instrument"].map({name: entry[3] for name, entry in INSTRUMENTS.items()})
    binary = {
        "response": (table["percent_change"] <= -50, change.notna()),
        "remission": (table["score"] <= limit, table["score"].notna() & limit.notna()),
        "worsening": (change >= 1, change.notna()),
    }
    for name, (event, known) in binary.items():
        table[name] = event.astype("boolean").mask(~known)
    return table


def derive_cohort(endpoints: pd.DataFrame) -> pd.DataFrame:
    """Return a cohort with every series in it but those of every 17th patient."""
    table = endpoints[["patient", "series", "arm"]].drop_duplicates(["patient", "series"], ignore_index=True)
    included = table["patient"] % 17 != 0
    table = table.assign(included=included, exclusion=pd.Series("below entry threshold", table.index).mask(included))
    table = table.assign(complies=True, sessions=6, induction_sessions=6)
    return conform(table, "cohort")


def derive_series(cohort: pd.DataFrame) -> pd.DataFrame:
    table = cohort[["patient", "series", "arm", "sessions", "induction_sessions"]].assign(
        start_day=0, induction_end_day=18, end_day=18, maintenance_sessions=0, complies=True, switched=False
    )
    return conform(table, "series")


def generate_patients(endpoints: pd.DataFrame, seed: int = 8, without_series: int = 23) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    n = int(endpoints["patient"].max()) + without_series
    table = pd.DataFrame({"patient": range(1, n + 1), "site": generator.choice(["north", "south", "west"], n)})
    table["age"] = np.where(generator.random(n) < 0.03, np.nan, np.clip(generator.normal(43, 13, n), 18, 88).round())
    table["sex"] = generator.choice(["female", "male"], n, p=[0.6, 0.4])
    table["payer"] = pd.Categorical(generator.choice(["insured", "self-pay"], n, p=[0.4, 0.6]))
    table["failed_antidepressants"] = generator.poisson(3, n).astype(float)
    return conform(table, "patients")


def generate_ledger() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a ledger and the balance it adds up to."""
    plan = [("merged", "same_day", 41), ("quarantined", "impossible_total", 17), ("quarantined", "no_date", 29)]
    plan += [("corrected", "weight_implausible", 35), ("flagged", "non_integer_total", 14)]
    rows = [(state, reason) for state, reason, count in plan for _ in range(count)]
    ledger = pd.DataFrame(rows, columns=["state", "reason"]).assign(file="north.csv", row=range(2, len(rows) + 2))
    ledger = ledger.assign(column=pd.NA, old=pd.NA, new=pd.NA)
    counts = {
        state: sum(c for s, _, c in plan if s == state) for state in ("merged", "quarantined", "corrected", "flagged")
    }
    kept = 9876
    balance = pd.DataFrame(
        [
            {
                "file": "north.csv",
                "raw": kept + counts["merged"] + counts["quarantined"],
                "kept": kept,
                "people": 800,
                **counts,
            }
        ]
    )
    return conform(ledger, "ledger"), conform(balance, "balance")
