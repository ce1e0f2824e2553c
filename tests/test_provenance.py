"""The code that a step rests on."""

from pathlib import Path

from outcomes.provenance import sources

ROOT = Path(__file__).parent.parent


def test_sources_follow_imports_and_data_files(monkeypatch):
    monkeypatch.chdir(ROOT)
    found = sources("outcomes.settings")
    assert "src/outcomes/instruments.yaml" in found
    assert "src/outcomes/errors.py" in found
    assert not any("intake" in path for path in found)
    assert not any(Path(path).is_absolute() for path in found)
