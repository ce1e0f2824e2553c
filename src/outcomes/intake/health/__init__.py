"""Whether the files, people, dates, visits and values of an export hang together.

Each module looks at one side (``identifiers``, ``people``, ``times``, ``rows``, ``labels``, ``numbers``, ``folder``) and returns findings;
``examine`` gathers them, and ``refuse`` stops a run at those that no study survives unless the study file accepts them.
Nothing here knows a file format.
"""

from outcomes.intake.health.examine import Evidence, describe_findings, examine, refuse, tabulate_findings
from outcomes.intake.health.finding import CHECKS, Finding

__all__ = ["CHECKS", "Evidence", "Finding", "describe_findings", "examine", "refuse", "tabulate_findings"]
