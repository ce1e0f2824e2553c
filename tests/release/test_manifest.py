"""The manifest: every file in the folders, with its hash and what it is; nothing hidden, nothing forgotten."""

import hashlib
import json

import pytest

from outcomes.release.manifest import list_released
from outcomes.settings.analysis import Privacy


@pytest.fixture
def folders(tmp_path):
    results, figures = tmp_path / "results" / "made-up", tmp_path / "figures" / "made-up"
    (results / "tables").mkdir(parents=True)
    figures.mkdir(parents=True)
    (results / "tables" / "scores.csv").write_text("arm,n,withheld\niv,30,false\nim,<11,true\n")
    (results / "report.html").write_text("<p>made up</p>")
    (results / "manifest.json").write_text("an older one")
    (figures / "flow.png").write_bytes(b"png")
    (figures / "flow.csv").write_text("order,n,share\n1,30,0.2\n2,<11,<0.16\n3,,\n")
    (figures / ".snakemake_timestamp").write_text("")
    return results, figures


def release(folders, **privacy):
    return list_released("made-up", Privacy(**privacy), *folders)


def test_every_file_has_its_hash_size_and_meaning(folders):
    entries = {entry["path"]: entry for entry in release(folders)["files"]}
    assert list(entries) == [
        "figures/made-up/flow.csv",
        "figures/made-up/flow.png",
        "results/made-up/report.html",
        "results/made-up/tables/scores.csv",
    ]
    table = entries["results/made-up/tables/scores.csv"]
    content = (folders[0] / "tables" / "scores.csv").read_bytes()
    assert table["sha256"] == hashlib.sha256(content).hexdigest()
    assert table["bytes"] == len(content)
    assert (table["rows"], table["bounds"]) == (2, 1)
    assert entries["figures/made-up/flow.csv"]["bounds"] == 2
    assert "rows" not in entries["results/made-up/report.html"]
    assert all(entry["what"] for entry in entries.values())


def test_the_label_follows_the_study_file(folders):
    assert {entry["label"] for entry in release(folders)["files"]} == {"released aggregate: rounded"}
    assert {entry["label"] for entry in release(folders, release="exact", because="public")["files"]} == {
        "exact: public"
    }


@pytest.mark.parametrize("stray", ["patients.csv", "tables/key.csv", "old/scores.csv", "tables/scores.parquet"])
def test_a_stray_file_is_listed_as_unknown(folders, stray):
    path = folders[0] / stray
    path.parent.mkdir(exist_ok=True)
    path.write_text("patient\n1\n")
    entry = next(entry for entry in release(folders)["files"] if entry["path"].endswith(f"/{stray}"))
    assert entry["label"].startswith("unknown")


def test_the_same_files_give_the_same_manifest(folders):
    assert json.dumps(release(folders)) == json.dumps(release(folders))
    assert str(folders[0].parent.parent) not in json.dumps(release(folders))
