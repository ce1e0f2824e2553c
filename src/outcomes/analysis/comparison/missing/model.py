"""The imputation model: means and covariance of the changes, drawn from their posterior."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from outcomes.analysis.comparison.arrays import Bools, Floats
from outcomes.analysis.comparison.effects.primary import ARMS, Specification, build_frame, find_identified, fit_change
from outcomes.analysis.comparison.missing.wide import Wide
from outcomes.analysis.comparison.population.people import Compared
from outcomes.analysis.comparison.weighting.weights import TINY
from outcomes.errors import ModelError

REFERENCE, TREATED = ARMS
COMPLETE = "no score is missing, so none is imputed"
LEAST_ACCEPTED = 0.05  # of the sampler's proposals; below it the draws hang together too much


@dataclass(frozen=True)
class ImputationModel:
    """Draws of the parameters of the changes' joint normal distribution.

    Attributes
    ----------
    slopes : ndarray, shape (draws, T, 2 + k)
        Of constant, baseline, and the covariates in the model at each time point: the mean of the reference arm.
    columns : tuple of int
        Which of the covariates those are.
    arm : ndarray, shape (draws, T)
        Difference treated − reference, given those.
    covariance : ndarray, shape (draws, T, T)
        Of both arms.
    note : str
        What of the declared model had to give.
    """

    slopes: Floats
    arm: Floats
    covariance: Floats
    note: str
    columns: tuple[int, ...] = ()

    def predict_reference(self, wide: Wide, chosen: slice) -> Floats:
        """Return every patient's mean had they had the reference arm, shape (draws chosen, n, T)."""
        chosen_columns = wide.covariates[:, list(self.columns)]
        design = np.column_stack([np.ones(len(wide.baseline)), wide.baseline, chosen_columns])
        return np.asarray(design @ self.slopes[chosen].transpose(0, 2, 1))


def draw_model(
    compared: Compared, wide: Wide, covariates: Floats, weight: Floats, specification: Specification, draws: int,
    generator: np.random.Generator,
) -> ImputationModel:  # fmt: skip
    """Fit the changes on arm, baseline, and covariates, each by time point, and draw from the posterior.

    The model has no weights: given the confounders in it, weights say nothing more of a missing score. Where the patients seen at
    some time point cannot tell so many covariates apart, these are held constant over time without those that no time point tells, and
    where even that fails, left out; the note says so. Where no score is missing no model is needed, and none is fitted.

    The coefficients are drawn with the larger arm as the level that the other is set against, whichever of them is called treated: arms that change
    their roles have the same draws, and a difference of the other sign.

    Raises
    ------
    ModelError
        No model could be fitted, or its posterior could not be sampled.
    """
    from outcomes import mixed

    if not wide.missing.any():
        return _draw_nothing(draws, len(wide.timepoints))
    present = (weight > TINY).astype(float)
    first = find_first(wide.treated)
    reasons = []
    for note, one, chosen in _list_models(compared, present, specification, covariates):
        columns = covariates[:, chosen] if chosen else None
        try:
            frame = build_frame(compared, wide.axis, present, columns)
            frame["arm"] = frame["arm"].cat.reorder_categories([first, *(arm for arm in ARMS if arm != first)])
            fit = fit_change(frame, one, df="normal")
            fit.require_converged()
            found = mixed.draw_parameters(fit, draws, generator)
        except mixed.MixedError as error:
            reasons.append(str(error))
            continue
        if found.accepted < LEAST_ACCEPTED:
            reasons.append(f"{found.accepted:.0%} of the sampler's proposals were taken")
            continue
        notes = "; ".join(text for text in (note, *fit.warnings) if text)
        model = _arrange(fit.names, found, wide.timepoints, len(chosen), notes)
        return replace(model if first == REFERENCE else _turn(model), columns=tuple(chosen))
    raise ModelError(f"comparison.imputation: no imputation model for axis {wide.axis}: {reasons[-1]}.")


def find_first(treated: Bools) -> str:
    """Return the larger arm; of two of one size, that of the first patient.

    Examples
    --------
    >>> import numpy as np
    >>> [find_first(np.array(one)) for one in ([True, False, False], [True, False])]
    ['reference', 'treated']
    """
    more = 2 * int(treated.sum()) - len(treated)
    return TREATED if more > 0 or (more == 0 and bool(treated[:1].any())) else REFERENCE


def _turn(model: ImputationModel) -> ImputationModel:
    """Return the model of which the first arm was the treated one, as every other has it."""
    slopes = model.slopes.copy()
    slopes[:, :, 0] += model.arm
    return replace(model, slopes=slopes, arm=-model.arm)


def _draw_nothing(draws: int, points: int) -> ImputationModel:
    zeros = np.zeros((draws, points))
    return ImputationModel(zeros[:, :, None].repeat(2, axis=2), zeros, np.tile(np.eye(points), (draws, 1, 1)), COMPLETE)


def _list_models(
    compared: Compared, present: Floats, specification: Specification, covariates: Floats
) -> list[tuple[str, Specification, list[int]]]:
    """Return what is tried in turn: a note, the specification, and which covariates."""
    everything = list(range(covariates.shape[1]))
    if not everything:
        return [("", specification, [])]
    models = []
    if find_identified(compared, specification.axis, present, covariates) == everything:
        models.append(("", specification, everything))
    known = find_identified(compared, specification.axis, present, covariates, by_time=False)
    if known:
        lost = len(everything) - len(known)
        less = (
            f", {lost} of {len(everything)} columns left out, whose slopes these patients cannot tell" if lost else ""
        )
        steady = replace(specification, covariates_by_time=False)
        models.append((f"imputed with confounders held constant over time{less}", steady, known))
    return [*models, ("imputed without confounders other than the baseline", specification, [])]


def _arrange(names: tuple[str, ...], found: Any, timepoints: tuple[str, ...], count: int, note: str) -> ImputationModel:
    """Sort the coefficients by time point: that of a variable and, after the first time point, its interaction."""
    place = {name: index for index, name in enumerate(names)}
    (arm,) = (name for name in names if name in (f"arm[{one}]" for one in ARMS))
    variables = ["Intercept", "baseline", *(f"x{number + 1}" for number in range(count)), arm]
    values = np.zeros((len(found.coefficients), len(timepoints), len(variables)))
    for column, variable in enumerate(variables):
        if variable not in place:
            continue  # a baseline that is the same in all is not in the model, and has no slope
        values[:, :, column] = found.coefficients[:, [place[variable]]]
        for row, point in enumerate(timepoints):
            term = f"timepoint[{point}]" if variable == "Intercept" else f"{variable}:timepoint[{point}]"
            if term in place:
                values[:, row, column] += found.coefficients[:, place[term]]
    return ImputationModel(values[:, :, :-1], values[:, :, -1], found.covariance, note)
