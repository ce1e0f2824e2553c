"""What several folders of tests share: one finished run of the example, and skipped checks said aloud."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from whole_run import run, workspace


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The folder of a finished run of the example, and the process that ran it; read it, change nothing."""
    folder = workspace(tmp_path_factory.mktemp("finished"))
    result = run(folder, "--cores", "2")
    assert result.returncode == 0, result.stderr
    return folder, result


def pytest_terminal_summary(terminalreporter):
    """Say which checks were left out because this machine cannot run them."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else ""
        if "NOT checked" in reason:
            terminalreporter.write_line(reason.removeprefix("Skipped: "), yellow=True)
