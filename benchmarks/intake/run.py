"""Pair the pipeline's first four steps with a bare pandas script on the same file, in one run.

    python benchmarks/intake/run.py FOLDER --rows 10000000

Writes the session file into FOLDER (unless it is there), then lets the two sides take turns and writes
``results.csv`` beside this script: wall and processor seconds and peak memory of every process, and the ratio of the sides.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import yaml
from generate import ITEMS, write_sessions

HERE = Path(__file__).parent
STEPS = ("intake", "score", "series", "endpoints")
GIB = 1024**2  # getrusage counts in KiB
TREATMENTS = {"IV ketamine": "iv", "IM ketamine": "im", "intranasal esketamine": "esketamine"}


@dataclass(frozen=True)
class Run:
    """What one process cost."""

    wall: float
    processor: float
    peak: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=HERE / "results.csv")
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "sessions.csv").is_file():
        write_sessions(folder / "sessions.csv", options.rows)
    study = write_study(folder)
    commands = {"floor": [sys.executable, str(HERE / "floor.py"), str(folder)]}
    commands |= {step: [sys.executable, "-m", "outcomes", step, str(study)] for step in STEPS}
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            runs[name].append(measure(command, folder))
            print(name, runs[name][-1], flush=True)
    write_results(options.out, options.rows, runs)


def write_study(folder: Path) -> Path:
    """Write the study file: one source, sessions and both questionnaires from the same rows."""
    placed = {"patient": "patient", "date": "date"}
    questionnaires = {"phq9": {"items": ITEMS[:9]}, "gad7": {"items": ITEMS[9:]}}
    study = {
        "study": "sessions",
        "data": str(folder),
        "sources": [
            {
                "file": "sessions.csv",
                "tables": {
                    "sessions": {"columns": placed | {"treatment": {"column": "arm", "values": TREATMENTS}}},
                    "assessments": {"columns": placed, "instruments": questionnaires},
                },
            }
        ],
        "instruments": list(questionnaires),
        "arms": [{"id": arm, "label": arm, "protocol": arm} for arm in ("esketamine", "iv", "im")],
        "timepoints": {"sessions": [1, 2, 3, 4, 5, 6], "days": [{"day": 28, "before": 7, "after": 7}]},
        "report": {"title": "Ten million sessions"},
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    return path


def measure(command: list[str], folder: Path) -> Run:
    """Run a process to its end; the peak is the largest resident set of it and of what it waited for."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / GIB)


def write_results(path: Path, rows: int, runs: dict[str, list[Run]]) -> None:
    """Write the median of the rounds per process, the whole chain, and its ratio to the floor."""
    middle = {
        name: Run(*(statistics.median(part) for part in zip(*map(_parts, of), strict=True)))
        for name, of in runs.items()
    }
    steps = [middle[step] for step in STEPS]
    chain = Run(sum(r.wall for r in steps), sum(r.processor for r in steps), max(r.peak for r in steps))
    floor = middle["floor"]
    ratio = Run(chain.wall / floor.wall, chain.processor / floor.processor, chain.peak / floor.peak)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["process", "rows", "rounds", "wall_s", "processor_s", "peak_gib"])
        for name, run in {**middle, "chain": chain, "chain / floor": ratio}.items():
            writer.writerow([name, rows, len(runs["floor"]), *(f"{value:.2f}" for value in _parts(run))])


def _parts(run: Run) -> tuple[float, float, float]:
    return run.wall, run.processor, run.peak


if __name__ == "__main__":
    main()
