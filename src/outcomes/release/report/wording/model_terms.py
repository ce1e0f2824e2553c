"""Printed names of what a mixed model was fitted with, and of what weights balance."""

from __future__ import annotations

from collections.abc import Callable

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


def say_balanced(term: str, say: Callable[[str], str]) -> str:
    """Return a row of the balance table within a sentence: a confounder, its square, or two of them multiplied.

    Examples
    --------
    >>> say_balanced("age", str.capitalize), say_balanced("age, squared", str.capitalize), say_balanced("age × BMI", str)
    ('age', 'the spread of age', 'how age and BMI go together')
    """
    parts = [_lower(say(part)) for part in term.removesuffix(", squared").split(" × ")]
    if len(parts) > 1:
        return f"how {' and '.join(parts)} go together"
    return f"the spread of {parts[0]}" if term.endswith(", squared") else parts[0]


def _lower(name: str) -> str:
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
