"""Who asks for treatment: the traits a clinic records, and the severity it does not see."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from outcomes.simulate.arrays import Bools, Floats, Ints
from outcomes.simulate.parameters import INDICATIONS, PAYERS, SITE_COUNT, PatientParameters
from outcomes.simulate.streams import Streams

MEDICARE = PAYERS.index("medicare")
MEDICAID = PAYERS.index("medicaid")
SELF_PAY = PAYERS.index("self_pay")
RESISTANT = INDICATIONS.index("treatment-resistant depression")
MOST_FAILURES = 9
YOUNGEST, OLDEST = 18, 94


@dataclass(frozen=True)
class People:
    """Traits before treatment, one entry per patient."""

    site: Ints  # 1 to SITE_COUNT
    age: Ints  # completed years
    female: Bools
    payer: Ints  # index into PAYERS
    indication: Ints  # index into INDICATIONS
    failures: Ints  # failed antidepressants
    integration: Bools
    antidepressant: Bools
    severity: Floats  # latent depression, PHQ-9 points
    anxiety: Floats  # latent anxiety, GAD-7 points

    def take(self, rows: Ints) -> People:
        """Return the chosen patients, in the given order."""
        return People(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})

    def __len__(self) -> int:
        return len(self.site)


def draw_people(count: int, task: str, parameters: PatientParameters, streams: Streams) -> People:
    """Draw patients who ask for treatment, before anyone is turned away."""
    rng = streams.of(f"{task}/traits")
    site = rng.integers(1, SITE_COUNT + 1, count)
    age = draw_age(count, parameters, rng)
    female = rng.random(count) < parameters.female_share
    payer = draw_payer(age, parameters, rng)
    indication = rng.choice(len(INDICATIONS), count, p=parameters.indication_shares)
    failures = draw_failures(indication, parameters, rng)
    severity = draw_severity(site, payer, failures, parameters, streams, rng)
    anxiety = parameters.anxiety_mean + parameters.anxiety_per_severity * (severity - parameters.severity_mean)
    return People(
        site=site,
        age=age,
        female=female,
        payer=payer,
        indication=indication,
        failures=failures,
        integration=rng.random(count) < parameters.integration_share,
        antidepressant=rng.random(count) < parameters.antidepressant_share,
        severity=severity,
        anxiety=np.clip(anxiety + parameters.anxiety_sd * rng.standard_normal(count), 0.5, 20.5),
    )


def draw_age(count: int, parameters: PatientParameters, rng: np.random.Generator) -> Ints:
    """Draw ages in completed years; values outside the range are drawn in to its ends."""
    age = rng.normal(parameters.age_mean, parameters.age_sd, count)
    below = age < YOUNGEST
    age[below] = YOUNGEST + rng.uniform(0, 30, count)[below]
    return np.floor(np.minimum(age, OLDEST)).astype(np.int64)


def draw_payer(age: Ints, parameters: PatientParameters, rng: np.random.Generator) -> Ints:
    """Draw the payer; most patients from 65 have Medicare."""
    payer = rng.choice(len(PAYERS), len(age), p=parameters.payer_shares)
    senior = (age >= 65) & (rng.random(len(age)) < parameters.medicare_share_65)
    return np.where(senior, MEDICARE, payer)


def draw_failures(indication: Ints, parameters: PatientParameters, rng: np.random.Generator) -> Ints:
    """Draw the number of failed antidepressants; resistance means two or more."""
    extra = 2 + rng.poisson(parameters.failures_mean_extra, len(indication))
    other = rng.poisson(parameters.failures_mean_other, len(indication))
    return np.minimum(np.where(indication == RESISTANT, extra, other), MOST_FAILURES)


def draw_severity(
    site: Ints, payer: Ints, failures: Ints, parameters: PatientParameters, streams: Streams, rng: np.random.Generator
) -> Floats:
    """Draw latent depression before treatment, PHQ-9 points."""
    sites = streams.of("sites/severity").normal(0.0, parameters.site_severity_sd, SITE_COUNT)
    mean = (
        parameters.severity_mean
        + sites[site - 1]
        + parameters.severity_medicaid * (payer == MEDICAID)
        + parameters.severity_per_failure * (failures - 2)
    )
    severity: Floats = np.clip(mean + parameters.severity_sd * rng.standard_normal(len(site)), 1.0, 26.0)
    return severity
