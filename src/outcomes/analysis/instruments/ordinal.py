"""Ordered categories, such as a clinician's global impression or the bands of a questionnaire, compared by proportional odds."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr
from statsmodels.miscmodels.ordinal_model import OrderedModel

from outcomes.analysis.selection import AXES, select_first, select_included
from outcomes.contracts.released.instruments import OrderedOdds
from outcomes.instruments import Instrument
from outcomes.mixed.separation import find_separation
from outcomes.normal import Z
from outcomes.settings import Study

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FEWEST = 10  # patients of an arm, for an odds ratio at all
CROSSOVER = "patients had both arms, which this model cannot take into account"
FIELDS = [*OrderedOdds.columns, OrderedOdds.fewest]


def tabulate_ordered_odds(endpoints: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the odds of a better category, each arm to the reference, at the headline time point.

    Of instruments rated in categories (``ordinal``), and of the severity bands of others. Each patient counts once, by the first series with a score. The
    model is that of proportional odds (McCullagh 1980, 10.1111/j.2517-6161.1980.tb01109.x) by statsmodels, with the baseline total as
    covariate where there is one. It takes no weights, so that the odds ratio is not adjusted for what made patients choose an arm.

    Returns
    -------
    DataFrame
        One row per instrument, time point, and contrast ("iv - esketamine": the reference, the study's first arm, stands second), the
        key: number of ``categories`` that anybody is in, ``n`` and ``n_reference`` patients, ``odds_ratio`` with Wald's interval and p value;
        above 1 the first arm's categories are better. Where it cannot be estimated, ``note`` says why.
    """
    rows = select_included(endpoints, cohort)
    rows = rows[(rows["axis"] != "baseline") & rows["score"].notna()]
    rows = rows.astype(dict.fromkeys(("instrument", "axis", "timepoint", "arm"), str))
    arms = [arm.id for arm in study.arms]
    records: list[dict[str, Any]] = []
    for name in study.instruments:
        instrument = study.instrument(name)
        if instrument.derived_from is not None or not (instrument.ordinal or instrument.bands):
            continue
        own = rows[rows["instrument"] == name]
        for axis, timepoint in _choose_places(own, study):
            here = select_first(own[(own["axis"] == axis) & (own["timepoint"] == timepoint)])
            for arm in arms[1:] if arms else ():
                two = here[here["arm"].isin([arm, arms[0]])]
                if len(two):
                    place = {"instrument": name, "axis": axis, "timepoint": timepoint, "contrast": f"{arm} - {arms[0]}"}
                    records.append(place | _compare(two, arm, instrument, crossover=study.report.design == "crossover"))
    return pd.DataFrame(records, columns=FIELDS)


def _choose_places(rows: pd.DataFrame, study: Study) -> list[tuple[str, str]]:
    """Return the headline time point, else the last of every axis."""
    places = rows[["axis", "timepoint", "time"]].drop_duplicates(["axis", "timepoint"])
    known = list(zip(places["axis"], places["timepoint"], strict=True))
    if study.report.headline is not None:
        return [place for place in known if place[1] == study.report.headline]
    last = places.sort_values("time", kind="stable", na_position="first").drop_duplicates("axis", keep="last")
    return sorted(zip(last["axis"], last["timepoint"], strict=True), key=lambda place: AXES.index(place[0]))


def _compare(rows: pd.DataFrame, arm: str, instrument: Instrument, *, crossover: bool) -> dict[str, Any]:
    """Return one row's numbers; without an odds ratio in a crossover, since each patient counts once."""
    category = find_categories(rows["score"].to_numpy(dtype=float), instrument)
    treated = (rows["arm"] == arm).to_numpy()
    baseline = rows["baseline"].to_numpy(dtype=float)
    adjusted = bool(np.isfinite(baseline).any())
    use = np.isfinite(baseline) if adjusted else np.ones(len(rows), dtype=bool)
    found = compare_categories(category[use], treated[use], baseline[use] if adjusted else None)
    if crossover:
        found |= dict.fromkeys(("odds_ratio", "lower", "upper", "p_value"), np.nan) | {"note": CROSSOVER}
    return {"baseline": adjusted} | found


def find_categories(score: Floats, instrument: Instrument) -> Ints:
    """Return the ordered category of each score, a higher one better: a rating itself, else the severity band.

    Examples
    --------
    >>> import numpy as np
    >>> from outcomes.instruments import read_instruments
    >>> find_categories(np.array([0.0, 4.5, 20.0]), read_instruments()["phq9"]).tolist()
    [0, 0, -4]
    """
    place = score
    if not instrument.ordinal:  # an impossible total that the study kept is in the first band
        place = np.maximum(np.searchsorted(sorted(instrument.bands), score, side="right") - 1, 0)
    return np.asarray(-place if instrument.higher_is_worse else place, dtype=np.int64)


def compare_categories(category: Ints, treated: NDArray[np.bool_], baseline: Floats | None) -> dict[str, Any]:
    """Return the odds ratio of a better category by proportional odds, treated to others.

    Parameters
    ----------
    category : ndarray of int, shape (n,)
        Higher is better.
    treated : ndarray of bool, shape (n,)
    baseline : ndarray, shape (n,), or None
        Baseline total in points; left out where it does not vary.

    Returns
    -------
    dict
        ``categories``, ``n``, ``n_reference``, ``odds_ratio``, ``lower``, ``upper``, ``p_value``, ``note``, ``fewest``.
    """
    levels, place = np.unique(category, return_inverse=True)
    sizes = int(treated.sum()), int((~treated).sum())
    cells = np.array([np.bincount(place[side], minlength=len(levels)) for side in (treated, ~treated)])
    found: dict[str, Any] = {"categories": len(levels), "n": sizes[0], "n_reference": sizes[1]}
    # with two categories the odds ratio all but tells the four counts; with more it rests on the order of all
    found["fewest"] = int(cells[cells > 0].min(initial=min(sizes))) if len(levels) == 2 else min(sizes)
    found |= dict.fromkeys(("odds_ratio", "lower", "upper", "p_value"), np.nan) | {"note": ""}
    design = [treated.astype(float)]
    if baseline is not None and np.ptp(baseline) > 0:
        design.append((baseline - baseline.mean()) / baseline.std())
    note = _refuse(place, np.column_stack(design), sizes)
    if note:
        return found | {"note": note}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = _fit(place, np.column_stack(design))
    if fit is None:
        return found | {"note": "the model did not converge"}
    # its information is by finite differences, whose last digits are the processor's: four of the error are kept
    slope, error = float(f"{fit.params[0]:.6g}"), float(f"{fit.bse[0]:.4g}")
    if not (np.isfinite(error) and error > 0):
        return found | {"note": "the model did not converge"}
    ends = np.exp([slope, slope - Z * error, slope + Z * error])
    p_value = float(2 * ndtr(-abs(slope / error)))
    return found | dict(zip(("odds_ratio", "lower", "upper"), map(float, ends), strict=True)) | {"p_value": p_value}


def _fit(place: Ints, design: Floats) -> Any:
    """Return the fit by Newton's steps, or where these lose their way by those that begin near the maximum; None where there is none."""
    model = OrderedModel(place, design, distr="logit")
    start = None
    for _ in range(2):
        try:
            fit = model.fit(start, method="newton", maxiter=100, disp=False)
            if fit.mle_retvals["converged"]:
                return fit
        except np.linalg.LinAlgError:
            pass
        start = model.fit(method="bfgs", maxiter=1000, disp=False).params
    return None


def _refuse(place: Ints, design: Floats, sizes: tuple[int, int]) -> str:
    """Return why there is no odds ratio; '' where there is one.

    Separation is that of the binary regressions at all cuts together, with one slope: where these have no finite slope the model of
    proportional odds has none (Agresti 2010, 10.1002/9780470594001, section 3.4.5).
    """
    if min(sizes) < FEWEST:
        return f"an arm has fewer than {FEWEST} patients with a category"
    cuts = int(place.max())
    if cuts == 0:
        return "everybody is in one category"
    if np.linalg.matrix_rank(np.column_stack([np.ones(len(design)), design])) < design.shape[1] + 1:
        return "arm and baseline cannot be told apart"
    above = (place[:, None] > np.arange(cuts)).astype(float).ravel()
    stacked = np.column_stack([np.tile(np.eye(cuts), (len(place), 1)), np.repeat(design, cuts, axis=0)])
    if find_separation(stacked, above)[cuts:].any():
        return "arm or baseline tells the category for certain, so that the odds ratio has no end"
    return ""
