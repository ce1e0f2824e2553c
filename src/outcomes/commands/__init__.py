"""The commands around the steps, one module each: draft a study file, run all, lock the plan, describe files and tables."""

NAMES = (
    "draft",
    "check",
    "refresh",
    "run",
    "lock",
    "site",
    "round",
    "answer",
    "pool",
    "ledger",
    "power",
    "simulate",
    "schema",
    "dictionary",
)
