"""Response and remission of imputed scores: the study's own definitions, and weighted risks of every imputed data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.effects.pooled import weigh_risks
from outcomes.analysis.comparison.missing.wide import Wide
from outcomes.analysis.comparison.population.people import ENDPOINTS, Compared
from outcomes.analysis.comparison.weighting.weights import TINY, Weights
from outcomes.criteria import Criteria, Truth, compute_remission, compute_response

RULES: dict[str, Callable[[Floats, Floats, Criteria], Truth]] = {
    "response": compute_response,
    "remission": compute_remission,
}


@dataclass(frozen=True)
class Judge:
    """How imputed scores are judged.

    Attributes
    ----------
    criteria : Criteria
        Of the estimand's instrument.
    step : float
        From one possible total to the next, in points. A draw counts as the nearest total: half of the draws between a cut-off and the next
        total belong to the cut-off (decision 19).
    weights : Weights
        Of the analysis, of all people.
    """

    criteria: Criteria
    step: float
    weights: Weights


@dataclass(frozen=True)
class Responders:
    """One endpoint of everyone compared.

    Attributes
    ----------
    endpoint : str
    known : ndarray, shape (people, T)
        1 or 0 where the score was observed or an event decides; missing where the imputed score does.
    baseline : ndarray, shape (people,)
    rows : ndarray of bool, shape (people,)
        Who has a weight, and so imputed scores; nobody else counts.
    treated : ndarray of bool, shape (people,)
    judge : Judge
    """

    endpoint: str
    known: Floats
    baseline: Floats
    rows: Bools
    treated: Bools
    judge: Judge

    def fill(self, change: Floats) -> Floats:
        """Return the endpoint, 1 or 0, in imputed data sets of changes of shape (draws, rows, T): shape (draws, people, T).

        Whoever has no weight has no imputed score: known or missing as they are.
        """
        baseline = self.baseline[self.rows, None]
        totals = self.judge.step * np.rint((baseline + change) / self.judge.step)
        reached = RULES[self.endpoint](totals, baseline, self.judge.criteria).value
        known = self.known[self.rows]
        filled = np.broadcast_to(self.known, (len(change), *self.known.shape)).copy()
        filled[:, self.rows] = np.where(np.isnan(known), reached, known)
        return filled

    def compare(self, filled: Floats) -> Floats:
        """Return the weighted risks of imputed data sets, shape (5, draws, T), as :func:`weigh_risks` has them."""
        draws, people, points = filled.shape
        sets = filled.transpose(1, 0, 2).reshape(people, draws * points)
        return weigh_risks(sets, self.rows, self.treated, self.judge.weights).reshape(5, draws, points)


def list_responders(compared: Compared, wide: Wide, judge: Judge) -> list[Responders]:
    """Return the endpoints that some patient's score on the axis has or has not."""
    rows = judge.weights.weight > TINY
    baseline = compared.people["baseline"].to_numpy(dtype=float)
    found = []
    for endpoint in ENDPOINTS:
        known = np.column_stack([compared.at(wide.axis, point, endpoint) for point in wide.timepoints])
        if not np.isnan(known).all():
            found.append(Responders(endpoint, known, baseline, rows, compared.treated, judge))
    return found
