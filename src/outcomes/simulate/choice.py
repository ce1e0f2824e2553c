"""Choice of arm by payer, severity, and failed antidepressants: the confounding an analysis has to undo."""

from __future__ import annotations

import numpy as np

from outcomes.simulate.arrays import Floats, Ints
from outcomes.simulate.parameters import SITE_COUNT, ChoiceParameters
from outcomes.simulate.patients import People
from outcomes.simulate.streams import Streams


def compute_arm_probabilities(
    people: People, baseline_phq9: Ints, parameters: ChoiceParameters, streams: Streams
) -> Floats:
    """Return the probability of each arm in the order of ARMS, shape (patients, 3)."""
    sites = streams.of("sites/preference").normal(0.0, parameters.esketamine_site_sd, SITE_COUNT)
    esketamine = (
        np.asarray(parameters.esketamine_payer)[people.payer]
        + parameters.esketamine_per_failure * (people.failures - 2)
        + parameters.esketamine_per_severity * (baseline_phq9 - 17)
        + sites[people.site - 1]
    )
    intramuscular = np.asarray(parameters.im_payer)[people.payer]
    odds = np.exp(np.column_stack([np.zeros(len(people)), intramuscular, esketamine]))
    odds[~np.isin(people.site, parameters.im_sites), 1] = 0.0
    shares: Floats = odds / odds.sum(axis=1, keepdims=True)
    return shares


def draw_arm(probabilities: Floats, streams: Streams) -> Ints:
    """Draw each patient's arm as an index into ARMS."""
    uniform = streams.of("arm").random(len(probabilities))
    reached = uniform[:, None] >= np.cumsum(probabilities, axis=1)[:, :-1]
    arm: Ints = reached.sum(axis=1, dtype=np.int64)
    return arm


def compute_propensity(probabilities: Floats) -> Floats:
    """Return the probability of IV among patients treated with IV or esketamine."""
    share: Floats = probabilities[:, 0] / (probabilities[:, 0] + probabilities[:, 2])
    return share
