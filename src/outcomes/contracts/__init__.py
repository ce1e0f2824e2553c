"""The contract of every table: what one row is, its key, and each column's type, unit, range, and missing values.

Tables are checked when they are written and when they are read; inside the steps, functions trust them. All failures of a
table are collected into one error. The data dictionary in ``data/README.md`` is rendered from this package.
"""

from outcomes.contracts.check import check_table, empty_table
from outcomes.contracts.kinds import Contract, Field
from outcomes.contracts.tables import CONTRACTS

__all__ = ["CONTRACTS", "Contract", "Field", "check_table", "empty_table"]
