"""Files made by others: awkward CSV files with their content as JSON, and three public data sets."""

import json

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import InputError
from outcomes.intake import read_export
from outcomes.intake.readers.text import read_text
from outcomes.settings import Source, read_study

SPECTRUM = ["comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf",
            "quotes_and_newlines", "simple", "simple_crlf", "utf8"]  # fmt: skip


@pytest.fixture(scope="module")
def shared(root):
    folder = root.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the public data are not beside the project; see docs/real-data.md")
    return folder


def spell(path):
    content = path.read_text(encoding="utf-8")
    header = content.splitlines()[0].split(",")
    raw = read_text(path, path.name, Source(file=path.name, layout="x"), set(header))
    columns = {name: words.values[words.codes].tolist() for name, words in raw.columns.items()}
    return [{name: columns[name][row] for name in header} for row in range(raw.size)]


@pytest.mark.parametrize("name", SPECTRUM)
def test_awkward_files_are_read_to_the_letter(name, shared):
    expected = json.loads((shared / "csv_spectrum/json" / f"{name}.json").read_text(encoding="utf-8"))
    # a clinic's cell never means the blanks around it, so they are trimmed
    trimmed = [{key: value.strip() for key, value in row.items()} for row in expected]
    found = spell(shared / "csv_spectrum/csvs" / f"{name}.csv")
    assert found == trimmed


def test_the_awkward_file_whose_json_is_of_other_content(shared):
    """The JSON has another telephone number than the file; the other cells agree."""
    path = shared / "csv_spectrum/csvs/location_coordinates.csv"
    expected = json.loads((shared / "csv_spectrum/json/location_coordinates.json").read_bytes().decode("utf-8"))
    expected = expected if isinstance(expected, list) else [expected]
    found = spell(path)
    assert [{k: v for k, v in row.items() if "Phone" not in k} for row in found] == [
        {k: v for k, v in row.items() if "Phone" not in k} for row in expected
    ]


def read(name, root, shared):
    if not (shared / name).is_dir():
        pytest.skip(f"{name}: the data are not beside the project; see docs/real-data.md")
    return read_export(read_study(root / f"config/{name}.yaml"), shared / name)


def balance(export):
    return export.balance.drop(columns=["file", "people"]).to_numpy().tolist()


def test_reframed(root, shared):
    export = read("reframed", root, shared)
    raw = pd.read_csv(shared / "reframed/reframed.csv")
    assert balance(export) == [[2825, 2825, 0, 447, 0, 0]]
    counts = export.ledger.groupby(["reason", "state"], observed=True).size().to_dict()
    assert counts == {
        ("non_integer_total", "flagged"): 54,
        ("impossible_total", "flagged"): 1,
        ("no_score", "flagged"): 392,
    }
    assert len(export.tables["patients"]) == 250
    assert export.tables["patients"]["arm"].value_counts().to_dict() == {"RO-DBT": 162, "TAU": 88}
    labels = export.tables["key"].set_index("patient")["identifier"]
    table = export.tables["assessments"]
    found = pd.Series(table["recorded_total"].to_numpy(),
                      index=[table["patient"].map(labels).astype(str), table["visit"].astype(str)])  # fmt: skip
    expected = pd.Series(raw["phq9"].to_numpy(), index=[raw["patient"].astype(str), raw["month"].astype(str)])
    assert found.index.is_unique
    np.testing.assert_array_equal(found.sort_index().to_numpy(), expected.sort_index().to_numpy())
    assert found.sort_index().index.tolist() == expected.sort_index().index.tolist()
    assert (expected % 1 != 0).sum() - expected.isna().sum() == 55


def test_reframed_without_impossible_totals(root, shared):
    study = read_study(root / "config/reframed.yaml")
    strict = study.model_copy(update={"cleaning": study.cleaning.model_copy(update={"impossible_total": "quarantine"})})
    if not (shared / "reframed").is_dir():
        pytest.skip("reframed: the data are not beside the project; see docs/real-data.md")
    export = read_export(strict, shared / "reframed")
    out = export.ledger[export.ledger["reason"] == "impossible_total"]
    assert len(out) == 1
    assert export.tables["assessments"]["recorded_total"].min() >= 0


def test_ds005917(root, shared):
    export = read("ds005917", root, shared)
    raw = pd.read_csv(shared / "ds005917/phenotype/phenotype.tsv", sep="\t", na_values="n/a")
    assert [row[0] for row in balance(export)] == [58, len(raw)]
    rows = export.ledger[export.ledger["reason"] == "no_time"]
    assert len(rows) == 1
    blank = raw.drop(columns="participant_id").isna().all(axis=1)
    assert rows["row"].tolist() == (np.nonzero(blank)[0] + 2).tolist()
    table = export.tables["assessments"]
    for name, column in (("madrs", "MADRS_Total"), ("hamd17", "HAM17_Total")):
        found = table.loc[table["instrument"] == name, "recorded_total"].dropna()
        assert sorted(found) == sorted(raw[column].dropna())
    for visit, n, mean in (("ses-b0", 32, 33.38), ("ses-d2", 27, 23.59), ("ses-p10", 26, 34.19)):
        people = export.tables["patients"].query("group == 'MDD'")["patient"]
        rows = table[(table["instrument"] == "madrs") & (table["visit"] == visit) & table["patient"].isin(people)]
        assert rows["recorded_total"].count() == n
        assert rows["recorded_total"].mean() == pytest.approx(mean, abs=0.0051)  # printed to two decimals


def test_nhanes(root, shared):
    export = read("nhanes", root, shared)
    raw = pd.read_csv(shared / "nhanes/nhanes_phq9.csv")
    items = raw[[f"q{n}" for n in range(1, 10)]]
    assert balance(export)[0][:2] == [23529, 23529]
    assert export.ledger["reason"].value_counts()["no_score"] == int(items.isna().all(axis=1).sum()) == 2356
    table = export.tables["assessments"].merge(export.tables["key"], on="patient")
    found = table.set_index(table["identifier"].astype(float).astype(int))[
        [f"item_{n}" for n in range(1, 10)]
    ].sort_index()
    expected = items.set_index(raw["seqn"]).sort_index()
    np.testing.assert_array_equal(found.to_numpy(dtype=float, na_value=np.nan), expected.to_numpy(dtype=float))
    complete = found.notna().all(axis=1)
    assert int(complete.sum()) == 21029
    arms = export.tables["patients"].merge(export.tables["key"], on="patient").set_index("identifier")["arm"]
    arms.index = arms.index.astype(float).astype(int)
    arm = pd.Series(found.index, index=found.index).map(arms.astype(str))
    assert int((complete & (arm == "2013-2014")).sum()) == 5372


def test_a_file_of_other_columns_is_refused(root, shared, tmp_path):
    if not (shared / "reframed").is_dir():
        pytest.skip("reframed: the data are not beside the project; see docs/real-data.md")
    (tmp_path / "nhanes_phq9.csv").write_bytes((shared / "reframed/reframed.csv").read_bytes())
    with pytest.raises(InputError, match="maps 12 column"):
        read_export(read_study(root / "config/nhanes.yaml"), tmp_path)
