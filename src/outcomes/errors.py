"""The errors a user can meet, each naming the thing that is wrong and the way out.

No message carries a patient's free text, identifier, or date: rows are named by number.
"""

from __future__ import annotations


class OutcomesError(Exception):
    """Base of every error that the program raises on purpose; the command line exits with code 2."""


class SettingsError(OutcomesError):
    """A study file that is missing, unreadable, or holds a value that is not allowed."""


class InputError(OutcomesError):
    """A raw export that cannot be read as the study file says."""


class ContractError(OutcomesError):
    """A table that breaks its contract at a border between steps; all failures are listed at once."""


class DamageError(OutcomesError):
    """A private table that is not as it was written."""


class LedgerError(OutcomesError):
    """Raw rows and ledger states that do not add up."""


class ModelError(OutcomesError):
    """A model that is declared wrongly for the data it was given."""


class UnsupportedError(ModelError):
    """A result that the numbers of a study cannot carry: it alone is left out, and the report says why.

    Attributes
    ----------
    reason : str
        What follows "because" in the report. It counts nobody and names no level of a column: the message, for those who hold the data, may.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
