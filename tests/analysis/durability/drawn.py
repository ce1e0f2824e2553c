"""Cohorts drawn by the generators of ``benchmarks/durability``, as the estimators read them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from outcomes.analysis.durability import estimate
from outcomes.analysis.durability.histories import Histories
from outcomes.analysis.durability.likelihood import Scores

FOLDER = Path(__file__).parents[3] / "benchmarks" / "durability"


def load(name: str) -> ModuleType:
    """Return a module of the benchmark."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def draw_arms(course: str, scenario: str, n: int, seed: int) -> list[estimate.Arm]:
    """Return two arms of one cohort."""
    generators, operating = load("generators"), load("operating")
    cohort = generators.draw_cohort(course, scenario, n, False, np.random.default_rng(seed))
    return [operating.arrange(cohort[0], 0), operating.arrange(cohort[1], len(cohort[0].until))]


def make_arm(scores: list[dict[int, bool]], first: int = 0, until: float = 98.0) -> estimate.Arm:
    """Return an arm from each patient's later scores: day and whether it is in response."""
    n = len(scores)
    rows = [(person, day, good) for person, own in enumerate(scores) for day, good in sorted(own.items())]
    person, day, good = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0),) * 3
    margin = np.where(good, 0.75, -0.75).astype(float)
    histories = Histories(
        14, 98, np.full(n, until), np.zeros(n, bool), np.full(n, 0.75), np.full(n, 10.0),
        person.astype(np.int64), day.astype(float), margin, good.astype(bool),
    )  # fmt: skip
    total = 10.5 - 4 * margin
    return estimate.Arm(
        histories, first + np.arange(n), Scores(np.full(n, 20.0), np.full(n, 10.5), np.full(n, 7.5), total)
    )
