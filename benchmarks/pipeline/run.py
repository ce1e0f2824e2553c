"""How long the example takes, cold, with nothing to do, and after changed labels; and the processor time of each step.

    python benchmarks/pipeline/run.py        # writes benchmarks/pipeline/results.csv and steps.csv

Processor seconds are user and system, child processes included; what is not a step's is Snakemake's and that of the command
itself. Wall seconds depend on what else the machine does, so each is also given as a ratio to a named peer measured between them
in the same run: one bare process that imports pandas, statsmodels and matplotlib and does nothing.
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEER = [sys.executable, "-c", "import pandas, statsmodels.api, matplotlib.pyplot"]
RUN = [sys.executable, "-m", "outcomes", "run", "config/example.yaml", "--cores", "2"]
TITLE = ("\n  title: ", "\n  title: Again, ")
ARM = ("label: IM ketamine", "label: Ketamine IM")
LABEL = ("Days since the first session (0: baseline)", "Days after the first session (0: baseline)")


def main() -> None:
    """Run the cases in a copy of the project and write the tables."""
    with tempfile.TemporaryDirectory() as place:
        folder = copy_project(Path(place))
        peer = [seconds(PEER, folder) for _ in range(3)]
        cold, steps = measure("cold", folder, peer)
        idle, _ = measure("nothing to do", folder, peer)
        change_label(folder / "src" / "outcomes" / "release" / "figures")
        label, _ = measure("one changed figure label", folder, peer)
        rename_study(folder / "config" / "example.yaml", TITLE)
        title, _ = measure("another title in the study file", folder, peer)
        rename_study(folder / "config" / "example.yaml", ARM)
        arm, _ = measure("another name for an arm in the study file", folder, peer)
    write(
        "results.csv",
        ["case", "seconds", "processor_seconds", "peer_seconds", "ratio", "rules_run"],
        [cold, idle, label, title, arm],
    )
    write("steps.csv", ["step", "processes", "processor_seconds", "peak_mib"], steps)


def write(name: str, head: list[str], rows: list[list[str]]) -> None:
    """Write a table beside this script."""
    with (HERE / name).open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([head, *rows])


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
    old, new = LABEL
    found = [path for path in folder.rglob("*.py") if old in path.read_text(encoding="utf-8")]
    if not found:
        sys.exit(f"No figure has the label {old!r}; name one that there is in LABEL.")
    found[0].write_text(found[0].read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def rename_study(file: Path, words: tuple[str, str]) -> None:
    """Change one label of the study file."""
    old, new = words
    content = file.read_text(encoding="utf-8")
    if content.count(old) != 1:
        sys.exit(f"{file.name} does not say {old!r} once; name other words.")
    file.write_text(content.replace(old, new), encoding="utf-8")


def measure(case: str, folder: Path, peer: list[float]) -> tuple[list[str], list[list[str]]]:
    """Time one run beside a fresh measurement of the peer; return its row, and one for each step."""
    times = folder / "times.txt"
    times.write_text("")
    before, start = processor_seconds(), time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": f"{HERE / 'timing'}{os.pathsep}{folder / 'src'}", "TIMES_TO": str(times)}
    output = subprocess.run(RUN, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout
    took, used = time.perf_counter() - start, processor_seconds() - before
    peer.append(seconds(PEER, folder))
    typical = statistics.median(peer)
    rules = sorted({line.split()[-1] for line in output.splitlines() if line.startswith("[")})
    steps = by_step(times.read_text(), used)
    print(f"{case}: {took:.1f} s, {took / typical:.1f} × the peer, {used:.1f} s of processor time", flush=True)
    for name, processes, of_step, peak in steps:
        print(f"  {name:<10} {processes:>2} {of_step:>6} s  {peak} MiB")
    return [case, f"{took:.1f}", f"{used:.1f}", f"{typical:.2f}", f"{took / typical:.1f}", " ".join(rules)], steps


def by_step(text: str, used: float) -> list[list[str]]:
    """Return a row for each step: its processes, their seconds together, and the largest peak; and one for the rest."""
    count, total, peak = Counter[str](), Counter[str](), dict[str, int]()
    for name, each, memory in (line.split() for line in text.splitlines()):
        count[name] += 1
        total[name] += float(each)
        peak[name] = max(peak.get(name, 0), int(memory) // 1024)
    rows = [[name, str(count[name]), f"{total[name]:.1f}", str(peak[name])] for name in count]
    return [*rows, ["Snakemake", "1", f"{used - total.total():.1f}", ""]]


def processor_seconds() -> float:
    """Return the user and system seconds of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(command: list[str], folder: Path) -> float:
    """Time a whole process."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
