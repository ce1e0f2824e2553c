"""Runs that stop before their end: killed ones go on to the same bytes, failed ones say why and what to do."""

import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from whole_run import CLINIC, clinic_workspace, command, environment, released, run, workspace

from outcomes.claim import beside_no_run
from outcomes.files import Places
from outcomes.release.publish import find_strays
from outcomes.workflow import STEPS, list_before

KILLS = int(os.environ.get("KILLS", "0"))  # `make nightly` asks for 50


def kill_within(folder: Path, step: str, delay: float) -> bool:
    """Run, and kill all of it some time after a step has begun; return whether the step was there to be killed."""
    logs, start = folder / "data" / "clinic" / "logs", time.time()
    process = subprocess.Popen(
        command("--cores", "1", study=CLINIC),
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    begun = False
    while not begun and process.poll() is None:
        time.sleep(0.01)
        begun = any(log.stat().st_mtime > start for log in logs.glob(f"{step}*.log"))
    time.sleep(delay * begun)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return begun


def test_one_core_and_a_run_killed_within_six_steps_end_with_the_same_bytes(finished_clinic, tmp_path):
    folder = clinic_workspace(tmp_path)
    for step, delay in {
        "intake": 0.8,
        "fit": 0.9,
        "tables": 2.5,
        "figures": 1.5,
        "report": 2.0,
        "manifest": 0.75,
    }.items():
        assert kill_within(folder, step, delay), f"{step} did not run"
    result = run(folder, "--cores", "1", study=CLINIC)
    assert result.returncode == 0, result.stderr
    assert not list(folder.rglob("*.partial"))
    assert released(folder) == released(finished_clinic)


def test_a_run_that_is_told_to_end_takes_snakemake_with_it(tmp_path):
    folder = clinic_workspace(tmp_path)
    process = subprocess.Popen(
        command("--cores", "1", study=CLINIC),
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    log = folder / "data" / "clinic" / "logs" / "intake.log"
    while not log.exists() and process.poll() is None:
        time.sleep(0.05)
    process.terminate()
    _, said = process.communicate(timeout=120)
    assert (process.returncode, said.decode().strip()) == (
        130,
        "outcomes: interrupted; run the same command again to go on.",
    )
    with (folder / ".snakemake" / "clinic.run").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # which Snakemake holds, too


def test_a_step_called_by_hand_waits_for_a_run_and_a_run_for_it(finished_clinic, tmp_path, monkeypatch):
    folder = tmp_path / "copy"
    shutil.copytree(finished_clinic, folder, symlinks=True)
    place = folder / ".snakemake" / "clinic.run"

    def by_hand(**told: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "outcomes", "score", CLINIC],
            cwd=folder,
            env={**environment(folder), **told},
            stderr=subprocess.PIPE,
            text=True,
        )

    with place.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with by_hand(OUTCOMES_RUN="clinic") as called:
            assert "waiting" not in called.communicate(timeout=60)[1], "a step that the run calls waited for it"
        step = by_hand()
        assert step.stderr is not None
        assert step.stderr.readline().startswith("Another run of study 'clinic' is under way; waiting for it")
        assert step.poll() is None
    step.communicate(timeout=60)
    assert step.returncode == 0
    monkeypatch.chdir(folder)
    with beside_no_run("clinic"), beside_no_run("clinic"), place.open("w") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.skipif(KILLS == 0, reason="a run killed at 50 random moments takes long: `make nightly` does it")
def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(finished_clinic, tmp_path):
    folder, pick, hit = tmp_path / "copy", random.Random(1), 0
    shutil.copytree(finished_clinic, folder, symlinks=True)
    places = Places("clinic", folder)
    made = {name: [folder / path for path in step.outputs(places.staged())] for name, step in STEPS.items()}
    parts = {"fit": "models/*.json", "resample": "resampled/*.parquet", "alternatives": "alternatives/*.parquet"}
    made |= {step: sorted(places.derived.glob(pattern)) for step, pattern in parts.items()}
    made |= {"figures": [places.staged().figures]}
    public = places.results / "report.html"
    made |= {"report": [places.staged().results / "report.html"], "manifest": [public]}
    above = list_before()
    for _ in range(KILLS):
        step = pick.choice(list(STEPS))
        lost = [path for name in STEPS if name == step or step in above[name] for path in made[name]]
        for path in [*lost, public]:  # as long as the last is there, nothing that is lost before it is made again
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        hit += kill_within(folder, step, pick.uniform(0, 4))
        strays = find_strays(places)
        assert "changed" not in strays, "a killed run changed the last release"
        assert strays.get("missing", [public]) == [public], "a killed run took the last release with it"
    assert hit > 0.9 * KILLS
    result = run(folder, "--cores", "1", study=CLINIC)
    assert result.returncode == 0, result.stderr
    assert not list(folder.rglob("*.partial"))
    assert released(folder) == released(finished_clinic)


def test_a_raw_file_that_is_missing_is_named(tmp_path):
    folder = workspace(tmp_path)
    (folder / "data/example/site-2/gad7.csv").unlink()
    result = run(folder)
    assert result.returncode == 2
    assert "site-2/gad7.csv" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_error_inside_a_step_is_shown_once_with_the_way_out(tmp_path):
    folder = workspace(tmp_path)
    path = folder / "data/example/site-1/visits.csv"
    path.write_text(path.read_text().replace("visit_date", "date_of_visit", 1))
    result = run(folder)
    assert result.returncode == 2
    assert result.stderr.count("site-1/visits.csv") >= 1
    assert "visit_date" in result.stderr
    assert "date_of_visit" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (folder / "results").exists()
