"""A fit written for reading."""

from __future__ import annotations

from typing import Any

from outcomes.mixed.result.fitted import FittedModel

_METHODS = {"reml": "REML", "ml": "ML"}
_DF = {
    "kenward_roger": "Kenward-Roger (linear)",
    "satterthwaite": "Satterthwaite",
    "between_within": "between-within",
    "residual": "residual",
    "normal": "normal (infinite)",
}


def summarise(fit: FittedModel) -> str:
    """Write what was fitted, the coefficients, the covariance, and what to beware of."""
    blocks = [_head(fit), _coefficients(fit), *_covariances(fit), *(f"Note: {note}" for note in fit.warnings)]
    return "\n\n".join(blocks)


def _head(fit: FittedModel) -> str:
    variance = "model-based" if fit.vcov_type == "model" else f"{fit.vcov_type.upper()} sandwich by {fit.subject}"
    weighed = f", {fit.information} information" if fit.df_method in ("kenward_roger", "satterthwaite") else ""
    n_dropped = sum(fit.dropped.values())
    lines = [
        f"Mixed model by {_METHODS[fit.method]}: {fit.formula}",
        f"Covariance: {fit.structure} ({fit.n_covariance_parameters} parameters"
        + (f", one set per level of {fit.group})" if fit.group else ")"),
        f"Subjects: {fit.n_subjects}   observations: {fit.n_observations}   rows dropped: {n_dropped}",
        f"Variance of coefficients: {variance}   df: {_DF[fit.df_method]}{weighed if fit.vcov_type == 'model' else ''}",
        f"Log-likelihood: {fit.loglik:.4f}   AIC: {fit.aic:.2f}   BIC: {fit.bic:.2f}",
        f"Converged: {'yes' if fit.converged else 'NO'} ({fit.reason}; {fit.iterations} iterations)",
    ]
    return "\n".join(lines)


def _coefficients(fit: FittedModel) -> str:
    import pandas as pd

    table = fit.coefficients
    percent = f"{100 * fit.level:g}% CI"
    shown = pd.DataFrame(
        {
            "": table["term"],
            "Estimate": table["estimate"].map(_number),
            "SE": table["std_error"].map(_number),
            percent: [f"{_number(a)} to {_number(b)}" for a, b in zip(table["lower"], table["upper"], strict=True)],
            "df": table["df"].map(lambda d: f"{d:.1f}"),
            "t": table["statistic"].map(lambda t: f"{t:.2f}"),
            "P": table["p_value"].map(format_p),
        }
    )
    return shown.to_string(index=False, justify="right")


def _covariances(fit: FittedModel) -> list[str]:
    blocks = []
    for title, found in (("Random effects", fit.random_covariance), ("Residual covariance by visit", fit.covariance)):
        if found is None or (title != "Random effects" and found is fit.random_covariance):
            continue
        for label, table in found.items() if isinstance(found, dict) else [(None, found)]:
            where = "" if label is None else f", {fit.group} = {label}"
            blocks.append(f"{title}{where}\n{table.map(_number).to_string()}")
    if fit.residual_variance is not None:
        blocks.append(f"Residual variance: {_variance(fit.residual_variance)}")
    return blocks


def _variance(found: Any) -> str:
    if isinstance(found, dict):
        return ", ".join(f"{label}: {_number(value)}" for label, value in found.items())
    return _number(found)


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) >= 1e5 or 0 < abs(value) < 1e-3 else f"{value:.3f}"


def format_p(p: float) -> str:
    """Write a p-value as papers do."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"
