"""Who left: by arm, the band of the last score, and time point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.analysis.comparison.missing.censoring import list_steps
from outcomes.analysis.comparison.missing.wide import Wide
from outcomes.contracts.released.comparison import Dropout
from outcomes.instruments import Instrument

DROPOUT = Dropout.columns
ANY = "all"


def list_bands(instrument: Instrument) -> list[tuple[str, float]]:
    """Return label and lowest total of each severity band; quarters of the range where there are none."""
    if instrument.bands:
        return [(label, float(start)) for start, label in sorted(instrument.bands.items())]
    starts = np.linspace(instrument.minimum, instrument.maximum, 5)[:-1].tolist()
    return list(zip(("first quarter", "second quarter", "third quarter", "last quarter"), starts, strict=True))


def tabulate_dropout(wide: Wide, instrument: Instrument, arms: tuple[str, str]) -> pd.DataFrame:
    """Return how many of those still there had a score at a time point or later, by the band of their last score.

    Returns
    -------
    DataFrame
        One row per axis, time point (``all``: their sum), arm (treated first), and band of the last score before the time point, the baseline
        where there is none after it, the key. ``band_lower`` is the band's lowest total; ``n`` patients who had a score at the time point before or later, ``stayed`` those of them who have one at this one or later,
        ``dropped_proportion`` the share of the others.
    """
    steps = list_steps(wide.change)
    bands = list_bands(instrument)
    score = wide.baseline[steps.person] + steps.last
    band = np.clip(np.searchsorted([low for _, low in bands], score, side="right") - 1, 0, None)
    rows: list[list[Any]] = []
    for place, timepoint in [*enumerate(wide.timepoints), (None, ANY)]:
        now = np.ones(len(band), dtype=bool) if place is None else steps.place == place
        for arm, side in zip(arms, (True, False), strict=True):
            own = now & (wide.treated[steps.person] == side)
            for number, (label, low) in enumerate(bands):
                here = own & (band == number)
                n, stayed = int(here.sum()), int((here & steps.stays).sum())
                share = 1 - stayed / n if n else np.nan
                rows.append([wide.axis, timepoint, arm, label, low, n, stayed, share])
    return pd.DataFrame(rows, columns=DROPOUT)
