"""Raw export → clean tables and the ledger.

Readers turn files into columns of text (``text``, ``excel``), the privacy gate drops what must not pass (``privacy``), cleaning
rules work on distinct values and enter what they do into the ledger (``rules``, ``ledger``), and one module per table
gives the clean tables of the contracts; ``health`` looks whether all of it hangs together.
"""

from outcomes.intake.export import Export, read_export
from outcomes.intake.health import describe_findings, refuse, tabulate_findings
from outcomes.intake.ledger import describe_ledger

__all__ = ["Export", "describe_findings", "describe_ledger", "read_export", "refuse", "tabulate_findings"]
