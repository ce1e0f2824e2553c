"""Two arms compared as a sceptical reviewer would have it: declared estimand, weights, diagnostics, and every other way."""

from outcomes.analysis.comparison.compare import COLUMNS, compare_arms

__all__ = ["COLUMNS", "compare_arms"]
