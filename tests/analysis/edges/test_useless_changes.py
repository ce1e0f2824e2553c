"""What cannot matter does not, from the export to the released tables: the order of rows, a useless column, a file in two."""

import pandas as pd
import pytest
import yaml
from clinics import STEPS, make_clinic, run_clinic

RELEASED = STEPS[: STEPS.index("report")]


def permute_rows(folder):
    for path in (folder / "data" / "raw").glob("*.csv"):
        pd.read_csv(path, dtype=str).sample(frac=1, random_state=5).to_csv(path, index=False)


def add_column(folder):
    path = folder / "data" / "raw" / "patients.csv"
    table = pd.read_csv(path, dtype=str)
    table.assign(shoe_size=[str(36 + place % 9) for place in range(len(table))]).to_csv(path, index=False)
    declare(
        folder,
        lambda study: next(one for one in study["sources"] if one["file"] == "patients.csv").update(
            ignore=["shoe_size"]
        ),
    )


def split_files(folder):
    raw = folder / "data" / "raw"
    for path in list(raw.glob("*.csv")):
        table = pd.read_csv(path, dtype=str)
        for name, part in (("first", table.iloc[::2]), ("second", table.iloc[1::2])):
            part.to_csv(raw / f"{path.stem}-{name}.csv", index=False)
        path.unlink()

    def name_both(study):
        study["sources"] = [
            one | {"file": f"{one['layout']}-{name}.csv"} for one in study["sources"] for name in ("first", "second")
        ]

    declare(folder, name_both)


def declare(folder, change):
    path = folder / "study.yaml"
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(study)
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return run_clinic(make_clinic(n=90, missing=0.2), tmp_path_factory.mktemp("plain"), steps=RELEASED)


@pytest.mark.parametrize("vary", [permute_rows, add_column, split_files])
def test_every_released_number_stays(plain, vary, tmp_path):
    other = run_clinic(make_clinic(n=90, missing=0.2), tmp_path, steps=RELEASED, vary=vary)
    assert plain.refused == other.refused == "", other.words[-2000:]
    assert set(plain.released) == set(other.released)
    of_files = {"ledger", "balance", "data_health", "flow"}  # which file a row came from
    for name in sorted(set(plain.released) - of_files):
        pd.testing.assert_frame_equal(plain.released[name], other.released[name], obj=name)
