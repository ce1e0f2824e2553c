"""The arguments of a fit, checked against what is allowed and against each other."""

from __future__ import annotations

from dataclasses import dataclass, replace

from outcomes.mixed.errors import SettingError
from outcomes.mixed.inference.degrees_of_freedom import DF_METHODS
from outcomes.mixed.likelihood.structures import STRUCTURES

LADDER = (
    "unstructured",
    "heterogeneous_toeplitz",
    "heterogeneous_ante_dependence",
    "heterogeneous_ar1",
    "compound_symmetry",
)
"""The fallback ladder, from the structure that assumes least."""

VCOVS = ("model", "cr0", "cr2", "cr3")


@dataclass(frozen=True)
class Settings:
    """How to fit and how to infer; see ``fit``."""

    covariance: str | None
    random: str | None
    method: str
    df: str
    information: str
    vcov: str
    level: float
    notes: tuple[str, ...] = ()

    def with_covariance(self, covariance: str | None) -> Settings:
        """Give the same settings with another structure."""
        return replace(self, covariance=covariance)

    @property
    def structure(self) -> str:
        """Name the covariance for reading."""
        if self.random is None:
            return str(self.covariance)
        effects = f"random ({self.random})"
        return effects if self.covariance is None else f"{effects} + {self.covariance}"


def read_settings(
    *, covariance: str | None, random: str | None, method: str, df: str, information: str, vcov: str, level: float
) -> Settings:
    """Check the arguments.

    Raises
    ------
    SettingError
        Naming the argument, its value and what is allowed.
    """
    _require("method", method, ("reml", "ml"))
    _require("df", df, DF_METHODS)
    _require("information", information, ("observed", "expected"))
    _require("vcov", vcov, VCOVS)
    if covariance is not None:
        _require("covariance", covariance, STRUCTURES)
    if covariance is None and random is None:
        raise SettingError(
            "covariance=None needs random=, such as random='1'; otherwise rows of a subject would be independent"
        )
    if covariance == "unstructured" and random is not None:
        raise SettingError(
            "an unstructured covariance already contains every random effect, so the two cannot be told apart: "
            "pass covariance=None with random="
        )
    if not 0 < level < 1:
        raise SettingError(f"level must lie between 0 and 1, got {level}")
    used, notes = _settle_df(df, method, vcov)
    return Settings(covariance, random, method, used, information, vcov, level, notes)


def _settle_df(df: str, method: str, vcov: str) -> tuple[str, tuple[str, ...]]:
    """Replace Kenward and Roger's df where they are not defined, and say so."""
    if df != "kenward_roger" or (method == "reml" and vcov == "model"):
        return df, ()
    why = f"a {vcov} sandwich" if vcov != "model" else "ML"
    return "satterthwaite", (f"Kenward-Roger's correction is not defined for {why}: Satterthwaite's df are used",)


def _require(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingError(f"{name} {value!r} is not one of {', '.join(allowed)}")
