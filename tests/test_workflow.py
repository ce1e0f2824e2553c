"""The graph: a step reads the sections and raw files that it declares, and no other."""

from pathlib import Path

import pytest

from outcomes import workflow
from outcomes.__main__ import main
from outcomes.settings import Study, read_study

ROOT = Path(__file__).parent.parent


def test_a_step_cannot_read_a_section_it_did_not_declare():
    study = read_study(ROOT / "config" / "example.yaml")
    part = workflow.part_of(study, "score")
    assert part.scoring == study.scoring
    assert part.instrument("phq9") == study.instrument("phq9")
    with pytest.raises(AttributeError, match="step 'score' reads section 'models'"):
        _ = part.models


def test_declared_sections_exist():
    for sections in workflow.SECTIONS.values():
        assert set(sections) <= set(Study.model_fields)


def test_optional_files_are_inputs_only_when_they_are_there(tmp_path):
    study = read_study(ROOT / "config" / "reframed.yaml")
    source = study.sources[0]
    absent = study.model_copy(update={"sources": (source.model_copy(update={"optional": True}),)})
    assert workflow.inputs(absent, str(tmp_path)) == []
    (tmp_path / source.file).touch()
    assert workflow.inputs(absent, str(tmp_path)) == [str(tmp_path / source.file)]


def test_an_error_names_the_study_file(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine.yaml").write_text((ROOT / "config" / "example.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    assert main(["score", "mine.yaml"]) == 2
    assert capsys.readouterr().err.startswith("outcomes score mine.yaml: error: ")
    assert main(["score", "none.yaml"]) == 2
    assert capsys.readouterr().err.startswith("outcomes score: error: none.yaml: no such study file")
