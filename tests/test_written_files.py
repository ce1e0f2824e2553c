"""Files at the edge: contracts on the way in and out, whole files or none."""

from pathlib import Path

import pandas as pd
import pytest

from outcomes import files
from outcomes.contracts import CONTRACTS, check_table, empty_table
from outcomes.dictionary import describe_tables
from outcomes.errors import ContractError, InputError

ROOT = Path(__file__).parent.parent


def patients(**changes: object) -> pd.DataFrame:
    table = pd.DataFrame({"patient": pd.array([1, 2, 3], "int32"), "age": [40.0, 50.0, None]})
    return table.assign(**changes)


def test_a_table_comes_back_as_it_was(tmp_path):
    table = patients(payer=pd.Categorical(["a", None, "b"]))
    files.write_table(table, tmp_path / "patients.parquet", "patients")
    pd.testing.assert_frame_equal(files.read_table(tmp_path / "patients.parquet", "patients"), table)


def test_a_category_without_values_stays_a_category(tmp_path):
    table = patients(site=pd.Categorical([None, None, None]))
    files.write_table(table, tmp_path / "patients.parquet", "patients")
    assert files.read_table(tmp_path / "patients.parquet", "patients")["site"].dtype == "category"


def test_the_same_table_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        files.write_table(patients(), tmp_path / name)
    assert files.sha256(tmp_path / "a") == files.sha256(tmp_path / "b")


def test_nothing_is_left_of_a_write_that_fails(tmp_path):
    def write_half() -> None:
        with files.replacing(tmp_path / "x") as temporary:
            temporary.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="Run the steps before this one first"):
        files.read_table(tmp_path / "none.parquet")


def test_all_broken_rules_are_listed_and_no_value_is_printed():
    table = patients(patient=pd.array([1, 1, 0], "int32"), age=[-4711.0, 50, 50], sex=["x", "y", "z"])
    with pytest.raises(ContractError) as caught:
        check_table(table, "patients")
    message = str(caught.value)
    for part in ("patient: 1 rows are outside 1", "age: 1 rows", "sex: type", "key (patient): 1 rows repeat"):
        assert part in message
    assert "4711" not in message


def test_unknown_and_missing_columns_are_named():
    table = empty_table("cohort").drop(columns="arm").assign(extra=pd.Series(dtype="float64"))
    with pytest.raises(ContractError, match=r"arm: missing column\n  extra: unknown column"):
        check_table(table, "cohort")


@pytest.mark.parametrize("name", CONTRACTS)
def test_empty_tables_meet_their_contract(name):
    assert len(check_table(empty_table(name), name)) == 0


def test_the_data_dictionary_is_current():
    assert (ROOT / "data" / "README.md").read_text() == describe_tables(), (
        "run `outcomes dictionary --out data/README.md`"
    )
