"""Printed names of what a mixed model was fitted with."""

from __future__ import annotations

DF = {
    "kenward_roger": "Kenward–Roger degrees of freedom",
    "satterthwaite": "Satterthwaite degrees of freedom",
    "between_within": "between-within degrees of freedom",
    "residual": "residual degrees of freedom",
    "normal": "normal approximation",
}


VCOV = {"model": "model-based variance", "cr0": "CR0 sandwich", "cr2": "CR2 sandwich", "cr3": "CR3 sandwich"}


def say_covariance(name: str) -> str:
    """Return the printed name of a residual covariance.

    Examples
    --------
    >>> say_covariance("heterogeneous_ar1"), say_covariance("ante_dependence")
    ('heterogeneous AR(1)', 'ante-dependence')
    """
    words = name.replace("ante_dependence", "ante-dependence").replace("toeplitz", "Toeplitz")
    return words.replace("ar1", "AR(1)").replace("_", " ")
