"""How long the example takes: cold, with nothing to do, and after one changed figure label.

    python benchmarks/pipeline/run.py        # writes benchmarks/pipeline/results.csv

Seconds depend on the machine, so each is also given as a ratio to a named peer measured between them in the same run: one
bare process that imports pandas, statsmodels and matplotlib and does nothing.
"""

from __future__ import annotations

import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PEER = [sys.executable, "-c", "import pandas, statsmodels.api, matplotlib.pyplot"]
RUN = [sys.executable, "-m", "outcomes", "run", "config/example.yaml", "--cores", "2"]
LABEL = (
    "release/figures/plans/timeline.py",
    "Days since the first session (0: baseline)",
    "Days after the first session (0: baseline)",
)


def main() -> None:
    """Run the three cases in a copy of the project and write the table."""
    with tempfile.TemporaryDirectory() as place:
        folder = copy_project(Path(place))
        peer = [seconds(PEER, folder) for _ in range(3)]
        rows = [measure("cold", folder, peer), measure("nothing to do", folder, peer)]
        change_label(folder)
        rows.append(measure("one changed figure label", folder, peer))
    with (Path(__file__).parent / "results.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["case", "seconds", "peer_seconds", "ratio", "rules_run"])
        writer.writerows(rows)


def copy_project(folder: Path) -> Path:
    """Copy what the pipeline reads; nothing it has made before."""
    for name in ("Snakefile", "config"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data" / "example", folder / "data" / "example", ignore=shutil.ignore_patterns("derived"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", "src"], cwd=folder, check=True)
    return folder


def change_label(folder: Path) -> None:
    """Change the words of one axis label in the code that draws it."""
    name, old, new = LABEL
    path = folder / "src" / "outcomes" / name
    text = path.read_text(encoding="utf-8")
    if old not in text:
        sys.exit(f"{name} has no label {old!r}; name one that it has in LABEL.")
    path.write_text(text.replace(old, new), encoding="utf-8")


def measure(case: str, folder: Path, peer: list[float]) -> list[str]:
    """Time one run beside a fresh measurement of the peer."""
    start = time.perf_counter()
    output = subprocess.run(RUN, cwd=folder, env=environment(folder), capture_output=True, text=True, check=True).stdout
    took = time.perf_counter() - start
    peer.append(seconds(PEER, folder))
    typical = statistics.median(peer)
    rules = [line.split()[-1] for line in output.splitlines() if line.startswith("[")]
    print(f"{case}: {took:.1f} s, {took / typical:.1f} × the peer; ran {' '.join(rules) or 'nothing'}", flush=True)
    return [case, f"{took:.1f}", f"{typical:.2f}", f"{took / typical:.1f}", " ".join(sorted(set(rules)))]


def environment(folder: Path) -> dict[str, str]:
    """Return the environment in which the copy is the package that runs."""
    return {**os.environ, "PYTHONPATH": str(folder / "src")}


def seconds(command: list[str], folder: Path) -> float:
    """Time a whole process."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
