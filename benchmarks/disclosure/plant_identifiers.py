"""Plant identifiers of every kind in every place of a small export, one at a time; count what intake refuses, leaves, lets pass, and says.

python benchmarks/disclosure/plant_identifiers.py [--workers 2] [--page]

planted.csv has a line for every place and kind; the tables of docs/disclosure.md are rendered from it (`--page` does only that).
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "intake"))

from planting import Planted, list_plantings, plant  # noqa: E402

COLUMNS = ["place", "kind", "planted", "refused", "left", "passed", "said"]
COUNTS = COLUMNS[2:]
TABLE, PAGE = HERE / "planted.csv", HERE.parents[1] / "docs" / "disclosure.md"
START, END = (
    "<!-- planted: rendered by benchmarks/disclosure/plant_identifiers.py from planted.csv -->",
    "<!-- end planted -->",
)
PLACES = {
    "cell": "a cell of a mapped column of text", "format": "the same, in eight formats", "error": "a cell that is no date, total, or treatment",
    "unmapped": "a cell or header that is not mapped", "label": "a label of the study file", "name": "the name of a file, folder, or sheet",
}  # fmt: skip
Rows = list[dict[str, str]]


def _plant_one(task: tuple[str, str, str]) -> Planted:
    with tempfile.TemporaryDirectory() as folder:
        return plant(Path(folder) / "raw", *task)


def count(planted: list[Planted]) -> Rows:
    """Return a line for every place and kind."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for one in planted:
        counted = rows.setdefault((one.place, one.kind), Counter())
        counted.update(["planted", one.outcome, *(["said"] if one.said else [])])
    return [
        {"place": place, "kind": kind} | {name: str(counted[name]) for name in COUNTS}
        for (place, kind), counted in rows.items()
    ]


def describe(rows: Rows) -> str:
    """Return the two tables of docs/disclosure.md."""

    def show(name: str, own: Rows) -> str:
        return f"| {name} | " + " | ".join(str(sum(int(row[key]) for row in own)) for key in COUNTS) + " |"

    head = "planted | refused | left out | passed | said |\n|---|---|---|---|---|---|"
    looked = [row for row in rows if row["place"].startswith(("cell", "format"))]
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    known = [row for row in rows if row["kind"].endswith("(known)")]
    sought = [row for row in rows if row not in known]
    lines = [
        f"| kind, in cells of mapped columns | {head}",
        *(show(kind, [row for row in looked if row["kind"] == kind]) for kind in kinds),
        "",
        f"| place, kinds that are looked for | {head}",
        *(show(text, [row for row in sought if row["place"].split(":")[0] == place]) for place, text in PLACES.items()),
        show("all of these", sought),
        show("all, with the kinds that are known not to be found", rows),
    ]
    return "\n".join(lines) + "\n"


def write_page(rows: Rows) -> None:
    """Put the tables into the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(START)
    PAGE.write_text(f"{before}{START}\n{describe(rows)}{END}{rest.split(END)[1]}", encoding="utf-8")


def read_lines() -> Rows:
    """Return the committed counts."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Plant all of them, and write the table and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--page", action="store_true", help="only write the page, from the counts that are there")
    options = parser.parse_args()
    if not options.page:
        with ProcessPoolExecutor(options.workers) as pool:
            planted = list(pool.map(_plant_one, list_plantings(), chunksize=8))
        with TABLE.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(count(planted))
    write_page(read_lines())


if __name__ == "__main__":
    main()
