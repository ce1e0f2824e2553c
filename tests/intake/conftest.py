from __future__ import annotations

from pathlib import Path

import pytest

from outcomes.intake import Export, read_export
from outcomes.settings import read_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def example() -> Export:
    """Return the example's export after intake."""
    return read_export(read_study(ROOT / "config/example.yaml"), ROOT / "data/example")
