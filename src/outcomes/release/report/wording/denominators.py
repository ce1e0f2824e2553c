"""What the two denominators of a rate can bear: an arm's own rate, and the difference of two."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.release.numbers import percent
from outcomes.release.report.content.material import Material

OWN_RATE = (
    "The first is cautious about an arm's own response and remission; the second describes those who stayed and answered. For worsening it "
    "is the other way round: a missing score counts as not worsened, so the rate of all treated patients is the lower of the two."
)
NOT_A_DIFFERENCE = (
    "Counting missing scores as nonresponse biases the comparison of two arms where one has more missing scores."
)


def say_not_cautious(material: Material, instrument: str, place: tuple[str, str], arms: Sequence[str]) -> str:
    """Return that a difference of all treated patients is biased, with the share of each arm that has no score where all are released."""
    return f"{NOT_A_DIFFERENCE} {say_missing(material, instrument, place, arms)}".strip()


def say_missing(material: Material, instrument: str, place: tuple[str, str], arms: Sequence[str]) -> str:
    """Return "At day 28 the score was missing in 39.4% of IV ketamine, …"; empty where a share is withheld."""
    shares = find_missing(material, instrument, place, arms)
    each = ", ".join(f"{percent(share)}% of {material.within(arm)}" for arm, share in shares.items())
    return f"At {material.timepoint(*place)} the score was missing in {each}." if each else ""


def find_missing(material: Material, instrument: str, place: tuple[str, str], arms: Sequence[str]) -> dict[str, float]:
    """Return the share of each arm without a score; empty where one of them is withheld."""
    shares = {}
    for arm in arms:
        row = material.one("missingness", arm=arm, instrument=instrument, axis=place[0], timepoint=place[1])
        value = row.get("missing_proportion")
        if value is None or pd.isna(value):
            return {}
        shares[arm] = float(value)
    return shares
