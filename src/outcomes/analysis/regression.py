"""Regression to the mean: how much of a change from a high baseline would be seen without any treatment.

A score is what is lasting in a patient plus what is not; those who are chosen because a score is high have more of the latter, and
the next score is lower whatever happens. With reliability r, a later score is expected at m + r·(x − m) for a baseline x from a population
with mean m, a change of −(1 − r)·(x − m) (Barnett, van der Pols & Dobson 2005, 10.1093/ije/dyh299; by simulation Linden 2013,
10.1186/1471-2288-13-119).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.analysis.selection import EVERYONE, order_rows, select_first, select_included
from outcomes.contracts.released.describe import RegressionToMean
from outcomes.errors import SettingsError
from outcomes.settings import Study

REGRESSION = RegressionToMean.columns
AXES = ("session", "day", "visit", "clean")
FEWEST = 3  # patients below which no mean is formed
DUST = 1e-12  # points, a standard error that is rounding
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Expectation:
    """What regression to the mean is expected from.

    Attributes
    ----------
    sd, reliability : float
        Standard deviation in the population that patients come from, and correlation of two scores of one patient without a change.
    mean : float or None
        Mean of that population, where it is declared.
    threshold : float or None
        Smallest baseline that enters, from which the mean is found where it is not declared.
    earliest : int
        Days before the first session from which a score counts as the first of two baselines.
    settled : bool
        Whether the study declares the reliability for this, so that two baselines do not replace it.
    error : float
        Standard error of the reliability where two baselines gave it; 0 where it is taken as known.
    """

    sd: float
    reliability: float
    mean: float | None
    threshold: float | None
    earliest: int = 90
    settled: bool = False
    error: float = 0.0


def build_expectation(study: Study, instrument: str) -> Expectation:
    """Return what a study declares for an instrument; standard deviation and reliability of the reliable change where not given.

    Raises
    ------
    SettingsError
        Neither a mean nor an entry threshold is declared.
    """
    declared, change = study.regression_to_mean[instrument], study.endpoints.reliable_change.get(instrument)
    sd = declared.sd if change is None or declared.sd is not None else change.sd
    reliability = declared.reliability if change is None or declared.reliability is not None else change.reliability
    assert sd is not None
    assert reliability is not None
    threshold = study.baseline.minimum.get(instrument)
    if declared.mean is None and threshold is None:
        raise SettingsError(f"regression_to_mean.{instrument}: give 'mean', or an entry threshold in baseline.minimum.")
    settled = declared.reliability is not None
    return Expectation(sd, reliability, declared.mean, threshold, declared.screening_days, settled)


def find_population_mean(baseline_mean: float, threshold: float, sd: float) -> tuple[float, float]:
    """Return the mean of a normal population whose part above the threshold has the given mean, and its derivative by that mean.

    The part above c has mean m + s·h(z), z = (c − m)/s, with h the normal hazard. Totals are whole numbers, so the threshold stands half a
    point below the smallest that enters. Missing where the baselines lie so close to the threshold that no such population has
    a mean within eight standard deviations of it.

    Examples
    --------
    >>> mean, _ = find_population_mean(17.0, 10.0, 5.0)
    >>> round(mean, 2)
    16.07
    """
    from scipy.optimize import brentq

    cut = threshold - 0.5

    def misfit(mean: float) -> float:
        return mean + sd * _hazard((cut - mean) / sd) - baseline_mean

    lowest = cut - 8 * sd
    if not misfit(lowest) < 0 < misfit(baseline_mean):
        return float("nan"), float("nan")
    mean = float(brentq(misfit, lowest, baseline_mean))
    z = (cut - mean) / sd
    return mean, 1 / (1 - _hazard(z) * (_hazard(z) - z))


def _hazard(z: float) -> float:
    from scipy.special import log_ndtr

    return float(np.exp(-(z**2) / 2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-z)))


def tabulate_regression(
    endpoints: pd.DataFrame, cohort: pd.DataFrame, arms: Sequence[str], expectations: Mapping[str, Expectation]
) -> pd.DataFrame:
    """Return the change from baseline beside the one that regression to the mean alone would give.

    Parameters
    ----------
    endpoints, cohort : DataFrame
        Tables of those contracts; only series that enter the analysis count.
    arms : sequence of str
        Arm ids in the study's order.
    expectations : mapping of str to Expectation
        By instrument.

    Returns
    -------
    DataFrame
        One row per arm ('all': each patient once), instrument, axis, and time point, the key. Of the ``n`` with a change: mean and standard
        deviation of their baseline; ``reference``: how the population mean was had (``declared``, ``entry threshold``: from all baselines of the
        arm); the ``observed`` mean change and the ``expected`` one, in points, with the latter's ``share`` of the former; what remains, with
        95% intervals (standard deviation, a declared mean, and a declared reliability taken as known); and the reliability at which nothing would
        remain, missing where none would do.
    """
    rows = select_included(endpoints, cohort)
    rows = rows[rows["instrument"].isin(list(expectations)) & rows["baseline"].notna()]
    everyone = select_first(rows, "instrument", "axis", "timepoint").assign(arm=EVERYONE)
    found = [row for part in (rows.astype({"arm": str}), everyone) for row in _describe_groups(part, expectations)]
    return order_rows(pd.DataFrame(found, columns=REGRESSION).astype({"n": "int64"}), arms)


def _describe_groups(rows: pd.DataFrame, expectations: Mapping[str, Expectation]) -> Iterator[dict[str, Any]]:
    for (arm, instrument), own in rows.groupby(["arm", "instrument"], observed=True, sort=True):
        expectation = expectations[str(instrument)]
        patients = own.drop_duplicates(["patient", "series"])[["patient", "series", "baseline"]]
        mean, slope = _find_mean(patients["baseline"].to_numpy(float), expectation)
        later = own[own["axis"].isin(AXES) & own["change"].notna()]
        for (axis, timepoint), here in later.groupby(["axis", "timepoint"], observed=True, sort=True):
            if len(here) < FEWEST:
                continue
            joined = patients.merge(here[["patient", "series", "change"]], on=["patient", "series"], how="left")
            place = {"arm": arm, "instrument": instrument, "axis": axis, "timepoint": timepoint}
            facts = describe_regression(
                joined["baseline"].to_numpy(float), joined["change"].to_numpy(float), expectation, mean, slope
            )
            yield place | {"time": here["time"].iloc[0]} | facts


def _find_mean(baseline: Floats, expectation: Expectation) -> tuple[float, float]:
    if expectation.mean is not None:
        return expectation.mean, 0.0
    assert expectation.threshold is not None
    return find_population_mean(float(baseline.mean()), expectation.threshold, expectation.sd)


def describe_regression(
    baseline: Floats, change: Floats, expectation: Expectation, mean: float, slope: float
) -> dict[str, Any]:
    """Return observed and expected change of those with a change.

    Parameters
    ----------
    baseline, change : ndarray, shape (patients,)
        Of all patients of the group; the change is missing where there is no score.
    expectation : Expectation
    mean, slope : float
        Population mean, and its derivative by the mean of all baselines (0 where declared).
    """
    seen = ~np.isnan(change)
    n, x, d = int(seen.sum()), baseline[seen], change[seen]
    rest = 1 - expectation.reliability
    observed, gap = float(d.mean()), float(x.mean() - mean)
    expected = -rest * gap
    half_seen = compute_half_width(float(d.std(ddof=1)) / np.sqrt(n), n)
    influence = np.zeros(len(baseline))
    influence[seen] = (d - observed + rest * (x - x.mean())) / n
    influence -= rest * slope * (baseline - baseline.mean()) / len(baseline)
    error = float(np.sqrt(np.square(influence).sum() * n / (n - 1)))
    half = compute_half_width(float(np.hypot(error, gap * expectation.error)), n)
    needed = 1 + observed / gap if gap > 0 else np.nan
    return {
        "n": n,
        "baseline_mean": float(x.mean()),
        "baseline_sd": float(x.std(ddof=1)),
        "reference": "entry threshold" if expectation.mean is None else "declared",
        "threshold": expectation.threshold,
        "population_mean": mean,
        "population_sd": expectation.sd,
        "reliability": expectation.reliability,
        "reliability_from": "two baselines" if expectation.error else "declared",
        "observed": observed,
        "observed_lower": observed - half_seen,
        "observed_upper": observed + half_seen,
        "expected": expected,
        "share": expected / observed if observed and expected * observed >= 0 else np.nan,
        "remainder": observed - expected,
        "remainder_lower": observed - expected - half,
        "remainder_upper": observed - expected + half,
        "reliability_needed": needed if 0 <= needed <= 1 else np.nan,
    }


def compute_half_width(error: float, n: int) -> float:
    """Return half of a 95% t interval; missing where the error is zero or dust, as of values that are all alike."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 0.975)) * error if error > DUST else float("nan")
