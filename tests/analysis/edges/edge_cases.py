"""The clinics of the family, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from clinics import Clinic, declare, make_clinic

NAN = np.nan


def half(people, share):
    return np.floor(people["baseline"] * share)


def everyone_responds():
    people = make_clinic().people
    return make_clinic().with_people(**{"day 7": half(people, 0.4), "day 28": half(people, 0.3)})


def no_one_responds():
    people = make_clinic().people
    drawn = np.random.default_rng(2).integers(0, 4, (2, len(people)))
    gone = make_clinic(missing=0.2).people[["day 7", "day 28"]].isna()
    scores = {name: (people["baseline"] - noise).mask(gone[name]) for name, noise in zip(gone, drawn, strict=True)}
    return make_clinic().with_people(**scores)


def one_event():
    clinic = no_one_responds()
    score = clinic.people["day 28"].copy()
    score.iloc[1] = 4
    return clinic.with_people(**{"day 28": score})


def one_arm_responds():
    people = make_clinic().people
    treated = people["arm"] == "iv"
    drawn = np.random.default_rng(3).integers(0, 3, (2, len(people)))
    scores = {
        name: np.where(treated, half(people, 0.4) - noise, people["baseline"] - noise)
        for name, noise in zip(("day 7", "day 28"), drawn, strict=True)
    }
    return make_clinic().with_people(**scores)


def one_arm_site_holds_all_events():
    clinic = no_one_responds()
    people = clinic.people
    alone = (people["arm"] == "iv") & (np.arange(len(people)) % 3 == 0)
    return clinic.with_people(
        site=np.where(alone, "east", people["site"]), **{"day 28": np.where(alone, 3.0, people["day 28"])}
    )


def empty_time_point():
    return make_clinic(missing=0.2).with_people(**{"day 7": NAN})


def one_patient_of_an_arm_at_a_time_point():
    clinic = make_clinic(n=80)
    treated = np.flatnonzero(clinic.people["arm"] == "iv")
    score = clinic.people["day 7"].copy()
    score.iloc[treated[1:]] = NAN
    return clinic.with_people(**{"day 7": score})


def one_patient_in_a_third_arm():
    clinic = make_clinic(n=81, missing=0.1)
    arm = clinic.people["arm"].copy()
    arm.iloc[80] = "im"
    return Clinic(clinic.people.assign(arm=arm), ("esketamine", "iv", "im"))


def one_arm_only():
    return make_clinic(missing=0.1).with_people(arm="iv")


def few_of_an_arm(few):
    clinic = make_clinic(missing=0.1)
    return clinic.with_people(arm=np.where(np.arange(len(clinic.people)) < few, "iv", "esketamine"))


def nobody_enters():
    """A clinic whose patients are all less ill than its study file asks for."""
    clinic = make_clinic()
    return replace(clinic, changes={"baseline": {"minimum": {"phq9": 27}}}).with_people(
        baseline=clinic.people["baseline"].clip(upper=26)
    )


def one_site_an_arm():
    clinic = make_clinic()
    return clinic.with_people(site=np.where(clinic.people["arm"] == "iv", "north", "south"))


def in_trial(clinic):
    """Return the clinic as a randomised study."""
    return replace(clinic, changes=clinic.changes | {"report": {"design": "randomised"}})


def released(clinic):
    """Return the clinic as its numbers may leave it: rounded, small ones withheld."""
    return replace(clinic, changes=clinic.changes | {"privacy": {"release": "rounded", "because": None}})


def two_patients():
    return Clinic(make_clinic().people.iloc[:2])


def constant_scores():
    return make_clinic().with_people(**{"baseline": 20, "day 7": 15.0, "day 28": 12.0})


def one_score_after_treatment():
    return make_clinic(missing=0.1).with_people(**{"day 7": 9.0, "day 28": 9.0})


def flat_at(point):
    """A clinic whose patients all lost as many points by then."""
    clinic = make_clinic(missing=0.1)
    seen = clinic.people[point].notna()
    return clinic.with_people(**{point: (clinic.people["baseline"] - 4.0).where(seen)})


def one_baseline():
    """A clinic of which the severity at entry was the same in all."""
    clinic = make_clinic(missing=0.2)
    drawn = np.random.default_rng(1).integers(3, 16, (2, len(clinic.people))).astype(float)
    scores = {
        name: np.where(clinic.people[name].isna(), NAN, new)
        for name, new in zip(("day 7", "day 28"), drawn, strict=True)
    }
    return clinic.with_people(baseline=18, **scores)


def hardly_anyone_seen_twice():
    """A young clinic: a later score of nearly everyone, and of one patient alone both; the declared time point is the common one."""
    clinic = make_clinic(n=80)
    later = clinic.people["day 28"].where(np.arange(80) < 5)
    return clinic.with_people(
        **{"day 7": clinic.people["day 7"].where((np.arange(80) > 4) | (np.arange(80) == 2)), "day 28": later}
    )


def an_axis_without_a_time_point():
    """A clinic that scored one arm alone after the only session asked for."""
    clinic = make_clinic()
    early = clinic.people["day 7"].where(clinic.people["arm"] == "iv")
    points = declare(clinic)["timepoints"] | {"sessions": [2]}
    return replace(clinic, changes={"timepoints": points}).with_people(**{"day 7": early})


def one_arm_drops_out():
    clinic = make_clinic()
    gone = clinic.people["arm"] == "iv"
    return clinic.with_people(**{name: clinic.people[name].mask(gone) for name in ("day 7", "day 28")})


def weights_at_nothing():
    clinic = make_clinic(n=120, missing=0.15)
    people = clinic.people
    place = np.arange(len(people))
    site = np.where((place % 8 == 1), "east", np.where(place % 8 == 2, "west", people["site"]))
    return clinic.with_people(site=site)


def long_identifiers():
    clinic = make_clinic(missing=0.1)
    return clinic.with_people(patient=[9007199254740993 + place for place in range(len(clinic.people))])


def identical_arms():
    clinic = make_clinic()
    people = clinic.people
    own = people[people["arm"] == "iv"].drop(columns="arm").to_dict("list")
    columns = {name: np.repeat(values, 2) for name, values in own.items() if name != "patient"}
    return clinic.with_people(**columns)


def reversed_labels():
    clinic = make_clinic(missing=0.2)
    return Clinic(clinic.people, ("iv", "esketamine"))


def compare_so(clinic, estimand=None, **changes):
    """Return the clinic compared in another way."""
    plain = declare(clinic)["comparison"]
    return replace(clinic, changes={"comparison": plain | {"estimand": plain["estimand"] | (estimand or {})} | changes})


def learn(clinic):
    """Return the clinic compared with machine learning too, which takes as long as all the rest."""
    return compare_so(clinic, learning_splits=1)


def one_treated_in_twelve():
    clinic = make_clinic(n=150, missing=0.2)
    return clinic.with_people(arm=np.where(np.arange(150) % 12 == 1, "iv", "esketamine"))


def a_ratio_of_none():
    return compare_so(one_arm_responds(), estimand={"summary": {"binary": "risk_ratio"}})


def age_tells_response():
    clinic = make_clinic(n=80, missing=0.1)
    people = clinic.people
    return clinic.with_people(**{"day 28": np.where(people["age"] > 45, half(people, 0.3), people["baseline"] - 1.0)})


def missing_confounders_imputed():
    clinic = make_clinic(n=90, missing=0.2)
    gone = np.random.default_rng(0).random((2, 90)) < 0.15
    site = clinic.people["site"].mask(gone[1])
    return compare_so(
        clinic.with_people(age=clinic.people["age"].mask(gone[0]), site=site), missing="impute", imputations=3
    )


COMPLETE: dict[str, Callable[[], Clinic]] = {
    "nothing missing": lambda: learn(make_clinic()),
    "some missing": lambda: make_clinic(missing=0.2),
    "everyone responds": lambda: learn(everyone_responds()),
    "no one responds": no_one_responds,
    "one event": lambda: learn(one_event()),
    "one arm responds": one_arm_responds,
    "a one-arm site holds all events": one_arm_site_holds_all_events,
    "an empty time point": empty_time_point,
    "one baseline score for all": one_baseline,
    "no confounder differs": lambda: compare_so(one_baseline(), confounders=["baseline"]),
    "hardly anyone seen twice": lambda: compare_so(hardly_anyone_seen_twice(), estimand={"timepoint": "day 7"}),
    "a time point at which nothing varies": lambda: flat_at("day 7"),
    "one patient of an arm at a time point": one_patient_of_an_arm_at_a_time_point,
    "an axis without a time point": an_axis_without_a_time_point,
    "one patient in a third arm": one_patient_in_a_third_arm,
    "weights at nothing": weights_at_nothing,
    "long identifiers": long_identifiers,
    "identical arms": identical_arms,
    "reversed labels": reversed_labels,
    "one treated in twelve": lambda: learn(one_treated_in_twelve()),
    "a ratio of none": a_ratio_of_none,
    "age tells response": lambda: learn(age_tells_response()),
    "missing confounders imputed": missing_confounders_imputed,
    "weights for those treated": lambda: compare_so(make_clinic(n=90, missing=0.2), weights="att"),
    "products": lambda: compare_so(make_clinic(n=120, missing=0.2), products=[["age", "baseline"], ["age", "site"]]),
}
RARER = (  # their code is that of others here, or has tests of its own: `make nightly` runs them
    "some missing",
    "no confounder differs",
    "hardly anyone seen twice",
    "identical arms",
    "reversed labels",
    "weights for those treated",
    "products",
    "the site is the arm",
    "nine of an arm",
    "one arm only",
    "nothing varies where it is asked",
    "one score after treatment",
)
FEW, ALIKE = "an arm has fewer patients than a comparison needs", "do not differ beyond what arm and baseline tell"
LEFT_OUT: dict[str, tuple[Callable[[], Clinic], str]] = {
    "five of an arm in a trial": (lambda: released(in_trial(few_of_an_arm(5))), FEW),
    "one arm drops out": (lambda: released(one_arm_drops_out()), "an arm has fewer patients with a score at"),
    "two patients": (two_patients, FEW),
    "constant scores": (constant_scores, ALIKE),
    "the site is the arm": (one_site_an_arm, "tell the arm of nearly all patients"),
    "nine of an arm": (lambda: few_of_an_arm(9), FEW),
    "one arm only": (one_arm_only, FEW),
    "nothing varies where it is asked": (lambda: flat_at("day 28"), ALIKE),
    "one score after treatment": (one_score_after_treatment, ALIKE),
}
"""Clinics whose declared comparison cannot be made, and why; all else of their report is there."""
