"""Who meets which criterion, of six patients by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis.criteria_met import tabulate_criteria
from outcomes.contracts.released.eligibility import ANY, CriteriaMet
from outcomes.errors import ModelError
from outcomes.release.disclosure.gate import release_tables
from outcomes.settings import read_study
from outcomes.settings.analysis import Privacy
from outcomes.settings.criteria import Criterion

ROOT = Path(__file__).parents[2]
RESISTANT = Criterion(name="treatment-resistant", kind="definition", column="failed", minimum=2)
PRESSURE = Criterion(
    name="hypertension", kind="contraindication", column="pressure", values=("yes",), otherwise=("no",)
)
PREGNANT = Criterion(name="pregnancy", kind="contraindication", column="pregnant", values=("yes",), otherwise=("no",))


@pytest.fixture
def patients():
    return pd.DataFrame(
        {
            "patient": [1, 2, 3, 4, 5, 6],
            "failed": [2, 1, np.nan, 5, 0, 3],
            "pressure": ["yes", "no", None, "no", "no", "yes"],
            "pregnant": ["no", None, "yes", "no", "no", "no"],
        }
    )


@pytest.fixture
def series():  # patient 6 had none; patient 4 a second one in the other arm
    rows = [(1, 1, "iv"), (2, 1, "iv"), (3, 1, "iv"), (4, 1, "nasal"), (4, 2, "iv"), (5, 1, "nasal")]
    return pd.DataFrame(rows, columns=["patient", "series", "arm"])


def count(table, criterion, arm):
    row = table[(table["criterion"] == criterion) & (table["arm"] == arm)].iloc[0]
    return row[["patients", "met", "not_met", "not_recorded"]].tolist()


def test_met_not_met_and_not_recorded_by_hand(series, patients):
    table = tabulate_criteria(series, patients, [RESISTANT, PRESSURE, PREGNANT], ["iv", "nasal"])
    assert count(table, "treatment-resistant", "iv") == [3, 1, 1, 1]
    assert count(table, "treatment-resistant", "nasal") == [2, 1, 1, 0]
    assert count(table, "hypertension", "iv") == [3, 1, 1, 1]
    assert count(table, "pregnancy", "nasal") == [2, 0, 2, 0]
    # 1 has the one, 3 the other; of 2 one is not recorded, so that "none" cannot be said
    assert count(table, ANY, "iv") == [3, 2, 0, 1]
    assert count(table, ANY, "nasal") == [2, 0, 2, 0]
    assert (table["met"] + table["not_met"] + table["not_recorded"]).equals(table["patients"])
    none = table[(table["criterion"] == "pregnancy") & (table["arm"] == "nasal")].iloc[0]
    assert none["upper"] == pytest.approx(1 - 0.025 ** (1 / 2))  # of none: Clopper and Pearson's bound


def test_a_value_that_no_list_names_is_refused(series, patients):
    with pytest.raises(
        ModelError, match=r"eligibility\.0 \(hypertension\): column pressure has values, of 3 patient\(s\)"
    ):
        tabulate_criteria(series, patients.replace({"pressure": {"no": "n"}}), [PRESSURE], ["iv"])
    unlisted = Criterion(name="liver", kind="contraindication", column="pressure", values=("severe",))
    with pytest.raises(ModelError, match="nobody has severe in column pressure"):
        tabulate_criteria(series, patients, [unlisted], ["iv"])
    with pytest.raises(ModelError, match="holds words"):
        tabulate_criteria(series, patients, [RESISTANT.model_copy(update={"column": "pressure"})], ["iv"])
    with pytest.raises(ModelError, match="eligibility: spleen"):
        tabulate_criteria(series, patients, [RESISTANT.model_copy(update={"column": "spleen"})], ["iv"])


def test_a_column_in_which_nothing_is_recorded_is_no_wrong_spelling(series, patients):
    empty = patients.assign(pressure=None, failures=pd.Series(None, patients.index, dtype="object"))
    severe = Criterion(name="liver", kind="contraindication", column="pressure", values=("severe",))
    few = Criterion(name="failed", kind="definition", column="failures", minimum=2)
    table = tabulate_criteria(series, empty, [severe, few], ["iv"])
    assert count(table, "liver", "iv") == count(table, "failed", "iv") == [3, 0, 0, 3]


def test_nothing_declared_and_nobody_in_an_arm(series, patients):
    assert tabulate_criteria(series, patients, [], ["iv"]).empty
    table = tabulate_criteria(series, patients, [RESISTANT], ["iv", "im"])
    assert count(table, "treatment-resistant", "im") == [0, 0, 0, 0]
    assert list(table.columns) == list(CriteriaMet.columns)


def test_a_criterion_says_one_thing():
    with pytest.raises(ValueError, match="'otherwise' stands beside 'values'"):
        Criterion(name="x", kind="definition", column="a", values=("yes",), otherwise=("yes",))
    with pytest.raises(ValueError, match="give either 'values'"):
        Criterion(name="x", kind="definition", column="a")
    with pytest.raises(ValueError, match="no patients' column"):
        Criterion(name="x", kind="definition", column="baseline", minimum=10)


def test_few_are_a_bound_when_released():
    row = {
        "criterion": "x",
        "kind": "definition",
        "arm": "iv",
        "patients": 60,
        "met": 4,
        "not_met": 56,
        "not_recorded": 0,
    }
    made = release_tables(
        {"criteria_met": pd.DataFrame([row]).assign(proportion=4 / 60, lower=0.02, upper=0.16)}, Privacy()
    )
    assert made["criteria_met"][CriteriaMet.met.bound].tolist() == ["<11"]


def test_the_example_declares_what_its_data_hold():
    assert [one.column for one in read_study(ROOT / "config" / "example.yaml").eligibility] == [
        "failed_antidepressants",
        "indication",
    ]
