"""Every benchmark of the comparison and of durability can still be started: what it imports is there."""

import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
SCRIPTS = sorted(path for room in ("comparison", "durability") for path in (FOLDER / room).glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_a_benchmark_imports_is_there(script, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(script.parent), *sys.path])
    assert callable(runpy.run_path(str(script)).get("main", len))
