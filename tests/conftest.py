"""What several folders of tests share: one finished run of the example, an order, and skipped checks said aloud."""

from __future__ import annotations

import fcntl
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
from whole_run import CLINIC, clinic_workspace, run, workspace

# Tests run side by side, each on one core; the variables are read when numpy is imported, which is after this.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# A deadline for each example would be a test of the machine.
settings.register_profile("outcomes", deadline=None)
settings.load_profile("outcomes")

# The files that take longest, longest first: begun last, one would run alone while the other cores wait. Of the first three, the cluster's
# makes the run of the example that later ones wait for, and the others need none.
LONG = (
    "test_cluster.py",
    "test_edges.py",
    "test_attack.py",
    "test_stopped_runs.py",
    "test_accessibility.py",
    "test_end_to_end.py",
    "test_processors.py",
    "test_packages.py",
    "test_notebooks.py",
    "test_attack_faces.py",
    "test_public_studies.py",
    "test_faults.py",
)


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def finish_once(tmp_path_factory, name, make):
    """Return the folder of a finished run, and what it printed.

    Processes that run tests side by side share one run: the first makes it, the others wait.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, printed = shared / name, shared / f"{name}.txt"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            folder.mkdir()
            result = make(folder)
            assert result.returncode == 0, result.stderr
            printed.write_text(result.stdout, encoding="utf-8")
    assert printed.is_file(), f"the run {name} failed in another process of the tests"
    return folder, printed.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The folder of a finished run of the example, and what it printed; read it, change nothing."""
    return finish_once(tmp_path_factory, "finished", lambda at: run(workspace(at), "--cores", "2", record=True))


@pytest.fixture(scope="session")
def finished_clinic(tmp_path_factory):
    """The folder of a finished run of one clinic, where a test runs it again and again; read it, change nothing."""
    made = finish_once(tmp_path_factory, "clinic", lambda at: run(clinic_workspace(at), "--cores", "2", study=CLINIC))
    return made[0]


def pytest_terminal_summary(terminalreporter):
    """Say what was not checked on this machine, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[-1].removeprefix("Skipped: ") for report in skipped)
    for reason, number in reasons.items():
        terminalreporter.write_line(f"{number} not checked: {reason}", yellow=True)
