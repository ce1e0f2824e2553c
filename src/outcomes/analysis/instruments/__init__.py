"""Instruments side by side: percent change of each, what two of them say of the same patients, ordered categories."""
