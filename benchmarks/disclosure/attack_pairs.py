"""Attack pairs of releases one patient apart: what a reader learns who knows that exactly one patient was added.

python benchmarks/disclosure/attack_pairs.py [--pairs 60]

One line a pair goes to pairs.csv beside this file; lines that are there are kept. Of each pair the flow, the baseline, scores,
response, and what is missing are released twice, and attacked one alone and both together,
by carrying bounds through all sums.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "release"))

from attack_system import join, solve  # noqa: E402
from whole_studies import Drawn, describe_few, draw_study, read_release, release  # noqa: E402

COLUMNS = ["pair", "minimum_cell", "patients", "hidden", "recovered_alone", "recovered", "narrowed", "undecided"]
TABLES = ("flow", "baseline", "scores", "response", "missingness")
PAGE = HERE.parents[1] / "docs" / "disclosure.md"
START = "<!-- pairs: rendered by benchmarks/disclosure/attack_pairs.py from pairs.csv -->"
END = "<!-- end pairs -->"


def draw_pair(seed: int) -> tuple[Drawn, int]:
    """Return a random study without comparison, models, and durability, and the place of the patient who comes last."""
    drawn = draw_study(1000 + seed)
    settings = {name: part for name, part in drawn.settings.items() if name not in ("comparison", "durability")}
    settings |= {"models": {}, "series": {**settings["series"], "use": "first"}}
    sizes = {arm: min(n, 60) for arm, n in drawn.sizes.items()}
    generator = np.random.default_rng([seed, *b"release/pair"])
    return replace(drawn, settings=settings, sizes=sizes), int(generator.integers(min(sum(sizes.values()), 12)))


def attack(seed: int) -> dict[str, Any]:
    """Return the line of one pair."""
    drawn, last = draw_pair(seed)
    systems, known = [], []
    for without in (last, None):
        tables, cohort = describe_few(drawn, without)
        tables = {name: table for name, table in tables.items() if name in TABLES}
        files, minimum = release(drawn, tables, cohort)
        system, truth = read_release(files, tables, minimum, {})
        systems.append(system)
        known.append({name: low for name, (low, high) in truth.items() if low == high})
    both = join(*systems, known=(known[0], known[1]))
    alone, together = [solve(system, search=False) for system in systems], solve(both, search=False)
    own = [one for one in together.found if one.name[0] != "grown"]
    return {
        "pair": seed, "minimum_cell": minimum, "patients": sum(drawn.sizes.values()), "hidden": len(both.hidden),
        "recovered_alone": sum(one.low == one.high for solved in alone for one in solved.found),
        "recovered": sum(one.low == one.high for one in own), "narrowed": sum(one.low < one.high for one in own),
        "undecided": together.undecided,
    }  # fmt: skip


def describe(rows: list[dict[str, str]]) -> str:
    """Return the lines as the sentences of docs/disclosure.md."""
    hidden, recovered, narrowed = (sum(int(row[name]) for row in rows) for name in ("hidden", "recovered", "narrowed"))
    alone = sum(int(row["recovered_alone"]) for row in rows)
    some = sum(int(row["recovered"]) > 0 for row in rows)
    return (
        f"Of {hidden:,} hidden counts in {len(rows)} pairs of releases, a reader who has both recovered {recovered} ({recovered / hidden:.2%}) "
        f"and narrowed {narrowed} more; in {some} of the {len(rows)} pairs there was at least one. A reader of either release alone recovered {alone}.\n"
    )


def main() -> None:
    """Attack the pairs that have no line yet, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=60)
    options = parser.parse_args()
    path, done = HERE / "pairs.csv", []
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            done = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(done)
        for seed in tqdm(range(len(done), options.pairs)):
            writer.writerow(attack(seed))
            file.flush()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    before, rest = PAGE.read_text(encoding="utf-8").split(START)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{START}\n{describe(rows)}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
