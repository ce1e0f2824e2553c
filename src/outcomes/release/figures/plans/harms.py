"""Which figure shows the adverse effects, and what it says. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.contracts.released.harms import ALL_SESSIONS, HarmDifferences, Harms
from outcomes.records import list_records
from outcomes.release.arms import list_compared, order_arms
from outcomes.release.definitions import COVERED, FEWEST_EFFECTS
from outcomes.release.figures.plans.plan import Plan, name_arm, read_rows
from outcomes.release.numbers import fixed
from outcomes.settings import Study

BLOCK = ALL_SESSIONS
GRADED = " Any severe effect: of patients whose events were all graded."
HEADS = {"any": "any adverse effect", "any severe": "any severe adverse effect"}


def plan_harms(tables: Mapping[str, pd.DataFrame], study: Study) -> list[Plan]:
    """Return the dot plot of adverse effects; none where fewer than two effects were released of any arm."""
    rows = read_rows(tables, Harms.name)
    if rows.empty:
        return []
    rows = rows[rows[Harms.block] == BLOCK]
    known = rows[rows[Harms.proportion].notna()]
    seen = known.loc[(known[Harms.proportion] > 0) & ~known[Harms.event].isin(HEADS), Harms.event]
    if seen.nunique() < FEWEST_EFFECTS:
        return []
    compared = [arm for arm in list_compared(study) if arm in set(known[Harms.arm])]
    arms = compared if len(compared) > 1 else order_arms(study, known[Harms.arm])
    known = known[known[Harms.arm].isin(arms)]
    drawn = rows[rows[Harms.event].isin(known[Harms.event])]
    differences = read_rows(tables, HarmDifferences.name)
    chosen = _choose_contrast(differences, arms)
    chosen = chosen[chosen[HarmDifferences.event].isin(drawn[Harms.event])]
    both = bool(chosen[HarmDifferences.difference].notna().any())
    few = sorted(HEADS.get(event, event) for event in set(rows[Harms.event]) - set(drawn[Harms.event]))
    left_out = f" Too few patients to show: {', '.join(few)}." if few else ""
    asked = "" if both or len(arms) < 2 else " No difference is drawn: {why}."
    sessions = " Arms differ in how many sessions patients had." if len(arms) > 1 else ""
    graded = GRADED if "any severe" in set(drawn[Harms.event]) else ""
    why = ["there are more than two arms"] if len(arms) > 2 else chosen[HarmDifferences.note].dropna().unique()
    return [
        Plan(
            "adverse_effects",
            "harms",
            "Adverse effects",
            f"Patients with each adverse effect at least once (n and %), of those asked at least once, over all their sessions. Bars: exact {COVERED} "
            f"intervals{'; right, the difference with its score interval' if both else ''}.{sessions}{graded} An effect recorded may have "
            f"another cause than treatment.{left_out}{asked.format(why=why[0] if len(why) else 'the arms were not asked alike')}",
            _describe(known, arms, study),
            pd.concat([_rank(drawn[drawn[Harms.arm].isin(arms)], chosen), chosen], ignore_index=True),
        )
    ]


def _rank(rows: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with those of any effect first, the others by their difference, else from the most frequent to the rarest."""
    apart = dict(zip(differences[HarmDifferences.event], differences[HarmDifferences.difference], strict=True))
    most = rows.groupby(Harms.event)[Harms.proportion].max()
    order = [
        (
            list(HEADS).index(event) if event in HEADS else len(HEADS),
            -apart[event] if pd.notna(apart.get(event)) else float("inf"),
            -most[event],
            event,
            place,
        )
        for place, event in enumerate(rows[Harms.event])
    ]
    return rows.iloc[sorted(range(len(rows)), key=order.__getitem__)]


def _choose_contrast(differences: pd.DataFrame, arms: list[str]) -> pd.DataFrame:
    """Return the differences of two arms; none of one arm, or of more than two, which page 1 does not compare."""
    rows = differences.reindex(columns=HarmDifferences.columns)
    pairs = [" - ".join(arms), " - ".join(reversed(arms))] if len(arms) == 2 else []
    return rows[(rows[HarmDifferences.block] == BLOCK) & rows[HarmDifferences.contrast].isin(pairs)]


def _describe(known: pd.DataFrame, arms: list[str], study: Study) -> str:
    parts = []
    for event, rows in known.groupby(Harms.event, sort=False):
        shares = {row[Harms.arm]: row[Harms.proportion] for row in list_records(rows)}
        said = [f"{name_arm(study, arm)} {fixed(100 * shares[arm], 0)}%" for arm in arms if arm in shares]
        parts.append(f"{event}: {', '.join(said)}")
    return f"Dot plot of the share of patients with each adverse effect. {'; '.join(parts)}."
