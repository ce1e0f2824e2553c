"""Levels of few patients in a model."""

import pandas as pd
import pytest

from outcomes.analysis.model_result import ModelResult
from outcomes.analysis.models import fit_model
from outcomes.analysis.rare_levels import guard_levels
from outcomes.settings.analysis import Model, Privacy


def make_frame(rare: str, many: str = "commercial") -> pd.DataFrame:
    """Forty patients, two of whom have a payer of their own, each with a score at two visits."""
    rows = [(p, t, rare if p < 2 else many if p % 2 else "medicare") for p in range(40) for t in (1, 2)]
    frame = pd.DataFrame(rows, columns=["patient", "time", "payer"])
    frame["timepoint"], frame["arm"] = frame["time"].astype(str), "iv"
    frame["age"] = (frame["patient"] // 20 + 30).mask(frame["patient"] == 5, 77)
    return frame.assign(
        change=frame["patient"] * 7 % 11 + (frame["patient"] * 5 + frame["time"] * 3) % 7 + frame["age"] / 10.0
    )


def fit(frame: pd.DataFrame, formula: str, engine: str = "mixed") -> ModelResult:
    covariance = {"covariance": "compound_symmetry"} if engine == "mixed" else {"random": "1"}
    chosen = {
        "label": "m",
        "instrument": "phq9",
        "axis": "session",
        "formula": formula,
        "df": "normal",
        "margins": False,
    }
    return fit_model(frame, Model(**chosen, **covariance, engine=engine), "m", ["iv"])


@pytest.mark.parametrize("engine", ["mixed", "statsmodels"])
@pytest.mark.parametrize("formula", ["change ~ payer", "change ~ C(payer) + time", "change ~ time*payer"])
def test_a_level_of_few_is_counted_by_its_patients_and_not_named(formula, engine):
    frame = make_frame("the Quartz, Mica [VIP]")
    result = fit(frame, formula, engine)
    table = guard_levels(result, frame, {"payer", "age"}, Privacy()).tables["coefficients"]
    assert "Quartz" in result.tables["coefficients"]["term"].str.cat()  # the engine names it
    assert "Quartz" not in table["term"].str.cat()
    assert table["term"].is_unique
    rare = table["term"].str.contains("level ")
    assert rare.any()
    assert (table.loc[rare, "fewest"] == 2).all()
    assert (table.loc[table["term"].str.contains("medicare"), "fewest"] == 19).all()
    assert (table.loc[~table["term"].str.contains("payer"), "fewest"] > 19).all()


def test_a_reference_of_few_hides_what_is_compared_with_it():
    frame = make_frame("a person")
    table = guard_levels(fit(frame, "change ~ payer"), frame, {"payer"}, Privacy()).tables["coefficients"]
    assert (table.loc[table["term"].str.contains("payer"), "fewest"] == 2).all()


def test_numbers_as_levels_and_an_exact_release():
    frame = make_frame("self-pay")
    result = fit(frame, "change ~ C(age)")
    table = guard_levels(result, frame, {"age"}, Privacy()).tables["coefficients"]
    assert table.set_index("term")["fewest"].filter(like="level ").tolist() == [1]
    exact = guard_levels(result, frame, {"age"}, Privacy(release="exact", because="public data"))
    assert exact.tables["coefficients"]["term"].tolist() == result.tables["coefficients"]["term"].tolist()


def test_no_number_of_rows_tells_how_many_patients_have_rare_levels():
    """Ten payers of fewer than eleven patients are ten patients; a number by the alphabet told all levels."""
    frame = make_frame("self-pay")
    frame["payer"] = [f"z{p}" if p < 10 else payer for p, payer in zip(frame["patient"], frame["payer"], strict=True)]
    fitted = fit(frame, "change ~ payer + time")
    guarded = guard_levels(fitted, frame, {"payer"}, Privacy())
    table = guarded.tables["coefficients"]
    rare = table["term"][table["term"].str.contains("level ")]
    assert rare.str.extract(r"level (\d+)\]$", expand=False).tolist() == [*"1234567"]
    assert "z" not in table["term"].str.cat()
    assert set(fitted.tables["tests"]["term"]) == {"payer", "time"}  # 11 degrees of freedom less the two common payers
    assert set(guarded.tables["tests"]["term"]) == {"time"}
    assert [guarded.info[one] for one in ("loglik", "aic", "bic")] == [fitted.info["loglik"], None, None]
    few = frame.assign(payer=frame["payer"].where(frame["patient"] < 7, "medicare"))
    kept = guard_levels(fit(few, "change ~ payer + time"), few, {"payer"}, Privacy())
    assert set(kept.tables["tests"]["term"]) == {"payer", "time"}
    assert kept.info["aic"] > 0
