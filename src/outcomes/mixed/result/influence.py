"""How much each subject moves the coefficients of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.mixed.errors import ConvergenceError, SettingError
from outcomes.mixed.inference.sandwich import sum_scores
from outcomes.mixed.result.result import Fit

if TYPE_CHECKING:
    import pandas as pd


def influences(fit: Fit, kind: str = "cr0") -> pd.DataFrame:
    """Return each subject's part in the error of the coefficients, to first order.

    The sum of the outer products of the rows is the sandwich of the same kind. Whoever estimated something else beforehand, as
    weights, adds to each row what that estimate does (stacked estimating equations, Stefanski & Boos 2002, doi:10.1198/000313002753631330).

    Parameters
    ----------
    fit : Fit
        Of a table: moments do not keep the subjects.
    kind : {"cr0", "cr2", "cr3"}
        Plain scores, or scores inflated for the subject's leverage, as in :func:`outcomes.mixed.fit`.

    Returns
    -------
    DataFrame, shape (n_subjects, k)
        One row per subject (its label is the index), one column per coefficient.

    Raises
    ------
    ConvergenceError
        The fit did not converge.
    SettingError
        A fit from moments, or an unknown kind.
    """
    import pandas as pd

    engine = fit.engine
    if kind not in ("cr0", "cr2", "cr3"):
        raise SettingError(f"kind={kind!r} is not one of 'cr0', 'cr2', 'cr3'")
    if not fit.converged or engine.optimum is None:
        raise ConvergenceError(f"the fit did not converge ({fit.reason}); it has no influences")
    if engine.subjects is None:
        raise SettingError("a fit from moments has no subjects; fit the table")
    state = engine.optimum.state
    scores = sum_scores(engine.model, state, engine.subjects, kind)
    values = scores @ state.phi @ engine.model.basis.inverse.T
    return pd.DataFrame(values, index=engine.subjects.labels, columns=list(fit.names))
