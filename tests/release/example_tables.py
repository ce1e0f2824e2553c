"""Every rates table of the made-up study, as the analysis makes them; run as a script to write them as CSV into a folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "analysis"))
import example_study as study

from outcomes.analysis.baseline import tabulate_baseline
from outcomes.analysis.flow import tabulate_flow
from outcomes.analysis.ideation import tabulate_ideation, tabulate_ideation_change
from outcomes.analysis.last_treatment import LAST_CHANGE
from outcomes.analysis.ledger import tabulate_balance, tabulate_ledger
from outcomes.analysis.published import tabulate_published
from outcomes.analysis.rates import tabulate_differences, tabulate_missingness, tabulate_response
from outcomes.analysis.scores import tabulate_change_distribution, tabulate_recall, tabulate_scores
from outcomes.contracts.released.text import format_table
from outcomes.instruments import select_instruments
from outcomes.protocols import read_protocols
from outcomes.settings.clinical import Arm, Timepoints


def make_tables(
    sizes: dict[str, int] = study.SIZES, seed: int = 7, endpoints: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables by name, before the disclosure gate."""
    endpoints = study.generate_endpoints(seed, sizes) if endpoints is None else endpoints
    cohort = study.derive_cohort(endpoints)
    patients = study.generate_patients(endpoints)
    ledger, balance = study.generate_ledger()
    arms, series = tuple(sizes), study.derive_series(cohort)
    given = (endpoints, cohort, arms)
    columns = ["age", "sex", "payer", "site", "failed_antidepressants"]
    return {
        "flow": tabulate_flow(balance, ledger, series, cohort, endpoints, patients, arms, "phq9", "session 6", "PHQ-9"),
        "baseline": tabulate_baseline(
            endpoints, cohort, patients, arms, columns, select_instruments(["phq9", "phq8", "gad7"])
        ),
        "scores": tabulate_scores(*given),
        "response": tabulate_response(*given),
        "differences": tabulate_differences(*given),
        "change_distribution": tabulate_change_distribution(*given),
        "missingness": tabulate_missingness(*given),
        "ideation": tabulate_ideation(*given),
        "ideation_change": tabulate_ideation_change(*given),
        "recall": tabulate_recall(*given),
        "published": tabulate_published(
            tabulate_response(*given),
            tabulate_response(endpoints, cohort[cohort["complies"].astype("boolean").fillna(False)], arms),
            pd.DataFrame(columns=LAST_CHANGE),
            [Arm(id=arm, label=arm, protocol=arm) for arm in arms],
            {arm: read_protocols().get(arm) for arm in arms},
            Timepoints(clean_window=(14, 31)),
        ),
        "ledger": tabulate_ledger(ledger, balance),
        "balance": tabulate_balance(balance),
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in make_tables().items():
        (folder / f"{name}.csv").write_text(format_table(table), encoding="utf-8")
