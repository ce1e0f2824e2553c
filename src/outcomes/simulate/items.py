"""Items of an instrument as a graded response to one latent state.

Answer k or higher to item j is given when state + the patient's shift for the item + noise exceeds threshold (j, k)
(Samejima 1969, 10.1007/BF03372160). States are handled in points: a state of 17 points is the one whose expected
total is 17.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from outcomes.simulate.arrays import Floats, Ints

NOISE_SD = 1.0
STEPS = np.array([-1.25, 0.0, 1.15])
GRID = np.linspace(-6.0, 6.0, 2401)


@dataclass(frozen=True)
class ItemModel:
    """The items of one instrument.

    ``locations`` says how hard each item is to endorse, ``shift_sd`` how much patients differ in an item for good
    (both assumed; item 9 is rarer and stickier than the rest).
    """

    name: str
    locations: tuple[float, ...]
    shift_sd: tuple[float, ...]

    @property
    def size(self) -> int:
        """Number of items."""
        return len(self.locations)

    @property
    def thresholds(self) -> Floats:
        """Thresholds, shape (items, 3)."""
        table: Floats = np.asarray(self.locations, dtype=np.float64)[:, None] + STEPS
        return table

    @cached_property
    def expected_total(self) -> Floats:
        """Expected total at every state of GRID, averaged over patients' shifts and noise."""
        spread = np.hypot(np.asarray(self.shift_sd), NOISE_SD)[:, None]
        shares: Floats = ndtr((GRID[:, None, None] - self.thresholds) / spread)
        total: Floats = shares.sum(axis=(1, 2))
        return total

    def compute_state(self, points: Floats) -> Floats:
        """Return the latent state whose expected total is ``points``; points outside the scale are drawn in."""
        inside = np.clip(points, 0.25, 3 * self.size - 0.25)
        state: Floats = np.interp(inside, self.expected_total, GRID)
        return state

    def compute_answers(self, points: Floats, shift: Floats, noise: Floats) -> Ints:
        """Return answers 0 to 3, shape (rows, items), to a state in points, with shift and noise of that shape."""
        response = self.compute_state(points)[:, None] + np.asarray(self.shift_sd) * shift + NOISE_SD * noise
        answers: Ints = (response[:, :, None] > self.thresholds).sum(axis=2, dtype=np.int64)
        return answers


PHQ9 = ItemModel("phq9", (-0.15, -0.25, -0.35, -0.55, 0.10, -0.20, 0.00, 1.15, 2.10), (*[0.7] * 8, 1.8))
GAD7 = ItemModel("gad7", (-0.40, -0.10, -0.25, -0.20, 0.50, -0.10, 0.45), (0.7,) * 7)
ITEM_COUNT = PHQ9.size + GAD7.size
