"""Steps that are forks of one process: what they say, how they end, and who is left when one of the three is gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from outcomes.forked import ADDRESS
from outcomes.preloaded import Preloaded, preloaded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="steps are forks on Linux alone")


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    found = Preloaded(tmp_path_factory.mktemp("socket") / "steps")
    yield found
    found.end()


def start(address, folder, *arguments):
    given = {"cwd": folder, "env": {**os.environ, ADDRESS: str(address)}, "text": True}
    command = [sys.executable, "-m", "outcomes", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **given)


def finish(started):
    output, error = started.communicate(timeout=60)
    return started.returncode, output, error


def list_forks(process):
    found = Path(f"/proc/{process.process.pid}/task/{process.process.pid}/children")
    return [int(word) for word in found.read_text().split()]


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("did not come true in 30 seconds")


@pytest.fixture
def blocked(process, tmp_path):
    """A step that waits for ever for its study file, a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "study.yaml")
    started = start(process.address, tmp_path, "score", "study.yaml")
    wait_for(lambda: list_forks(process))
    yield started
    started.kill()
    started.communicate()


@pytest.mark.parametrize("arguments", [["score", "--help"], ["score", "absent.yaml"], ["fit", "--unknown"]])
def test_a_fork_says_and_ends_as_a_process_of_its_own(process, tmp_path, arguments):
    forked = finish(start(process.address, tmp_path, *arguments))
    assert forked == finish(start(tmp_path / "nobody", tmp_path, *arguments))
    assert forked[1] or forked[2]


def test_a_step_ends_with_who_called_for_it(process, blocked):
    blocked.send_signal(signal.SIGKILL)
    wait_for(lambda: not list_forks(process))


def test_who_called_is_told_that_a_step_was_killed(process, blocked):
    os.kill(list_forks(process)[0], signal.SIGKILL)
    assert blocked.wait(timeout=30) == 128 + signal.SIGKILL


def test_a_call_that_comes_before_all_is_imported_waits(tmp_path):
    address = tmp_path / "steps"
    address.touch()  # of a run that was killed
    with preloaded(address) as process:
        assert address.stat().st_mode & 0o077 == 0
        status, output, error = finish(start(address, tmp_path, "score", "--help"))
        assert (status, error) == (0, "")
        assert "usage: outcomes score" in output
        pid = process.process.pid
    assert not Path(f"/proc/{pid}").exists()
    assert not address.exists()


def test_steps_import_for_themselves_where_that_is_asked_or_no_socket_can_be(monkeypatch, tmp_path):
    with preloaded(tmp_path / ("x" * 120)) as process:  # beyond what the path of a socket may be
        assert process is None
    with preloaded(None) as process:
        assert process is None
    monkeypatch.setenv("OUTCOMES_APART", "1")
    with preloaded(tmp_path / "steps") as process:
        assert process is None
    assert not list(tmp_path.iterdir())
