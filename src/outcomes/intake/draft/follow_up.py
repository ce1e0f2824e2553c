"""How long a response lasts, in a drafted study file: asked where scores follow the induction."""

from __future__ import annotations

import pandas as pd

from outcomes.intake.draft.lines import flow
from outcomes.intake.export import Export
from outcomes.intake.health.courses import cut_series
from outcomes.settings import Study
from outcomes.settings.durability import Durability, End

FOLLOWED = (
    22  # patients of an arm: about half are in response, of whom a curve needs 10 and a table shows no fewer than 11
)
RELAPSE = 20.0  # percent of the baseline
UNLIMITED = 36_600


def propose_durability(instrument: str) -> Durability:
    """Return the settings that a draft declares."""
    return Durability(instrument=instrument, relapse=End(improvement_below=RELAPSE))


def count_followed(export: Export, study: Study) -> int:
    """Return how many patients have a score at the landmark after their first induction and a later one, of the arm with most.

    The induction is read off days and protocols alone: sessions of one arm without a gap, as many and as long as the protocol allows.
    """
    settings = propose_durability(study.instruments[0])
    ends = _end_inductions(export.tables["sessions"], study)
    scores = export.tables["assessments"]
    answers = [name for name in map(str, scores) if name == "recorded_total" or name.startswith("item_")]
    scores = scores[(scores["instrument"] == settings.instrument) & scores[answers].notna().any(axis=1)]
    placed = scores[["patient", "study_day"]].merge(ends, on="patient")
    after = (placed["study_day"] - placed["end"]).astype(float)
    early = placed.loc[after.between(settings.landmark.from_day, settings.landmark.to_day), "patient"]
    later = placed.loc[(after > settings.landmark.to_day) & (after <= 7 * settings.horizon_weeks), "patient"]
    followed = ends[ends["patient"].isin(early) & ends["patient"].isin(later)]
    return int(followed.groupby("arm").size().max()) if len(followed) else 0


def _end_inductions(sessions: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return ``patient``, ``arm``, and ``end``: the study day of the last session of the first induction."""
    most, days = (
        [getattr(protocol.induction, limit) if (protocol := study.protocol(arm)) else UNLIMITED for arm in study.arms]
        for limit in ("maximum_sessions", "maximum_days")
    )
    treated = cut_series(sessions, study)
    own = pd.DataFrame({"patient": treated.patient, "day": treated.day, "place": treated.arm, "of": treated.of})
    first = own[own["of"] == own.groupby("patient")["of"].transform("first")].drop_duplicates(["patient", "day"])
    first = first.assign(arm=[study.arms[place].id for place in first["place"]])
    people = first.groupby("patient")
    inside = people.cumcount() < first["place"].map(dict(enumerate(most))).astype(float)
    inside &= first["day"] - people["day"].transform("first") <= first["place"].map(dict(enumerate(days))).astype(float)
    return first[inside].groupby("patient").agg(arm=("arm", "first"), end=("day", "last")).reset_index()


def write_durability(instrument: str, followed: int | None) -> list[str]:
    """Return the section; as a comment where too few are followed for it, or where a trial reading could not count them."""
    settings = propose_durability(instrument)
    landmark, horizon = settings.landmark, settings.horizon_weeks
    lines = [
        "durability:                         # a choice: in whom a response is followed after the induction, and what ends it",
        f"  instrument: {instrument}",
        f"  landmark: {flow(landmark.model_dump())}   # days after the induction; the last score in them says who is in response",
        f"  relapse: {{improvement_below: {RELAPSE:g}}}  # percent of the baseline; a loss is a score that is no response any more",
        f"  maintenance: {settings.maintenance}     # a later session: treatment_policy (changes nothing) | competing (no longer in response) | censor",
        f"  weeks: {flow(list(settings.weeks))}",
        f"  horizon_weeks: {horizon}",
        "",
    ]
    if followed is not None and followed >= FOLLOWED:
        return lines
    why = "# How long a response lasts can be asked once the file is read without a question. Remove the '#' then."
    if followed is not None:
        why = (
            f"# Fewer than {FOLLOWED} patients of each arm have a score on days {landmark.from_day}–{landmark.to_day} after the induction and a later one "
            f"within {horizon} weeks:\n# too few to say how long a response lasts. Remove the '#' to have it all the same."
        )
    return [*why.split("\n"), *(f"# {line}" for line in lines if line), ""]
