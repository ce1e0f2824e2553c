"""Every table that may be released, declared once: what a row is, its key, and what each column holds.

The disclosure gate, the files under ``results/``, their dictionary, the list of the steps' outputs, the report's titles, and
the tests read these declarations; an analysis names columns by their attributes. A column that is not declared is refused.
"""

from __future__ import annotations

from outcomes.contracts.released.columns import Column
from outcomes.contracts.released.comparison import (
    ComparisonStatement,
    CovariateBalance,
    Dropout,
    EarlySignals,
    Effects,
    Eligibility,
    Imputations,
    Interactions,
    Positivity,
    Risks,
    ScoreOverlap,
    Sensitivity,
    Subgroups,
    TargetTrial,
    Tipping,
    Weights,
)
from outcomes.contracts.released.describe import (
    Baseline,
    BaselineSmd,
    ChangeDistribution,
    Differences,
    Ideation,
    IdeationChange,
    Missingness,
    Published,
    Recall,
    RegressionToMean,
    Response,
    Scores,
    TwoBaselines,
)
from outcomes.contracts.released.durability import DurabilityCohort, DurabilityCurve, DurabilityEffect, DurabilityHeld
from outcomes.contracts.released.models import Coefficients, Margins, ModelDifferences, Models, TermTests
from outcomes.contracts.released.quality import Balance, Flow, Ledger
from outcomes.contracts.released.table import ReleasedTable

# In the order of the files' list.
_TABLES: tuple[type[ReleasedTable], ...] = (
    *(Flow, Baseline, BaselineSmd, Scores, Response, Differences, ChangeDistribution, Missingness, Ideation),
    *(IdeationChange, Recall, RegressionToMean, TwoBaselines, Published, Ledger, Balance),
    *(
        TargetTrial,
        Eligibility,
        ComparisonStatement,
        CovariateBalance,
        ScoreOverlap,
        Positivity,
        Weights,
        Effects,
        Risks,
    ),
    *(Sensitivity, Imputations, Tipping, Dropout, EarlySignals, Subgroups, Interactions),
    *(DurabilityCohort, DurabilityCurve, DurabilityHeld, DurabilityEffect),
    *(Models, Coefficients, TermTests, Margins, ModelDifferences),
)
RELEASED: dict[str, type[ReleasedTable]] = {table.name: table for table in _TABLES}


def list_tables(step: str) -> tuple[str, ...]:
    """Return the names of the released tables that a step estimates, in order."""
    return tuple(name for name, table in RELEASED.items() if table.written_by == step)


__all__ = [
    "RELEASED", "Column", "ReleasedTable", "list_tables",
    *sorted(table.__name__ for table in _TABLES),
]  # fmt: skip
