"""What a session is charged."""

from __future__ import annotations

import numpy as np

from outcomes.simulate.arrays import Ints
from outcomes.simulate.parameters import SITE_COUNT, CostParameters
from outcomes.simulate.patients import People
from outcomes.simulate.streams import Streams


def compute_charges(people: People, who: Ints, arm: Ints, parameters: CostParameters, streams: Streams) -> Ints:
    """Return the charge of each session in US dollars; every site has its own price list."""
    low, high = parameters.iv_range
    infusion = 5 * np.round(streams.of("sites/price").uniform(low, high, SITE_COUNT) / 5)
    intramuscular = 5 * np.round(parameters.im_share * infusion / 5)
    prices = np.column_stack([infusion, intramuscular, np.full(SITE_COUNT, float(parameters.esketamine))])
    charge = prices[people.site[who] - 1, arm] + parameters.integration * people.integration[who]
    charges: Ints = np.round(charge).astype(np.int64)
    return charges
