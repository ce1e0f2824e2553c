"""Exports as people have them, with the truth planted: right, or told; never wrong without a word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "cases" / "intake"
# What holds all that its truth names; of the others an answer is missing, or a part of the truth is not in the file.
RIGHT = ("05a", "05b", "05c", "06a", "07", "08", "09-", "11", "14-", "14b", "14d", "15", "16")


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases lie beside the project, and are not here")
@pytest.mark.parametrize("case", sorted(CASES.glob("*/")) if CASES.is_dir() else [], ids=lambda path: path.name)
def test_a_case_is_right_or_told(case):
    if not (case / "truth.json").is_file():
        pytest.skip("no case")
    done = subprocess.run(
        [sys.executable, str(CASES / "check.py"), str(case)], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    verdict = done.stdout.split()[0] if done.stdout else done.stderr
    assert verdict == ("right" if case.name.startswith(RIGHT) else "told"), done.stdout + done.stderr
