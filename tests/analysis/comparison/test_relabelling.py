"""What cannot matter does not: which arm is called treated changes the sign, the order of rows and a useless column nothing."""

import numpy as np
import pandas as pd
from two_arms import Later, generate_tables, make_comparison, make_study

from outcomes.analysis.comparison.compare import compare_arms
from outcomes.analysis.comparison.missing import analyse_missing
from outcomes.analysis.comparison.prepare import prepare_comparison

TABLES, STUDY = generate_tables(), make_study()
PLAN = {"imputation": {"draws": 0}, "confounder_shape": "spline"}
PLAIN = Later(lambda: compare_arms(TABLES, make_comparison(**PLAN), STUDY))
TURNED = Later(
    lambda: compare_arms(TABLES, make_comparison(estimand={"treated": "esketamine", "reference": "iv"}, **PLAN), STUDY)
)


def impute(tables, comparison):
    """Return the table of imputations, without the rest of a comparison."""
    _, settings, _ = prepare_comparison(tables, comparison, STUDY)
    return analyse_missing(settings, STUDY).imputations


def test_turned_arms_turn_the_effect():
    one, other = (tables["effects"].set_index(["axis", "timepoint", "variance"]) for tables in (PLAIN, TURNED))
    for name, mirror in (("estimate", "estimate"), ("lower", "upper"), ("upper", "lower")):
        np.testing.assert_allclose(one[name].astype(float), -other[mirror].astype(float), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(one["p_value"].astype(float), other["p_value"].astype(float), rtol=1e-4)


def test_turned_arms_turn_the_risks():
    key = ["axis", "timepoint", "endpoint", "population", "method"]
    one, other = (tables["risks"].set_index(key) for tables in (PLAIN, TURNED))
    for name, mirror in (("difference", "difference"), ("difference_lower", "difference_upper")):
        np.testing.assert_allclose(one[name].astype(float), -other[mirror].astype(float), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(one["ratio"].astype(float), 1 / other["ratio"].astype(float), rtol=1e-5)


def test_turned_arms_turn_imputed_answers_to_the_last_digit():
    """At random nothing hangs on which arm is called treated, so the draws are the same; only the assumptions about an arm go with its role."""
    tables = generate_tables(n=140)
    plan = {"imputation": {"draws": 5, "methods": []}, "confounder_shape": "spline"}
    turned = {"treated": "esketamine", "reference": "iv"}
    key = ["axis", "timepoint", "endpoint", "scale"]
    one, other = (
        impute(tables, make_comparison(**plan, **change)).query("analysis == 'imputed_mar'").set_index(key)
        for change in ({}, {"estimand": turned})
    )
    assert one["converged"].any()
    for scale, turn in (("points", np.negative), ("risk difference", np.negative), ("risk ratio", np.reciprocal)):
        mine, mirror = (table.xs(scale, level="scale") for table in (one, other))
        for name, opposite in (("estimate", "estimate"), ("lower", "upper"), ("upper", "lower")):
            np.testing.assert_allclose(
                mine[name].astype(float), turn(mirror[opposite].astype(float)), rtol=1e-6, atol=1e-9
            )
        np.testing.assert_allclose(
            mine["missing_information"].astype(float), mirror["missing_information"].astype(float), rtol=1e-6
        )


def test_another_order_of_rows_and_a_useless_column_change_nothing():
    names = ("patients", "endpoints", "cohort", "series")
    mixed = {name: TABLES[name].sample(frac=1, random_state=4).reset_index(drop=True) for name in names}
    mixed["patients"] = mixed["patients"].assign(shoe_size=np.arange(len(mixed["patients"])) % 9 + 36.0)
    other = compare_arms(TABLES | mixed, make_comparison(**PLAN), STUDY)
    for name in ("effects", "risks", "sensitivity", "covariate_balance"):
        pd.testing.assert_frame_equal(PLAIN[name], other[name], rtol=1e-6, atol=1e-9, obj=name)
