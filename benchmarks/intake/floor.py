"""The least that any script must do with the session file: read, sum, sort, group, write Parquet. No check, no rule.

python benchmarks/intake/floor.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

PHQ9 = [f"phq9_{number}" for number in range(1, 10)]
GAD7 = [f"gad7_{number}" for number in range(1, 8)]


def main() -> None:
    folder = Path(sys.argv[1])
    table = pd.read_csv(folder / "sessions.csv", parse_dates=["date"])
    table["phq9"] = table[PHQ9].sum(axis=1)
    table["gad7"] = table[GAD7].sum(axis=1)
    table = table.sort_values(["patient", "date"], ignore_index=True)
    scores = table.groupby("patient")[["phq9", "gad7"]].agg(["first", "last", "min", "mean", "count"])
    scores.columns = ["_".join(names) for names in scores.columns]
    table.to_parquet(folder / "floor_sessions.parquet", index=False)
    scores.to_parquet(folder / "floor_scores.parquet")


if __name__ == "__main__":
    main()
