"""Sums over the patients of one site, which add up over sites to those of one data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from outcomes.analysis.comparison.arrays import Floats
from outcomes.analysis.comparison.rounds.design import Rows
from outcomes.analysis.comparison.weighting.propensity import invert_logit


def sum_propensity(rows: Rows, coefficients: Floats) -> dict[str, Any]:
    """Return the score vector, the information matrix, and the log-likelihood of the logistic regression of the arm at given coefficients."""
    x, linear = rows.design, rows.design @ coefficients
    e = invert_logit(linear)
    return {
        "score": (x.T @ (rows.treated - e)).tolist(),
        "information": ((x.T * (e * (1 - e))) @ x).tolist(),
        "loglik": float(linear[rows.treated].sum() - np.logaddexp(0.0, linear).sum()),
    }


def sum_difference(rows: Rows, coefficients: Floats) -> dict[str, Any]:
    """Return what the weighted difference needs and the sandwich of its stacked equations (Stefanski & Boos 2002, 10.1198/000313002753631330).

    With e the probability and x the columns, w the overlap weight (1 − e in the treated, e in the others), v = e(1 − e), and y the change:
    over both arms ``information`` Σvxx' and ``meat`` Σw²xx'; by arm ``w`` Σw, ``wy`` Σwy, ``w2`` Σw², ``w2y`` Σw²y, ``w2y2`` Σw²y²,
    ``vx`` Σvx, ``vyx`` Σvyx, ``w2x`` Σw²x, and ``w2yx`` Σw²yx.
    """
    x, e = rows.design, invert_logit(rows.design @ coefficients)
    w, v = np.where(rows.treated, 1 - e, e), e * (1 - e)
    sums: dict[str, Any] = {
        "information": ((x.T * v) @ x).tolist(),
        "meat": ((x.T * np.square(w)) @ x).tolist(),
    }
    for arm, side in (("treated", rows.treated), ("reference", ~rows.treated)):
        one, own, weight, slope = rows.change[side], x[side], w[side], v[side]
        square = np.square(weight)
        sums[arm] = {
            "w": float(weight.sum()),
            "wy": float(weight @ one),
            "w2": float(square.sum()),
            "w2y": float(square @ one),
            "w2y2": float(square @ np.square(one)),
            "vx": (slope @ own).tolist(),
            "vyx": ((slope * one) @ own).tolist(),
            "w2x": (square @ own).tolist(),
            "w2yx": ((square * one) @ own).tolist(),
        }
    return sums
