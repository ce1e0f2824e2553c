"""Attack what the gate releases of 200 random small studies, and write one line a study to attack.csv beside this file.

python benchmarks/disclosure/attack_random_studies.py [number of studies]
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "release"))

from random_studies import ARMS, attack_study, draw_study  # noqa: E402

COLUMNS = ["seed", "minimum_cell", *ARMS, "numbers", "released", "findings"]


def main(studies: int) -> None:
    with (HERE / "attack.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for seed in range(studies):
            drawn = draw_study(seed)
            result = attack_study(drawn)
            sizes = [drawn.sizes.get(arm, "") for arm in ARMS]
            found = len(result["findings"])
            writer.writerow([seed, drawn.minimum_cell, *sizes, result["numbers"], result["released"], found])
            file.flush()
            if found:
                print(f"study {seed}: {result['findings'][:3]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
