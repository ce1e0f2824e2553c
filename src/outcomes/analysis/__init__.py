"""From endpoints to estimates: one module per question; tables in, tables out."""

from outcomes.analysis.describe import describe_cohort

__all__ = ["describe_cohort"]
