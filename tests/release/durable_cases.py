"""Durability of made-up arms, before the gate: every table, each arm with numbers of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd

DECLARED = {"instrument": "phq9", "relapse": {"score_from": 15}}
STEPS = ("treated", "without_further_treatment", "scored", "in_response", "followed")
WEEKS = (4, 8, 12)
ENDS = ("loss", "relapse")
SPANS = ("weeks 2 to 12", *(f"week {week}" for week in WEEKS))


def make_durability_tables(
    arms: list[str], rng: np.random.Generator, sizes: dict[str, int] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables of durability; sizes are how many of each arm are in response at the landmark."""
    sizes = {arm: int(rng.integers(60, 1200)) for arm in arms} if sizes is None else sizes
    rows: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("cohort", "visits", "attendance", "curve", "at_visit", "held", "first")
    }
    for arm, n in sizes.items():
        seen = int(rng.integers(n // 2, n + 1))
        chain = (4 * n, 3 * n, 2 * n, n, seen)
        rows["cohort"] += [{"arm": arm, "step": step, "n": size} for step, size in zip(STEPS, chain, strict=True)]
        good, bad = 3 * n, n
        rows["visits"].append(
            {"arm": arm, "n": n, "seen": seen, "scores": 4 * n, "median_gap_days": float(rng.integers(7, 30))}
            | {"good": good, "good_last": int(rng.integers(0, good)), "bad": bad, "bad_last": int(rng.integers(0, bad))}
        )
        for window in ("2 to 6", "6 to 10", "10 to 14"):
            none, one = int(rng.integers(0, n // 3 + 1)), int(rng.integers(0, n // 3 + 1))
            counts = {"n": n, "none": none, "one": one, "several": n - none - one}
            rows["attendance"].append({"arm": arm, "window": window, **counts})
        for end in ENDS:
            _follow(rows, arm, end, n, seen, rng)
    tables = {f"durability_{name}": pd.DataFrame(table) for name, table in rows.items()}
    return tables | _compare(list(sizes.items()), rng)


def _follow(
    rows: dict[str, list[dict[str, object]]], arm: str, end: str, n: int, seen: int, rng: np.random.Generator
) -> None:
    shares = np.cumprod(rng.uniform(0.93, 0.99, 14))
    for week, share in zip(range(3, 17), shares, strict=True):
        row = {"arm": arm, "end": end, "share": share, "lower": share * 0.9, "upper": min(1.0, share * 1.1), "n": n}
        near = int(rng.integers(0, seen + 1))
        rows["curve"].append({**row, "week": week, "seen": near, "fewest": seen})
        if week in WEEKS:
            held = int(rng.binomial(near, share))
            visit = {"seen": near, "held": held, "share": held / near if near else np.nan, "lower": 0.4, "upper": 0.9}
            rows["at_visit"].append({"arm": arm, "end": end, "week": week, **visit})
            rows["held"].append({**row, "method": "weighted", "time": f"week {week}", "seen": seen, "fewest": seen})
            for method in ("kaplan_meier", "turnbull"):
                rows["first"].append({**row, "method": method, "week": week})
    mean = {"share": 0.7, "lower": 0.6, "upper": 0.8, "weeks": 7.0}
    rows["held"].append(
        {"arm": arm, "end": end, "method": "weighted", "time": SPANS[0], **mean, "n": n, "seen": seen, "fewest": seen}
    )


def _compare(sizes: list[tuple[str, int]], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    (reference, m), (treated, n) = sizes[0], sizes[min(1, len(sizes) - 1)]
    facts = {"treated": treated, "reference": reference, "n_treated": n, "n_reference": m, "fewest": min(n, m)}
    effects = [
        {
            **facts,
            "end": end,
            "method": method,
            "weights": "none",
            "time": span,
            "unit": "share" if place else "weeks in response",
        }
        | {"difference": 0.09 if place else 0.7, "lower": -0.03, "upper": 0.21 if place else 1.9, "p_value": 0.13}
        | {"bootstrap_error": np.nan, "seen_treated": n // 2, "seen_reference": m // 2, "effective_n": float(n + m)}
        | {"primary": end == "loss" and method == "targeted" and not place, "stated": False, "note": ""}
        for end in ENDS
        for method in ("weighted", "targeted", "likelihood")
        for place, span in enumerate(SPANS)
    ]
    tilts = [
        {**facts, "weights": "none", "case": "tilted", "arms": arms, "times": 2.0, "difference": float(rng.normal()), "lower": -2.0, "upper": 2.0}
        for arms in ("none", "both", "treated", "reference")
    ] + [
        {**facts, "weights": "none", "case": "tipping", "arms": arms, "times": 1.7, "difference": np.nan, "lower": np.nan, "upper": np.nan}
        for arms in ("both", "treated", "reference")
    ]  # fmt: skip
    return {"durability_effect": pd.DataFrame(effects), "durability_tilt": pd.DataFrame(tilts)}
