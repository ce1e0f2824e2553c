"""Attack what the gate releases of 200 random studies with comparison, models, subgroups, dropout and durability.

python benchmarks/disclosure/attack_whole_studies.py [number of studies]

One line a study goes to whole.csv beside this file; a study that the analysis itself refuses has no numbers and no findings.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "release"))

from whole_studies import attack_study, draw_study  # noqa: E402

ARMS = ("esketamine", "iv", "im")
COLUMNS = ["seed", "minimum_cell", "weights", "series", "durability", *ARMS, "numbers", "released", "findings"]


def main(studies: int) -> None:
    with (HERE / "whole.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for seed in range(studies):
            drawn = draw_study(seed)
            study = drawn.study
            row = [
                seed,
                study.privacy.minimum_cell,
                study.comparison.weights if study.comparison else "",
                study.series.use,
            ]
            row += [
                study.durability.maintenance if study.durability else "",
                *(drawn.sizes.get(arm, "") for arm in ARMS),
            ]
            try:
                result = attack_study(drawn)
            except ArithmeticError as problem:  # of a fit to too few, before anything is released
                print(f"study {seed}: {problem!r}")
                writer.writerow([*row, "", "", ""])
                continue
            writer.writerow([*row, result["numbers"], result["released"], len(result["findings"])])
            file.flush()
            if result["findings"]:
                print(f"study {seed}: {result['findings'][:3]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
