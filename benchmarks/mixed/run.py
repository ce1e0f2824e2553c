"""Time `outcomes.mixed` beside its peers: whole processes, in pairs, alternating, on the same simulated trials.

Every timed run is a process of its own: interpreter start, imports, reading the CSV, fit, table. The two sides of a
pair take turns, so that whatever else the machine does falls on both; the figure to trust is the ratio of the medians.
Peak memory is the largest resident set of that process. Peers that are not installed are named and skipped.

    python benchmarks/mixed/run.py                          # everything, about half an hour
    python benchmarks/mixed/run.py --only mmrm              # the tasks whose name starts so
    python benchmarks/mixed/run.py --mixedlm-python PATH    # interpreter of an environment that has mixedlm-rs
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
from simulated import simulate

HERE = Path(__file__).parent
ENGINES = HERE / "engines"
RESULTS = HERE / "results.csv"
KEY = ["task", "patients", "visits", "ours", "peer"]
OURS = "outcomes.mixed"
ARROW = "outcomes.mixed, Arrow"  # the table read by Arrow, so that pandas is never imported


@dataclass(frozen=True)
class Task:
    """One line of the table: a model, a size, the peer beside it (none: timed alone) and what is asked of the pair."""

    name: str
    model: str
    patients: int
    peer: str | None
    repeats: int = 5
    visits: int = 6
    pattern: str = "dropout"
    at_least: float | None = None  # ratio of peer to ours
    at_most: float | None = None  # seconds, or for the million ratio to X'X
    memory_ratio: float | None = None  # peer's peak over ours, at least
    ours: str = OURS


TASKS = [
    Task("import", "import", 0, "python", 9, at_most=0.8),
    Task("mmrm", "unstructured", 100, "nlme::gls", 3),
    Task("mmrm", "unstructured", 500, "nlme::gls", 3),
    Task("mmrm", "unstructured", 2_000, "nlme::gls", 3),
    Task("mmrm", "unstructured", 500, "mmrm"),
    Task("mmrm", "unstructured", 5_000, "mmrm", 3, at_least=25),
    Task("mmrm", "unstructured", 50_000, "mmrm", 3, at_least=150, memory_ratio=15),
    Task("mmrm", "unstructured", 5_000, None),
    Task("mmrm", "unstructured", 5_000, None, ours=ARROW),
    Task("mmrm", "unstructured", 50_000, None),
    Task("mmrm", "unstructured", 50_000, None, ours=ARROW),
    Task("mmrm", "unstructured", 500_000, None, 3),
    Task("slope", "slope", 500, "statsmodels"),
    Task("slope", "slope", 5_000, "statsmodels", at_least=25),
    Task("slope", "slope", 5_000, "statsmodels", at_least=25, ours=ARROW),
    Task("slope", "slope", 500, "lme4"),
    Task("slope", "slope", 5_000, "lme4"),
    Task("slope", "slope", 50_000, "lme4", at_least=15),
    Task("slope", "slope", 50_000, "lme4", at_least=15, ours=ARROW),
    Task("slope", "slope", 500, "mixedlm-rs"),
    Task("slope", "slope", 5_000, "mixedlm-rs"),
    Task("slope", "slope", 50_000, "mixedlm-rs", at_least=2),
    Task("slope", "slope", 50_000, "mixedlm-rs", at_least=2, ours=ARROW),
    Task("slope", "slope", 500_000, None, 3),
    Task("intermittent", "unstructured", 5_000, None, visits=12, pattern="intermittent", at_most=2.0),
    Task("million", "million", 1_000_000, "X'X", 3, at_most=6.0),
]


@dataclass(frozen=True)
class Run:
    """What one process took and said."""

    seconds: float
    cpu_s: float
    peak_mib: float
    said: dict


def time_process(command: list[str]) -> Run:
    """Run `command` to its end: wall seconds and peak resident memory of that process, and its JSON line."""
    done = subprocess.run(
        [sys.executable, "measure.py", *command], cwd=HERE, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    if found["code"]:
        raise RuntimeError(f"{command[0]} ... {command[-2:]} ended with code {found['code']}:\n{done.stderr[-2000:]}")
    said = json.loads(found["last_line"])
    return Run(said.get("seconds", found["seconds"]), found["cpu_s"], found["peak_mib"], said)


def python_version(module: str, python: str = sys.executable) -> str | None:
    """Version of a distribution seen by `python`; None where it cannot be imported."""
    code = f"from importlib.metadata import version; print(version({module!r}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def r_version(package: str) -> str | None:
    """Version of an R package; None without R or without the package."""
    try:
        code = f'cat(as.character(packageVersion("{package}")))'
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@cache
def version_of(engine: str, mixedlm_python: str | None) -> str | None:
    """Installed version of an engine, None where absent."""
    if engine in ("python", "X'X"):
        return python_version("numpy") if engine == "X'X" else sys.version.split()[0]
    if engine in (OURS, ARROW, "statsmodels"):
        return python_version("outcomes" if engine in (OURS, ARROW) else engine)
    if engine == "mixedlm-rs":
        return python_version(engine, mixedlm_python) if mixedlm_python else None
    return r_version(engine.split("::")[0])


def command_for(engine: str, task: Task, table: Path, mixedlm_python: str | None) -> list[str]:
    """Name the process that does `task` with `engine`."""
    if task.model == "import":
        return [sys.executable, "-c", "import outcomes.mixed" if engine == OURS else "pass"]
    if task.model == "million":
        return [sys.executable, "engines/million.py", "fit" if engine == OURS else "xtx", str(task.patients)]
    programs = {
        OURS: [sys.executable, "engines/fit_outcomes.py"],
        ARROW: [sys.executable, "engines/fit_outcomes_arrow.py"],
        "statsmodels": [sys.executable, "engines/fit_statsmodels.py"],
        "mixedlm-rs": [str(mixedlm_python), "engines/fit_mixedlm_rs.py"],
        "nlme::gls": ["Rscript", "engines/fit_gls.R"],
        "lme4": ["Rscript", "engines/fit_lme4.R"],
        "mmrm": ["Rscript", "engines/fit_mmrm.R"],
    }
    return [*programs[engine], str(table), task.model]


def table_for(task: Task, folder: Path) -> Path:
    """CSV of the task's trial, written once."""
    path = folder / f"{task.patients}-{task.visits}-{task.pattern}.csv"
    if task.model not in ("import", "million") and not path.exists():
        simulate(task.patients, task.visits, pattern=task.pattern).to_csv(path, index=False)
    return path


def check_same_model(task: Task, runs: dict[str, list[Run]]) -> float | None:
    """Largest relative difference in the standard error of the last coefficient; the pair must fit the same model."""
    said = [group[0].said.get("std_error") for group in runs.values()]
    if len(said) < 2 or None in said:
        return None
    difference = abs(said[0] / said[1] - 1)
    # statsmodels' own standard errors are up to 0.5 % off, Kenward-Roger inflates ours where the peer has none.
    allowed = 0.01 if task.model == "slope" else 0.02 + 4 / task.patients
    if difference > allowed:
        raise RuntimeError(
            f"{task.name} {task.patients}: standard errors differ by {difference:.2g}; not the same model"
        )
    return difference


def judge(task: Task, ours: float, ratio: float | None, memory_ratio: float | None) -> str:
    """`met`, `missed` or nothing where no target is set."""
    checks = []
    if task.at_least is not None:
        checks.append(ratio is not None and ratio >= task.at_least)
    if task.at_most is not None:
        checks.append((1 / ratio if task.model == "million" and ratio else ours) <= task.at_most)
    if task.memory_ratio is not None:
        checks.append(memory_ratio is not None and memory_ratio >= task.memory_ratio)
    return "" if not checks else "met" if all(checks) else "missed"


def run_task(task: Task, folder: Path, mixedlm_python: str | None) -> list[dict]:
    """Rows of the result table: one an engine, with the pair's ratios on both."""
    table = table_for(task, folder)
    engines = [task.ours, *([task.peer] if task.peer else [])]
    runs: dict[str, list[Run]] = {engine: [] for engine in engines}
    for number in range(task.repeats + 1):
        for engine in engines:
            run = time_process(command_for(engine, task, table, mixedlm_python))
            if number:  # the first round warms the disk cache and writes bytecode
                runs[engine].append(run)
    difference = check_same_model(task, runs)
    seconds = {engine: statistics.median(r.seconds for r in group) for engine, group in runs.items()}
    memory = {engine: statistics.median(r.peak_mib for r in group) for engine, group in runs.items()}
    ratio = seconds[task.peer] / seconds[task.ours] if task.peer else None
    memory_ratio = memory[task.peer] / memory[task.ours] if task.peer else None
    return [
        {
            "task": task.name,
            "model": task.model,
            "patients": task.patients,
            "visits": task.visits,
            "ours": task.ours,
            "peer": task.peer or "",
            "engine": engine,
            "version": version_of(engine, mixedlm_python),
            "repeats": task.repeats,
            "median_s": round(seconds[engine], 3),
            "median_cpu_s": round(statistics.median(r.cpu_s for r in runs[engine]), 3),
            "peak_mib": round(memory[engine]),
            "peer_over_ours": None if ratio is None else round(ratio, 3),
            "memory_peer_over_ours": None if memory_ratio is None else round(memory_ratio, 2),
            "std_error_difference": None if difference is None else float(f"{difference:.1e}"),
            "target": judge(task, seconds[task.ours], ratio, memory_ratio),
        }
        for engine in engines
    ]


def asked(task: Task) -> str:
    """Say what is asked of a task."""
    parts = []
    if task.at_least is not None:
        parts.append(f"≥ {task.at_least:g} ×")
    if task.memory_ratio is not None:
        parts.append(f"memory ≤ 1/{task.memory_ratio:g}")
    if task.at_most is not None:
        parts.append(f"≤ {task.at_most:g} × X'X" if task.model == "million" else f"≤ {task.at_most:g} s")
    return ", ".join(parts)


def write_markdown(table: pd.DataFrame, path: Path) -> None:
    """Write one line a pair: seconds, processor seconds and peak memory of both, and the ratio of the medians."""
    lines = [
        "| task | patients | peer | ours: s (CPU s), MiB | peer: s (CPU s), MiB | ratio | target | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for key, pair in table.fillna({"peer": ""}).groupby(KEY, sort=False):
        task = next(t for t in TASKS if (t.name, t.patients, t.visits, t.ours, t.peer or "") == key)
        name, patients, _, ours_as, peer = key
        cells = {
            row.engine: f"{row.median_s:.2f} ({row.median_cpu_s:.2f}), {row.peak_mib:.0f}" for row in pair.itertuples()
        }
        ours = pair[pair["engine"] == ours_as].iloc[0]
        version = f"{peer} {pair['version'].iloc[-1]}" if peer else ""
        ratio = f"{float(ours['peer_over_ours']):.2g}" if peer else ""
        lines.append(
            f"| {name}{', Arrow' if ours_as == ARROW else ''} | {patients:,} | {version} | {cells[ours_as]} | {cells.get(peer, '')} | {ratio} | {asked(task)} "
            f"| {ours['target']} |"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def save(rows: list[dict]) -> None:
    """Put a pair's rows in place of its old ones, in the order of the tasks."""
    order = {(t.name, t.patients, t.visits, t.ours, t.peer or ""): number for number, t in enumerate(TASKS)}
    table = pd.DataFrame(rows)
    if RESULTS.exists():
        table = pd.concat([pd.read_csv(RESULTS, keep_default_na=False), table])
    table = table.drop_duplicates([*KEY, "engine"], keep="last")
    place = pd.Series(list(zip(*(table[name] for name in KEY), strict=True)), index=table.index).map(order)
    table.assign(place=place).sort_values("place", kind="stable").drop(columns="place").to_csv(RESULTS, index=False)
    write_markdown(pd.read_csv(RESULTS, keep_default_na=False), RESULTS.with_suffix(".md"))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="run the tasks whose name starts with this")
    parser.add_argument("--mixedlm-python", default=os.environ.get("MIXEDLM_PYTHON"), help="or MIXEDLM_PYTHON")
    parser.add_argument("--peer", help="run only the pairs with this peer")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        for task in TASKS:
            if not task.name.startswith(options.only) or (options.peer and task.peer != options.peer):
                continue
            label = f"{task.name}, {task.patients:,} patients" + (f", beside {task.peer}" if task.peer else "")
            if task.peer and version_of(task.peer, options.mixedlm_python) is None:
                print(f"SKIPPED {label}: {task.peer} is not installed", flush=True)
                continue
            new = run_task(task, Path(folder), options.mixedlm_python)
            save(new)
            for row in new:
                print(f"{label}: {row['engine']} {row['median_s']:.3f} s, {row['peak_mib']} MiB", flush=True)
            if new[0]["peer_over_ours"]:
                print(f"    ratio {new[0]['peer_over_ours']:.3g} {new[0]['target']}", flush=True)


if __name__ == "__main__":
    main()
