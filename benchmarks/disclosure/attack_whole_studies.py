"""Attack what the gate releases of 200 random studies with comparison, models, subgroups, dropout and durability.

python benchmarks/disclosure/attack_whole_studies.py [--studies 200] [--workers 2]

One line a study goes to whole.csv beside this file; a study that the analysis refuses has no numbers and releases none.
"""

from __future__ import annotations

import argparse
import csv
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from outcomes.errors import OutcomesError

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "release"))

from whole_studies import attack_study, draw_study  # noqa: E402

ARMS = ("esketamine", "iv", "im")
COLUMNS = ["seed", "minimum_cell", "weights", "series", "durability", *ARMS, "numbers", "released", "findings"]


def attack(seed: int) -> dict[str, Any]:
    """Return the row of one study, and what was found of it under ``found``."""
    drawn = draw_study(seed)
    study = drawn.study
    row = {
        "seed": seed,
        "minimum_cell": study.privacy.minimum_cell,
        "weights": study.comparison.weights if study.comparison else "",
        "series": study.series.use,
        "durability": study.durability.maintenance if study.durability else "",
        **drawn.sizes,
    }
    try:
        result = attack_study(drawn)
    except OutcomesError as refusal:
        return row | {"refused": str(refusal)}
    counts = {"numbers": result["numbers"], "released": result["released"], "findings": len(result["findings"])}
    return row | counts | {"found": result["findings"][:3]}


def main() -> None:
    """Attack the studies and write the table, a line as soon as it and all before it are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with (
        (HERE / "whole.csv").open("w", encoding="utf-8", newline="") as file,
        ProcessPoolExecutor(options.workers) as pool,
    ):
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for row in tqdm(pool.map(attack, range(options.studies)), total=options.studies):
            writer.writerow(row)
            file.flush()
            if said := row.get("found") or row.get("refused"):
                tqdm.write(f"study {row['seed']}: {said}")


if __name__ == "__main__":
    main()
