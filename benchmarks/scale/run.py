"""What each step needs as patients become more: seconds, processor seconds, and peak memory, each step a process of its own.

    python benchmarks/scale/run.py FOLDER --patients 20000 [--steps compare tables]    # adds to results.csv beside this script

The example's study file, on as many invented patients (the example has 1,200). A step that was measured before at that number is measured
again and replaced. With --steps the others have to have been run in FOLDER.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from contextlib import chdir
from pathlib import Path

import yaml

from outcomes import steps

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HEAD = ["patients", "step", "seconds", "processor_seconds", "peak_mib"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OPENBLAS_NUM_THREADS": "1"}
Row = dict[str, str]


def prepare(folder: Path, patients: int) -> None:
    """Write the export and the study file, once."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "export").is_dir():
        simulate = [
            "simulate",
            "--patients",
            str(patients),
            "--out",
            "export",
        ]  # apart: a child's peak is never below its parent's
        subprocess.run([sys.executable, "-m", "outcomes", *simulate], cwd=folder, env=ENVIRONMENT, check=True)
    content = yaml.safe_load((ROOT / "config" / "example.yaml").read_text(encoding="utf-8"))
    content |= {"study": "scale", "data": "export"}
    (folder / "study.yaml").write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def list_commands(chosen: list[str]) -> list[list[str]]:
    """Return the commands of the steps in their order; a model is a command of its own."""
    models = list(yaml.safe_load((ROOT / "config" / "example.yaml").read_text(encoding="utf-8")).get("models", {}))
    names = [name for name in steps.NAMES if not chosen or name in chosen]
    return [
        [name, "study.yaml", *extra]
        for name in names
        for extra in ([[one] for one in models] if name == "fit" else [[]])
    ]


def measure(command: list[str], folder: Path, patients: int) -> Row:
    """Run one step, and return its row."""
    start = time.perf_counter()
    with chdir(folder):
        process = os.posix_spawn(sys.executable, [sys.executable, "-m", "outcomes", *command], ENVIRONMENT)
    _, status, used = os.wait4(process, 0)
    if status:
        sys.exit(f"outcomes {' '.join(command)} failed.")
    numbers = (time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
    row = dict(zip(HEAD, [str(patients), " ".join(command[::2]), *(f"{one:.0f}" for one in numbers)], strict=True))
    print(", ".join(row.values()), flush=True)
    return row


def keep(row: Row, file: Path) -> None:
    """Put a row in the table, in place of an earlier one."""
    rows = list(csv.DictReader(file.open(encoding="utf-8", newline=""))) if file.is_file() else []
    order = {name: place for place, name in enumerate(steps.NAMES)}
    rows = [one for one in rows if (one["patients"], one["step"]) != (row["patients"], row["step"])] + [row]
    rows.sort(key=lambda one: (int(one["patients"]), order[one["step"].split()[0]]))
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, HEAD, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Measure the steps."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--patients", type=int, required=True)
    parser.add_argument("--steps", nargs="+", default=[], choices=steps.NAMES)
    given = parser.parse_args()
    prepare(given.folder, given.patients)
    for command in list_commands(given.steps):
        keep(measure(command, given.folder, given.patients), HERE / "results.csv")


if __name__ == "__main__":
    main()
