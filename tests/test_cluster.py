"""``outcomes run --profile slurm`` on a real cluster: the bytes of a local run, whatever nodes and jobs die; and what cannot start is said."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

import pytest
import yaml
from loopback import Cluster, find_hindrance, running_cluster
from whole_run import CLINIC, ROOT, clinic_workspace, command, environment, released

HINDRANCE = find_hindrance()
pytestmark = pytest.mark.skipif(HINDRANCE is not None, reason=f"no cluster can be started here: {HINDRANCE}")
STARVED = "120 * attempt * attempt"  # MB: killed for memory at first


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("cluster") / "slurm") as cluster:
        yield cluster


def write_profile(folder: Path, **resources: dict[str, object]) -> Path:
    """Write the shipped profile with shorter waits, and other resources for some rules."""
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text(encoding="utf-8"))
    profile |= {"latency-wait": 5, "seconds-between-status-checks": 2, "slurm-init-seconds-before-status-checks": 2}
    profile["set-resources"] = {**profile["set-resources"], **resources}
    (folder / "config.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    return folder


def harass(cluster: Cluster, done: dict[str, str], end: threading.Event) -> None:
    """Kill the node that compares, and cancel the job that describes the exposure, once each."""
    while len(done) < 2 and not end.wait(0.5):
        for job, (node, comment) in cluster.jobs("R").items():
            if "compare" in comment and "compare" not in done:
                done["compare"] = job
                cluster.kill_node(node)
            elif "exposure" in comment and "exposure" not in done:
                done["exposure"] = job
                cluster.ask("scancel", job)


def test_a_cluster_gives_the_bytes_of_a_local_run_though_a_node_and_two_jobs_die(cluster, finished_clinic, tmp_path):
    folder = clinic_workspace(tmp_path)
    (folder / "profile").mkdir()
    profile = write_profile(folder / "profile", intake={"mem_mb": STARVED, "runtime": 5})
    done: dict[str, str] = {}
    end = threading.Event()
    harasser = threading.Thread(target=harass, args=(cluster, done, end))
    harasser.start()
    run = subprocess.run(
        command("--profile", str(profile), study=CLINIC),
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    end.set()
    harasser.join()
    assert run.returncode == 0, run.stderr
    assert set(done) == {"compare", "exposure"}
    states = dict(line.split("|") for line in cluster.ask("squeue", "-h", "-t", "all", "-o", "%A|%T").splitlines())
    assert states[done["compare"]] == "NODE_FAIL"
    assert states[done["exposure"]] == "CANCELLED"
    assert any(
        "exceeded memory limit" in log.read_text(encoding="utf-8") for log in cluster.folder.glob("slurmd-*.log")
    )
    assert released(folder) == released(finished_clinic)
    assert "Report: results/clinic/report.html" in run.stdout


def test_a_job_that_asks_for_more_than_any_node_has_ends_with_the_reason(cluster, tmp_path):
    """SLURM fails such a job before it starts, so that it has no log."""
    folder = clinic_workspace(tmp_path)
    (folder / "profile").mkdir()
    profile = write_profile(folder / "profile", intake={"mem_mb": 90000, "runtime": 5})
    given = {"cwd": folder, "env": environment(folder), "capture_output": True, "text": True, "check": False}
    run = subprocess.run(command("--profile", str(profile), study=CLINIC), **given)
    assert run.returncode == 1
    assert "cannot start as things are: no node has what it asks for (BadConstraints)" in run.stderr
    assert "step intake failed before it wrote anything to data/clinic/logs/intake.log" in run.stderr


def test_a_job_that_can_never_start_is_said_within_a_minute(cluster, tmp_path):
    folder = clinic_workspace(tmp_path)
    (folder / "profile").mkdir()
    profile = write_profile(folder / "profile", intake={"mem_mb": 500, "runtime": 600})  # the partition gives an hour
    said = folder / "said.txt"
    with said.open("w") as errors:
        run = subprocess.Popen(
            command("--profile", str(profile), study=CLINIC),
            cwd=folder,
            env=environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        until = time.monotonic() + 180  # of a busy machine; what is waited for comes in a minute
        while "cannot start" not in said.read_text(encoding="utf-8") and time.monotonic() < until:
            time.sleep(1)
        assert "it asks for more time than the partition gives (PartitionTimeLimit)" in said.read_text(encoding="utf-8")
        run.terminate()
        assert run.wait(60) == 130
        assert str(profile) not in cluster.ask("ps", "-eo", "args"), "Snakemake outlived its run"
        assert not cluster.jobs("PD")
    finally:
        cluster.ask("scancel", "--user", "root")
        run.kill()
