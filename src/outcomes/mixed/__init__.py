"""Linear mixed models for repeated measures, with the small-sample inference of SAS and R.

What it does: models with a covariance by visit (MMRM), random effects, or both; REML and ML; Kenward-Roger, Satterthwaite and
sandwich inference; least-squares means, differences, type III tests. Why it is here: statsmodels has random effects
only and no small-sample degrees of freedom, and R's mmrm needs minutes where patterns of missing visits make
milliseconds enough. The likelihood is computed from one Gram matrix per missingness pattern, so that after one pass over
the rows nothing grows with the number of subjects.

Examples
--------
>>> import pandas as pd
>>> from outcomes import mixed
>>> data = pd.DataFrame({
...     "person": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
...     "visit": ["1", "2"] * 5,
...     "score": [9.0, 7.5, 8.0, 7.0, 10.0, 6.5, 9.5, 8.0, 7.0, 6.5],
... })
>>> fit = mixed.fit(data, "score ~ visit", subject="person", visit="visit")
>>> fit.coefficients[["term", "estimate", "df"]].round(3).values.tolist()
[['Intercept', 8.7, 4.0], ['visit[2]', -1.6, 4.0]]
"""

from outcomes.mixed.design.declared import DeclaredDesign
from outcomes.mixed.errors import (
    ConvergenceError,
    DataError,
    DesignError,
    FormulaError,
    MixedError,
    MomentsError,
    SettingError,
    VisitError,
)
from outcomes.mixed.fit import fit, moments
from outcomes.mixed.gee import GeeFit, fit_gee
from outcomes.mixed.likelihood.structures import STRUCTURES
from outcomes.mixed.patterns.moments import Moments, load_moments
from outcomes.mixed.result.cluster import cluster
from outcomes.mixed.result.influence import influences
from outcomes.mixed.result.likelihood_ratio import compare
from outcomes.mixed.result.margins import differences, margins
from outcomes.mixed.result.posterior import Draws, draw_parameters
from outcomes.mixed.result.result import Fit
from outcomes.mixed.settings import LADDER

__all__ = [
    "LADDER",
    "STRUCTURES",
    "ConvergenceError",
    "DataError",
    "DeclaredDesign",
    "DesignError",
    "Draws",
    "Fit",
    "FormulaError",
    "GeeFit",
    "MixedError",
    "Moments",
    "MomentsError",
    "SettingError",
    "VisitError",
    "cluster",
    "compare",
    "differences",
    "draw_parameters",
    "fit",
    "fit_gee",
    "influences",
    "load_moments",
    "margins",
    "moments",
]
