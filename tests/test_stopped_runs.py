"""Runs that stop before their end: killed ones go on to the same bytes, failed ones say why and what to do."""

import os
import signal
import subprocess
import time

from whole_run import command, environment, released, run, workspace


def test_one_core_and_a_killed_run_end_with_the_same_bytes(finished, tmp_path):
    folder = workspace(tmp_path)
    for seconds in (1.5, 4.0, 7.0):
        process = subprocess.Popen(
            command("--cores", "1"),
            cwd=folder,
            env=environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    result = run(folder, "--cores", "1")
    assert result.returncode == 0, result.stderr
    assert not list(folder.rglob("*.partial"))
    assert released(folder) == released(finished[0])


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
