"""How often the intervals of adverse events hold the truth, over drawn clinics of two arms whose risks are known.

Patients differ in proneness (gamma, mean 1), some leave after each session whatever happened, and one arm has twice as many sessions as the other, after the sixth a pause between them. An event at a session has the
chance 1 − exp(−hazard · proneness), so that every risk, rate, and share has a closed form.

    python benchmarks/harms/coverage_of_harms.py [clinics]
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.analysis.harms.attribution import CARRY_DAYS, attach_events, number_sessions
from outcomes.analysis.harms.rates import HORIZON, tabulate_harm_rates
from outcomes.analysis.harms.risks import tabulate_harm_differences, tabulate_harms
from outcomes.analysis.harms.sessions import tabulate_harm_sessions

SIZES = (60, 240)  # patients an arm
DAYS = {"esketamine": np.r_[0:24:4, 80:104:4], "iv": np.r_[0:18:3]}  # of the sessions, at most
STAY = 0.93  # after each session
SPREAD = 0.64  # variance of the proneness
HAZARDS = {"nausea": {"esketamine": 0.12, "iv": 0.25}, "headache": {"esketamine": 0.02, "iv": 0.02}}
BLOCKS = {"all sessions": 0, "first session": 1, "first 6 sessions": 6}
Truth = dict[tuple[str, str, str], float]


def spare(hazard: float, sessions: np.ndarray | int) -> np.ndarray:
    """Return the share without the event in so many sessions, over the proneness."""
    return np.asarray((1 + SPREAD * hazard * np.asarray(sessions, float)) ** (-1 / SPREAD))


def compute_truth() -> Truth:
    """Return every true value, by what it is of, event, and arm."""
    truth: Truth = {}
    for event, hazards in HAZARDS.items():
        for arm, day in DAYS.items():
            number = np.arange(1, len(day) + 1)
            held = STAY ** (number - 1)  # at least so many sessions
            ends = held - np.append(held[1:], 0.0)  # exactly so many
            left = spare(hazards[arm], number)
            first = np.append(1.0, left[:-1]) - left  # the first event at this session, were it held
            for block, k in BLOCKS.items():
                truth[block, event, arm] = float(1 - left[k - 1] if k else held @ first)
            truth["share of sessions", event, arm] = float(1 - left[0])
            risk = 1 + np.append(
                0, np.cumsum(np.minimum(np.diff(day), CARRY_DAYS + 1))
            )  # days up to and with the session's
            days = (held * first) @ risk + (ends * left) @ (risk + CARRY_DAYS)
            truth["first events in 100 weeks", event, arm] = float(700 * (held @ first) / days)
            truth[f"incidence by day {HORIZON}", event, arm] = float((held * first) @ (day < HORIZON))
        for block in BLOCKS:
            truth[f"difference, {block}", event, "iv - esketamine"] = (
                truth[block, event, "iv"] - truth[block, event, "esketamine"]
            )
    return truth


def draw_clinic(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the sessions and the adverse events of one clinic, as the steps before hand them on."""
    held, found = [], []
    for place, (arm, day) in enumerate(DAYS.items()):
        proneness = rng.gamma(1 / SPREAD, SPREAD, n)
        stays = np.cumprod(np.column_stack([np.ones(n), rng.random((n, len(day) - 1)) < STAY]), axis=1) > 0
        who, number = np.nonzero(stays)
        held.append(
            pd.DataFrame(
                {"patient": who + n * place, "study_day": day[number], "arm": arm, "session": number + 1}
            ).assign(ordinal=1, series=1, phase="induction", harms_asked=True, harms_mode="solicited")
        )
        for event, hazards in HAZARDS.items():
            happens = rng.random(len(who)) < 1 - np.exp(-hazards[arm] * proneness[who])
            found.append(held[-1].loc[happens, ["patient", "study_day"]].assign(event=event, severity="mild"))
    return pd.concat(held, ignore_index=True), pd.concat(found, ignore_index=True)


def tell_clinic(n: int, clinic: int) -> pd.DataFrame:
    """Return what is released of one clinic: ``of``, ``event``, ``arm``, ``estimate``, ``lower``, ``upper``."""
    held, found = draw_clinic(n, np.random.default_rng([n, clinic]))
    arms = list(DAYS)
    sessions = number_sessions(held, pd.DataFrame({"patient": held["patient"].unique()}), found)
    attached = attach_events(found, sessions)
    harms = tabulate_harms(sessions, attached, arms)
    apart = tabulate_harm_differences(harms, [("iv", "esketamine", "")])
    rates = tabulate_harm_rates(sessions, attached, arms)
    shares = tabulate_harm_sessions(sessions, attached, arms)
    parts = [
        harms.rename(columns={"block": "of", "proportion": "estimate"}),
        apart.rename(columns={"contrast": "arm", "difference": "estimate"}).assign(of="difference, " + apart["block"]),
        shares[shares["sessions"] == "2-6"].rename(columns={"proportion": "estimate"}).assign(of="share of sessions"),
        rates.rename(columns={"rate": "estimate"}).assign(of="first events in 100 weeks"),
        rates[["event", "arm"]].assign(
            of=f"incidence by day {HORIZON}", estimate=rates["incidence"], lower=np.nan, upper=np.nan
        ),
    ]
    return pd.concat([part[["of", "event", "arm", "estimate", "lower", "upper"]] for part in parts], ignore_index=True)


def main(clinics: int) -> None:
    """Write the coverage beside this script."""
    truth, rows = compute_truth(), []
    for n in SIZES:
        told = defaultdict(list)
        for clinic in range(clinics):
            table = tell_clinic(n, clinic).set_index(["of", "event", "arm"])
            for key in truth:
                told[key].append(table.loc[key].to_numpy(float) if key in table.index else [0.0, np.nan, np.nan])
        for key, values in told.items():
            estimate, lower, upper = np.transpose(values)
            there = ~np.isnan(lower)
            covered = np.mean((lower <= truth[key] + 1e-12) & (truth[key] - 1e-12 <= upper)) if there.any() else np.nan
            row = dict(zip(("of", "event", "arm"), key, strict=True)) | {"patients": n, "true": round(truth[key], 4)}
            row |= {
                "bias": round(float(estimate.mean() - truth[key]), 4),
                "bias_error": round(float(estimate.std(ddof=1)) / clinics**0.5, 4),
            }
            row |= (
                {"covered": round(float(covered), 3), "width": round(float(np.nanmean(upper - lower)), 4)}
                if (there.any())
                else {"covered": np.nan, "width": np.nan}
            )
            rows.append(row | {"monte_carlo_error": round(float((covered * (1 - covered) / clinics) ** 0.5), 3)})
    pd.DataFrame(rows).assign(clinics=clinics).to_csv(Path(__file__).with_name("coverage.csv"), index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
