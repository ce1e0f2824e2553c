"""The examples in docstrings are true, and the functions that people call have one."""

from __future__ import annotations

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "outcomes"
WITH_EXAMPLES = [path for path in sorted(PACKAGE.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]
PUBLIC = [
    "outcomes.mixed.fit.fit",
    "outcomes.mixed.fit.moments",
    "outcomes.mixed.result.margins.margins",
    "outcomes.mixed.result.margins.differences",
    "outcomes.mixed.result.likelihood_ratio.compare",
    "outcomes.mixed.gee.fit_gee",
    "outcomes.settings.study.check_study",
    "outcomes.instruments.select_instruments",
    "outcomes.measures.scoring.derive_scores",
    "outcomes.measures.scoring.compute_prorated",
    "outcomes.measures.scoring.compute_bands",
    "outcomes.proportions.compute_wilson",
    "outcomes.proportions.compute_newcombe",
    "outcomes.proportions.compute_correlation",
    "outcomes.analysis.comparison.weighting.propensity.fit_logistic",
    "outcomes.analysis.comparison.weighting.firth.fit_firth",
    "outcomes.analysis.comparison.weighting.weights.compute_weights",
    "outcomes.analysis.comparison.weighting.weights.compute_effective_n",
    "outcomes.analysis.comparison.weighting.balance.compute_smd",
    "outcomes.analysis.comparison.effects.standardisation.estimate_means",
    "outcomes.analysis.comparison.sensitivity.evalue.compute_evalue",
    "outcomes.analysis.comparison.sensitivity.evalue.compute_interval_evalue",
    "outcomes.analysis.comparison.sensitivity.evalue.convert_difference",
    "outcomes.analysis.comparison.sensitivity.bounds.fill_worst",
    "outcomes.analysis.durability.turnbull.fit_turnbull",
    "outcomes.simulate.network.simulate_network",
]


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: module_of(path))
def test_examples_are_true(path):
    result = doctest.testmod(importlib.import_module(module_of(path)), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", PUBLIC)
def test_functions_that_people_call_have_an_example(name):
    module, function = name.rsplit(".", 1)
    assert ">>> " in (inspect.getdoc(getattr(importlib.import_module(module), function)) or "")


@pytest.mark.parametrize("name", ["pages", "interface"])
def test_examples_of_the_page_generators_are_true(name, monkeypatch):
    monkeypatch.syspath_prepend(str(PACKAGE.parents[1] / "docs" / "generate"))
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > result.failed == 0
