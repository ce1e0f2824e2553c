"""The graph: a step reads the sections and raw files that it declares, and no other."""

import os
import re
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from outcomes import runner, workflow
from outcomes.__main__ import main
from outcomes.contracts import CONTRACTS
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.errors import ContractError, InputError, SettingsError
from outcomes.files import Places
from outcomes.runner import run_pipeline
from outcomes.settings import Study, read_study
from outcomes.steps.step import Step, Tables, Work, part_of

ROOT = Path(__file__).parent.parent


def test_a_step_cannot_read_a_section_it_did_not_declare():
    study = read_study(ROOT / "config" / "example.yaml")
    part = part_of(study, workflow.STEPS["score"])
    assert part.scoring == study.scoring
    assert part.instrument("phq9") == study.instrument("phq9")
    with pytest.raises(AttributeError, match="step 'score' reads section 'models'"):
        _ = part.models


def test_declared_sections_exist():
    for step in workflow.STEPS.values():
        assert set(step.sections) <= set(Study.model_fields)


def test_a_step_is_a_module_a_rule_and_a_subcommand_of_its_name_and_reads_what_earlier_ones_write():
    written: set[str] = set()
    for name, step in workflow.STEPS.items():
        assert step.name == name
        assert step.call.__module__ == f"outcomes.steps.{name}"
        assert set(step.reads) <= written
        for tables in (step.reads, step.writes):
            assert len({table.rpartition("/")[2] for table in tables}) == len(tables)
        assert written.isdisjoint(step.writes)
        written |= set(step.writes)
    assert {table for table in written if "/" not in table} == set(CONTRACTS) - {
        "resampled",
        "alternatives",
    }  # in parts
    assert {table for table in written if table.startswith("released/")} == {f"released/{name}" for name in RELEASED}


def test_a_step_cannot_read_a_table_it_did_not_declare_nor_write_another(tmp_path, monkeypatch):
    with pytest.raises(KeyError):
        _ = Tables(Places("example"), ("scores",))["patients"]

    def odd(work: Work) -> dict[str, str]:
        return {"other": ""}

    monkeypatch.chdir(ROOT)
    step = Step(odd, "odd", reads=(), writes=("released/declared",), sections=())
    with pytest.raises(ContractError, match="step 'odd' does not write the tables that it declares: declared, other"):
        step.run(Namespace(study="config/example.yaml"))


def test_snakemake_takes_a_study_file_in_one_way_and_no_key_that_does_nothing():
    choose = workflow.choose_study_file
    assert choose({}, []) == "config/example.yaml"
    assert choose({"study_file": "a.yaml", "data": "raw"}, []) == "a.yaml"
    assert choose({"data": "raw"}, [Path.cwd() / "b.yaml"]) == "b.yaml"
    with pytest.raises(SettingsError, match="--config study=…: unknown key"):
        choose({"study": "mine"}, [])
    with pytest.raises(SettingsError, match="two study files"):
        choose({"study_file": "a.yaml"}, [Path("b.yaml")])


def test_a_configfile_is_the_study_and_rules_run_this_python(tmp_path):
    """From another folder, with an environment that is not activated: its programs are not on the path."""
    study = (ROOT / "config" / "example.yaml").read_text().replace("study: example", "study: other", 1)
    (tmp_path / "other.yaml").write_text(study.replace("data: data/", f"data: {ROOT}/data/", 1))
    options = ["--snakefile", str(ROOT / "Snakefile"), "--cores", "1", "--dry-run", "--printshellcmds"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *options, "--configfile", "other.yaml"],
        cwd=tmp_path,
        env={**os.environ, "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert f"{sys.executable} -m outcomes score other.yaml" in said
    assert "results/other/report.html" in said
    assert "example" not in re.findall(
        r"(?:results|figures|data)/(\w+)/(?!site-)", said.replace(f"{ROOT}/data/example", "")
    )


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


def test_the_linter_finds_nothing_that_applies():
    """The environment is one for all rules: the locked one, in which Snakemake itself runs."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--lint"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    found = set(re.findall(r"^    \* (.*)$", done.stdout + done.stderr, re.MULTILINE))
    assert found == {"Specify a conda environment or container for each rule.:"}


def test_a_run_elsewhere_uses_the_project_s_snakefile_and_names_its_profiles(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = (ROOT / "config" / "example.yaml", str(ROOT / "data" / "example"), 1, False)
    with pytest.raises(SettingsError, match=r"--profile none: no such profile; there are: default, slurm"):
        run_pipeline(*options, "none")
    monkeypatch.setattr(runner, "PACKAGE", tmp_path / "site-packages" / "outcomes")
    with pytest.raises(InputError, match="no Snakefile here"):
        run_pipeline(*options)
    assert list(tmp_path.iterdir()) == []


def test_the_note_of_raw_files_changes_with_their_content_and_names_and_holds_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = read_study(ROOT / "config" / "example.yaml")
    named = [Path(name) for name in workflow.inputs(study, str(tmp_path))]

    def note():
        return Path(workflow.note_inputs(study, str(tmp_path))).read_text()

    absent = note()
    named[0].parent.mkdir(parents=True)
    named[0].write_text("one")
    first = note()
    place = Path(workflow.note_inputs(study, str(tmp_path)))
    os.utime(place, (1, 1))
    os.utime(named[0], (2, 2))
    assert note() == first != absent
    assert place.stat().st_mtime == 1, "what did not change is not written anew"
    named[0].write_text("two")
    assert note() != first
    assert place.stat().st_mtime > 1
    assert re.fullmatch("[0-9a-f]{64}", first)
    assert [path.name for path in (tmp_path / ".snakemake").iterdir()] == ["example.raw"]


def test_raw_files_of_a_pattern_are_inputs_each(tmp_path):
    study = read_study(ROOT / "config" / "reframed.yaml")
    many = study.model_copy(update={"sources": (study.sources[0].model_copy(update={"file": "phq/*.csv"}),)})
    assert workflow.inputs(many, str(tmp_path)) == [str(tmp_path / "phq/*.csv")]
    (tmp_path / "phq").mkdir()
    for name in ("b.csv", "a.csv", "c.txt"):
        (tmp_path / "phq" / name).touch()
    assert workflow.inputs(many, str(tmp_path)) == [str(tmp_path / "phq" / name) for name in ("a.csv", "b.csv")]
