"""What a site sends, and what the coordinating centre refuses: each fault with its own reason, and nothing is used in part."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from contextlib import chdir
from pathlib import Path

import pandas as pd
import pytest
from eight_sites import SITES, allow, declare_network, make_key, run, write_yaml

from outcomes.analysis.comparison.statement import state_left_out
from outcomes.errors import InputError
from outcomes.network.choose import choose_rows
from outcomes.network.signature import sign
from outcomes.settings.network import plan_study, read_network_plan


def pool(network, packages, out, signers=None):
    return run("pool", network.plan, *packages, "--signers", signers or network.signers, "--out", out)


def refuse(network, packages, tmp_path, capsys, words, signers=None):
    """Pool, and hold that nothing is written and that the reason is said."""
    capsys.readouterr()
    out = tmp_path / "report"
    assert pool(network, packages, out, signers) == 2
    said = capsys.readouterr().err
    assert re.search(words, said), said
    assert not out.exists()
    return said


def resign(network, site, change, package=None):
    """Change a package as its own site could: the manifest follows, and the signature is good."""
    folder = package or network.package(site)
    manifest = json.loads((folder / "manifest.json").read_text())
    change(folder, manifest)
    for name in manifest["files"]:
        manifest["files"][name]["sha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    sign(folder / "manifest.json", network.keys[site])


def test_a_page_shows_every_number_of_the_package_and_no_name_of_a_file(network):
    for site in SITES:
        page = (network.folder / site / "network" / f"eight-{site}.txt").read_text(encoding="utf-8")
        for path in network.package(site).glob("*.csv"):
            assert path.read_text(encoding="utf-8").strip() in page
        assert hashlib.sha256((network.package(site) / "manifest.json").read_bytes()).hexdigest() in page
        names = json.loads((network.folder / site / "data" / site / "derived" / "inputs.json").read_text())
        everything = page + "".join(path.read_text(encoding="utf-8") for path in network.package(site).iterdir())
        for entry in names.values():
            assert entry["name"] not in everything


def test_the_same_release_gives_the_same_package_to_the_byte(network, tmp_path):
    shutil.copytree(network.folder / "site-1", tmp_path / "site-1")
    with chdir(tmp_path / "site-1"):
        assert run("site", network.plan, "study.yaml", "--site", "site-1", "--out", "again") == 0
    again = {path.name: path.read_bytes() for path in (tmp_path / "site-1" / "again" / "eight-site-1").iterdir()}
    first = {path.name: path.read_bytes() for path in network.package("site-1").iterdir() if path.suffix != ".sig"}
    assert again == first


def test_only_what_was_read_is_signed(network, tmp_path, capsys):
    shutil.copytree(network.folder / "site-1", tmp_path / "site-1")
    key = network.keys["site-1"]
    with chdir(tmp_path / "site-1"):
        command = ("site", network.plan, "study.yaml", "--site", "site-1", "--sign", key)
        page = Path("network/eight-site-1.txt")
        page.write_text(page.read_text() + " ")
        assert run(*command) == 2
        assert "the page was read of something else" in capsys.readouterr().err
        shutil.rmtree("network")
        assert run(*command) == 2
        assert run(*command[:-1], tmp_path / "none") == 2


def test_a_package_a_patient_apart_from_one_that_was_signed_needs_a_reason(network, tmp_path, capsys):
    """Wherever the signed one lies now: the private record knows whose numbers were in it."""
    shutil.copytree(network.folder / "site-1", tmp_path / "site-1")
    with chdir(tmp_path / "site-1"):
        record = Path("data/site-1/releases/releases.json")
        noted = json.loads(record.read_text())
        noted["sent"][0]["people"]["analysed"].pop()
        record.write_text(json.dumps(noted))
        command = ("site", network.plan, "study.yaml", "--site", "site-1", "--out", "again")
        assert run(*command) == 2
        assert "by 1 patient analysed" in capsys.readouterr().err
        assert run(*command, "--although", "the plan was amended") == 0
        assert "signed before: the plan was amended\n" in Path("again/eight-site-1.txt").read_text()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: Path("study.yaml").write_text(Path("study.yaml").read_text() + "\n# a word\n"), None),
        (lambda: Path("results/site-1/tables/effects.csv").write_text("x"), "effects.csv not as released"),
        (lambda: Path("results/site-1/provenance.json").unlink(), "no complete release"),
        (lambda: _change_json("results/site-1/provenance.json", "code"), "not as released"),
        (
            lambda: Path("export/visits.csv").write_bytes(Path("export/visits.csv").read_bytes() + b"\n"),
            "input 2: the raw files are not those",
        ),
        (lambda: Path("export/visits.csv").unlink(), "input 2: the raw files are not those"),
    ],
)
def test_a_package_is_made_only_of_a_release_of_what_is_there(network, tmp_path, capsys, change, words):
    shutil.copytree(network.folder / "site-1", tmp_path / "site-1")
    with chdir(tmp_path / "site-1"):
        change()
        assert run("site", network.plan, "study.yaml", "--site", "site-1") == (0 if words is None else 2)
        if words is not None:
            assert words in capsys.readouterr().err


def _change_json(path, key):
    content = json.loads(Path(path).read_text())
    Path(path).write_text(json.dumps(content | {key: "0" * 64}))


def test_a_study_file_that_is_not_as_planned_makes_no_package(network, tmp_path, capsys):
    shutil.copytree(network.folder / "site-1", tmp_path / "site-1")
    study = tmp_path / "site-1" / "study.yaml"
    study.write_text(study.read_text().replace("weights: overlap", "weights: att"))
    with chdir(tmp_path / "site-1"):
        assert run("site", network.plan, "study.yaml", "--site", "site-1") == 2
        assert "comparison.weights: planned overlap, now att" in capsys.readouterr().err
        assert run("site", network.plan, "study.yaml", "--site", "site-9") == 2
        assert "not a site of the plan" in capsys.readouterr().err


def test_a_site_whose_comparison_could_not_be_made_is_told_why(tmp_path):
    """A site without one of the arms, with eight patients, or with scores after the treatment alone: the reason is that of its own release."""
    study = plan_study(read_network_plan(write_yaml(declare_network(), tmp_path / "plan.yaml")))
    with pytest.raises(InputError, match="because an arm has fewer patients than a comparison needs"):
        choose_rows(
            {"comparison_statement": state_left_out("an arm has fewer patients than a comparison needs")}, study
        )


@pytest.mark.parametrize("name", ["effects.csv", "harms.csv", "manifest.json", "manifest.json.sig"])
def test_one_changed_byte_is_refused(copied, tmp_path, capsys, name):
    path = copied.package("site-4") / name
    content = bytearray(path.read_bytes())
    place = content.index(b"5") if name != "manifest.json.sig" else len(content) // 2
    content[place] = ord("6") if content[place] != ord("6") else ord("7")
    path.write_bytes(bytes(content))
    said = refuse(copied, copied.packages, tmp_path, capsys, "site-4: (.* was changed|the signature|not signed|made )")
    if name == "manifest.json":
        assert "changed after it was signed" in said
    assert "eight-site-3:" not in said


def test_another_plan_is_refused(copied, tmp_path, capsys):
    content = declare_network()
    content["analysis"]["baseline"]["within_days"] = 15
    plan = write_yaml(content, tmp_path / "other" / "plan.yaml")
    assert run("lock", plan) == 0
    other = type(copied)(copied.folder, plan, copied.keys, copied.signers)
    refuse(other, copied.packages, tmp_path, capsys, "site-1: made under another plan")


def test_another_version_of_the_program_is_refused(copied, tmp_path, capsys):
    resign(copied, "site-2", lambda folder, manifest: manifest.update(code="0" * 64))
    refuse(copied, copied.packages, tmp_path, capsys, "site-2: made by another version of the program")


def test_a_site_twice_and_one_export_under_two_names_are_refused(copied, tmp_path, capsys):
    twice = tmp_path / "again"
    shutil.copytree(copied.package("site-1"), twice)
    refuse(copied, [*copied.packages, twice], tmp_path, capsys, "again: the same site as")
    said = refuse(copied, [*copied.packages, copied.package("site-1")], tmp_path, capsys, "eight-site-1: named twice")
    assert "the same site" not in said
    as_other = copied.package("site-2")
    shutil.rmtree(as_other)
    shutil.copytree(copied.package("site-1"), as_other)
    resign(copied, "site-2", lambda folder, manifest: manifest.update(site="site-2"))
    refuse(copied, copied.packages, tmp_path, capsys, "site-2: made of the same raw files as")
    own = [letter * 64 for letter in "abcd"]
    resign(copied, "site-1", lambda folder, manifest: manifest.update(data=own))
    resign(copied, "site-2", lambda folder, manifest: manifest.update(data=["9" * 64, *own[1:]]))
    refuse(copied, copied.packages, tmp_path, capsys, "site-2: made of mostly the same raw files as")
    resign(copied, "site-2", lambda folder, manifest: manifest.update(data=["1" * 64]))
    refuse(copied, copied.packages, tmp_path, capsys, "site-2: its estimates are to the last digit those of")


def test_signed_by_another_site_or_by_no_one_is_refused(copied, tmp_path, capsys):
    sign(copied.package("site-5") / "manifest.json", copied.keys["site-6"])
    words = (
        "site-5: the signature is not that of 'site-5' on this manifest.json .it was signed with the key of 'site-6'"
    )
    refuse(copied, copied.packages, tmp_path, capsys, words)
    (copied.package("site-5") / "manifest.json.sig").unlink()
    refuse(copied, copied.packages, tmp_path, capsys, "site-5: not signed")
    stranger = allow({"site-1": make_key(tmp_path, "stranger")}, tmp_path / "signers")
    refuse(copied, [copied.package("site-1")], tmp_path, capsys, "a key that signers does not have", stranger)
    refuse(copied, [copied.package("site-2")], tmp_path, capsys, "no line of signers begins with 'site-2'", stranger)
    refuse(copied, copied.packages, tmp_path, capsys, "no such file. A line of it is a site's code", tmp_path / "none")


def _edit(name, old, new):
    def change(folder, manifest):
        text = (folder / name).read_text()
        assert re.search(old, text, re.MULTILINE)
        (folder / name).write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE))

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            _edit("eligibility.csv", r"^(0,.*,)\d+((?:,(?:true|false))?)$", r"\g<1>8\2"),
            "1 of n are below 11: a count that may not leave",
        ),
        (
            _edit("eligibility.csv", r"^(0,.*,)\d+((?:,(?:true|false))?)$", r"\g<1>83\2"),
            "n is not rounded as a release is",
        ),
        (_edit("harms.csv", "<11", "<7"), "another bound than <11"),
        (_edit("eligibility.csv", "^order,step", "order,steps"), "other columns than that table"),
        (_edit("effects.csv", r"^(day,day 28,cr2(?:,[^,]*){6}),[^,]*,", r"\1,25,"), "does not lie within its limits"),
        (
            _edit("effects.csv", r"^(day,day 28,cr2(?:,[^,]*){7}),[^,]*,", r"\1,0.2,"),
            "the standard error is not that of the interval",
        ),
        (_edit("effects.csv", r"^day,day 28.*\n", ""), "0 rows of the primary difference"),
        (_edit("eligibility.csv", r"^(0,.*,)\d+((?:,(?:true|false))?)$", r"\g<1>inf\2"), "a number that is infinite"),
        (
            _edit("eligibility.csv", r"^(0,.*,)\d+((?:,(?:true|false))?)$", r"\g<1>20000000\2"),
            "of more than 10,000,000",
        ),
        (_edit("harms.csv", r"^(all sessions,any,iv,\d+),[^,]*,", r"\1,2000,"), "harms: more affected than patients"),
        (_edit("effects.csv", r"^(day,day 28,cr2(?:,[^,]*){8}),[^,]*,", r"\1,-1,"), "degrees of freedom"),
        (
            _edit(
                "effects.csv",
                r"^(day,day 28,cr2(?:,[^,]*){6}),[^,]*,([^,]*),([^,]*),[^,]*,[^,]*,",
                r"\1,90,\2,\3,88,92,",
            ),
            "a difference of more than the 27 points",
        ),
        (
            _edit("effects.csv", r"^(day,day 28,cr2(?:,[^,]*){6})(?:,[^,]*){5},", r"\1,-1.5,0.001,48,-1.502,-1.498,"),
            "a standard error that is too small for so many patients",
        ),
        (  # a standard deviation of half a point
            _edit("effects.csv", r"^(day,day 28,cr2(?:,[^,]*){6})(?:,[^,]*){5},", r"\1,-1.5,0.08,48,-1.66,-1.34,"),
            "a standard error that is too small for so many patients",
        ),
        (
            _edit("eligibility.csv", r"^(\d+,Compared,,iv,)\d+", r"\g<1>15"),
            "effects: more n_treated than were compared",
        ),
        (
            _edit("harms.csv", r"^all sessions,vomiting,", "all sessions,Mary Quartz,"),
            "event holds what look like",
        ),
        (lambda folder, manifest: manifest.update(minimum_cell=5), "its smallest count shown is 5; the plan says 11"),
        (lambda folder, manifest: manifest.update(network="nine"), "made for another network study"),
        (lambda folder, manifest: manifest.update(format=9), "format 9; this version reads 1"),
        (lambda folder, manifest: manifest.update(data=[]), "does not say of which raw files"),
        (
            lambda folder, manifest: (folder / "rows.csv").write_text("patient\n1\n"),
            "1 file.s. in it that its manifest does not name: rows.csv; take out what came on the way",
        ),
    ],
)
def test_what_no_release_holds_is_refused_though_it_is_signed(copied, tmp_path, capsys, change, words):
    resign(copied, "site-7", change)
    refuse(copied, copied.packages, tmp_path, capsys, f"site-7: .*{words}")


def hide_effects(hidden):
    """Return a change that takes every number of the effects out of a package, as the gate does where the hidden counts are small."""
    bounds = ("treated_lower", "treated_upper", "reference_lower", "reference_upper")
    numbers = ("treated_mean", "reference_mean", *bounds, "estimate", "std_error", "df", "lower", "upper", "p_value")

    def change(folder, manifest):
        lines = (folder / "effects.csv").read_text().splitlines()
        head = lines[0].split(",")
        for place, line in enumerate(lines[1:], 1):
            cells = dict(zip(head, line.split(","), strict=True)) | dict.fromkeys(numbers, "")
            lines[place] = ",".join((cells | dict.fromkeys(hidden, "<11")).values())
        (folder / "effects.csv").write_text("\n".join(lines) + "\n")

    return change


def test_a_site_without_an_estimate_is_in_the_counts_alone(copied, tmp_path, capsys):
    resign(copied, "site-7", hide_effects(("observed_treated",)))
    assert pool(copied, copied.packages, tmp_path / "report") == 0
    assert "7 in the difference and the counts; 1 in the counts only (site-7); 0 absent" in capsys.readouterr().out
    sites = pd.read_csv(tmp_path / "report" / "tables" / "sites.csv").set_index("site")
    assert sites.loc["site-7", ["estimate", "weight"]].isna().all()
    assert sites.loc["site-7", "observed_treated"] == "<11"
    assert sites["weight"].sum() == pytest.approx(1, abs=1e-5)
    counts = pd.read_csv(tmp_path / "report" / "tables" / "counts.csv")
    assert (counts.loc[counts["table"] == "eligibility", "sites"] == 8).all()


def test_a_site_of_eight_patients_is_refused(copied, tmp_path, capsys):
    """Of eight patients every count of the primary row is a bound; the site cannot write such a package, and none is taken."""

    hidden = ("n_treated", "n_reference", "observed_treated", "observed_reference", "effective_n")
    resign(copied, "site-7", hide_effects(hidden))
    refuse(copied, copied.packages, tmp_path, capsys, "site-7: fewer than 11 patients are compared in each arm")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": true}', "{" * 5000, '"x"'])
def test_a_manifest_that_is_none_is_a_reason_and_no_traceback(copied, tmp_path, capsys, content):
    (copied.package("site-8") / "manifest.json").write_text(content)
    refuse(copied, copied.packages, tmp_path, capsys, "site-8: manifest.json")
    shutil.rmtree(copied.package("site-8"))
    refuse(copied, copied.packages, tmp_path, capsys, "not a package")


def test_the_report_of_a_study_is_not_written_over(copied, tmp_path, capsys):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "manifest.json").write_text("{}")
    assert pool(copied, copied.packages, tmp_path / "report") == 2
    assert "the release of a study is there" in capsys.readouterr().err
