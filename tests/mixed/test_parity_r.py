"""Parity with nlme, lme4, lmerTest, pbkrtest, emmeans, clubSandwich, mmrm and statsmodels; see tests/reference/README.md."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "reference"))

from comparisons import Case, all_cases


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: f"{case.program}: {case.name}")
def test_agrees_with_other_program(case: Case):
    if not case.needs.exists():
        pytest.skip(f"{case.needs.name} is not beside this checkout: its values are not ours to publish")
    deviations = case.run()
    assert {"estimate", "standard error"} <= set(deviations)
    too_far = {quantity: value for quantity, value in deviations.items() if not value <= case.allowed(quantity)}
    assert not too_far
