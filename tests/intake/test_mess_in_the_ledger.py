"""The ledger of the example against what the simulator says it has put there, by kind and file."""

import json
import re

import pandas as pd
import pytest
from slow_reference import MISSING, STUDY


@pytest.fixture(scope="module")
def mess(root):
    truth = json.loads((root / "data/example/truth.json").read_text(encoding="utf-8"))["mess"]
    return {kind: entry["files"] for kind, entry in truth.items()}


def counted(example, *reasons, state=None):
    """Return the number of rows with one of the reasons by file, named as the simulator names them."""
    ledger = example.ledger
    ledger = ledger[ledger["reason"].isin(reasons)]
    if state:
        ledger = ledger[ledger["state"] == state]
    rows = ledger.drop_duplicates(["file", "row"]).astype({"file": "str"}).groupby("file").size()
    return {name.replace(" [", "#").rstrip("]"): int(n) for name, n in rows.items()}


def of(files, *ends):
    return {name: n for name, n in files.items() if n and name.rpartition("/")[2].startswith(ends)}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("blank_rows", "blank_row"),
        ("impossible_items", "item_out_of_range"),
        ("impossible_totals", "impossible_total"),
        ("wrong_totals", "total_disagrees_with_items"),
        ("weights_in_pounds", "weight_in_pounds"),
        ("weight_ranges", "weight_range"),
        ("mislabelled_weights", "weight_mislabelled"),
        ("impossible_weights", "weight_implausible"),
    ],
)
def test_rows_of_each_kind(kind, reason, mess, example):
    assert counted(example, reason) == of(mess[kind], "")


def test_duplicates(mess, example):
    visits, answers = (
        ("visits", "export.xlsx#Current", "export.xlsx#Prior"),
        ("quest", "phq9", "gad7", "export.xlsx#Quest"),
    )
    exact, conflicting = counted(example, "duplicate_exact"), counted(example, "duplicate_conflicting")
    assert of(exact, *visits) == of(mess["duplicate_visits_exact"], "")
    assert of(exact, *answers) == of(mess["duplicate_questionnaires_exact"], "")
    assert of(conflicting, *visits) == of(mess["duplicate_visits_amended"], "")
    assert of(conflicting, *answers) == of(mess["duplicate_questionnaires_conflicting"], "")
    assert of(exact, "patients", "adverse") == of(conflicting, "patients", "adverse") == {}


def test_patients_at_two_sites(mess, example, root):
    """Both rows of such a patient stand in the patients' files; all but one of them are merged."""
    sources = [source for source in STUDY["sources"] if source["layout"] == "patients"]
    codes = []
    for source in sources:
        path, name = root / "data/example" / source["file"], {new: old for old, new in source.get("rename", {}).items()}
        code = name.get("patient_code", "patient_code")
        if path.suffix == ".xlsx":
            column = pd.read_excel(path, sheet_name=source["sheet"], dtype=str)[code]
        else:
            column = pd.read_csv(
                path, sep=None, engine="python", encoding=source.get("encoding", "utf-8-sig"), dtype=str
            )[code]
        codes.append(column.dropna())
    rows = pd.concat(codes)
    merged = counted(example, "two_sites", state="merged")
    assert sum(merged.values()) == len(rows) - rows.nunique() > 0
    assert sum(of(mess["two_sites"], "patients", "export.xlsx#Patients").values()) == sum(merged.values())


def test_dose_texts(mess, example, root):
    """A unit alone is no text to be read; an arrow or a dose by weight is."""
    source = next(source for source in STUDY["sources"] if source["file"] == "site-1/visits.csv")
    doses = pd.read_csv(root / "data/example" / source["file"], dtype=str, keep_default_na=False)["dose"]
    texts = [dose for dose in doses if dose not in MISSING and not re.fullmatch(r"\d+(\.\d+)?( mg)?", dose)]
    assert counted(example, "dose_text")["site-1/visits.csv"] == len(texts)
    assert sum("-->" in text for text in texts) == mess["dose_changes"]["site-1/visits.csv"]
    assert sum(counted(example, "dose_text").values()) > sum(mess["dose_changes"].values())


def test_no_other_reason_occurs(example):
    known = {"blank_row", "item_out_of_range", "impossible_total", "total_disagrees_with_items", "weight_in_pounds",
             "weight_range", "weight_mislabelled", "weight_implausible", "duplicate_exact", "duplicate_conflicting",
             "two_sites", "dose_text", "dose_outside_protocol", "age_top_coded"}  # fmt: skip
    assert set(example.ledger["reason"].astype(str)) == known
