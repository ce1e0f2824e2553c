"""Every table with imputed confounders rests on all fills: pooled by Rubin's rules, averaged, or from what was observed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_confounder_imputation import TABLES
from two_arms import Later, make_comparison, make_study

from outcomes.analysis.comparison import confounder_imputation
from outcomes.analysis.comparison.compare import compare_arms
from outcomes.analysis.comparison.confounder_imputation import build_settings, impute_confounders
from outcomes.analysis.comparison.confounder_pooling import (
    average_tables,
    pool_levels,
    pool_risk_tables,
    pool_rows,
)
from outcomes.analysis.comparison.effects.risks import tabulate_risks
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.analysis.comparison.rubin import pool_estimates, pool_nested
from outcomes.analysis.comparison.subgroups.interactions import Estimates
from outcomes.analysis.comparison.subgroups.level_effects import estimate_level_changes
from outcomes.analysis.comparison.subgroups.levels import derive_levels, weigh_within
from outcomes.settings.subgroups import Subgroup

SETS = 4
COMPARISON = make_comparison(
    missing="impute",
    imputations=SETS,
    imputation={"draws": 12},
    site="payer",
    subgroups={"by": [{"column": "payer"}, {"column": "failures", "cuts": [3]}]},
)
STUDY = make_study()
COMPARED = select_compared(TABLES, COMPARISON)
SETTINGS = build_settings(COMPARED, COMPARISON, STUDY.seed)
RESULT = Later(lambda: compare_arms(TABLES, COMPARISON, STUDY))
Z = 1.959963984540054


class TestNested:
    def test_one_first_step_is_rubin_s_rules(self):
        generator = np.random.default_rng(1)
        estimates, variances = generator.normal(size=(1, 9)), generator.random((1, 9)) + 1
        assert pool_nested(estimates, variances, 50.0) == pool_estimates(estimates[0], variances[0], 50.0)

    def test_by_hand(self):
        # means 1.5 and 3.5 (variance 2), within each 0.5: 1 + 3/2 · 2 + 1/2 · 0.5
        pooled = pool_nested(np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2)), np.inf)
        assert pooled.variance == pytest.approx(1 + 3 + 0.25)
        lost = (3 / 4.25) ** 2 / 1 + (0.25 / 4.25) ** 2 / 2
        assert pooled.df == pytest.approx(1 / lost)

    def test_first_steps_that_are_alike_leave_the_second(self):
        # drawn anew in each first step, which adds nothing: the long run is that of Rubin's rules over all
        generator = np.random.default_rng(2)
        found = [pool_nested(generator.normal(size=(10, 10)), np.ones((10, 10)), np.inf).variance for _ in range(400)]
        assert np.mean(found) == pytest.approx(1 + (1 + 1 / 100) * 1, abs=0.03)


class TestRows:
    def test_rubin_s_rules_on_intervals(self):
        rows = [
            [{"analysis": "a", "estimate": e, "lower": e - Z, "upper": e + Z, "n": 10, "effective_n": 5.0 + e, "converged": True, "note": "x"}]
            for e in (1.0, 2.0, 3.0)
        ]  # fmt: skip
        (row,) = pool_rows(rows)
        pooled = pool_estimates(np.array([1.0, 2.0, 3.0]), np.ones(3), np.inf)
        assert (row["estimate"], row["lower"], row["upper"]) == pytest.approx((2.0, *pooled.find_interval()[:2]))
        assert row["effective_n"] == 7
        assert row["note"] == "x; 3 imputations of missing confounders"

    def test_nothing_imputed_is_passed_through(self):
        rows = [{"analysis": "a", "estimate": 1.0}]
        assert pool_rows([rows]) == rows

    def test_an_analysis_that_rarely_converged_has_no_numbers(self):
        good = {"analysis": "a", "estimate": 1.0, "lower": 0.0, "upper": 2.0, "n": 3, "converged": True, "note": ""}
        (row,) = pool_rows([[good], [good], [good | {"converged": False}]])
        assert not row["converged"]
        assert "estimate" not in row
        assert row["note"] == "did not converge in enough imputations of missing confounders"

    def test_what_needs_no_confounder_is_as_without_imputation(self):
        plain = compare_arms(TABLES, make_comparison(missing="indicator", imputation={"draws": 0}), STUDY)[
            "sensitivity"
        ]
        key = ["endpoint", "analysis", "axis", "timepoint"]
        numbers = ["estimate", "lower", "upper"]
        plain, ours = plain.set_index(key), RESULT["sensitivity"].set_index(key)
        for name in ("unadjusted", "baseline_adjusted"):
            rows = plain.index[plain.index.get_level_values("analysis") == name]
            assert len(rows) == 2
            np.testing.assert_allclose(ours.loc[rows, numbers], plain.loc[rows, numbers])

    def test_weighted_rows_are_those_of_the_effects(self):
        grid = RESULT["sensitivity"].set_index(["analysis", "timepoint"])
        effects = RESULT["effects"].set_index("timepoint")
        row, effect = grid.loc[("weighted_overlap", "day 28")], effects.loc["day 28"]
        assert row["estimate"] == pytest.approx(effect["estimate"])
        assert row["upper"] - row["lower"] == pytest.approx(effect["upper"] - effect["lower"], rel=0.01)


class TestRisks:
    def test_rubin_s_rules(self):
        tables = [tabulate_risks(one.compared, one.confounders, one.primary, ["day"]) for one in SETTINGS]
        pooled = pool_risk_tables(tables)
        for place in pooled.index[pooled["converged"] & (pooled["method"] != "unadjusted")]:
            each = pd.DataFrame([table.loc[place] for table in tables])
            for name, link in (("difference", np.asarray), ("ratio", np.log)):
                estimates = link(each[name].to_numpy(dtype=float))
                ends = [link(each[f"{name}_{end}"].to_numpy(dtype=float)) for end in ("lower", "upper")]
                errors = (ends[1] - ends[0]) / (2 * Z)
                total = (errors**2).mean() + (1 + 1 / SETS) * estimates.var(ddof=1)
                assert link(pooled.loc[place, name]) == pytest.approx(estimates.mean())
                found = pool_estimates(estimates, errors**2, np.inf)
                assert found.variance == pytest.approx(total)
                above = (
                    (ends[1] - estimates).mean()
                    * (found.find_interval()[1] - found.estimate)
                    / np.sqrt(found.within)
                    / Z
                )
                assert link(pooled.loc[place, f"{name}_upper"]) == pytest.approx(estimates.mean() + above)
            assert pooled.loc[place, "risk_treated"] == pytest.approx(each["risk_treated"].mean())
        clear = pooled["difference_lower"] * pooled["difference_upper"] > 0
        assert pooled["nnt"].notna().equals(clear)

    def test_a_risk_that_did_not_converge_has_no_numbers(self):
        tables = [tabulate_risks(one.compared, one.confounders, one.primary, ["day"]) for one in SETTINGS]
        tables[2].loc[5, "converged"] = False
        tables[1].loc[6, "outcome_model"] = "firth"
        pooled = pool_risk_tables(tables)
        assert pooled["converged"].tolist() == [place != 5 for place in pooled.index]
        assert pooled.loc[5, ["difference", "ratio_upper", "nnt"]].isna().all()
        assert pooled.loc[5, "effective_n"] == pytest.approx(np.mean([table.loc[5, "effective_n"] for table in tables]))
        assert pooled.loc[6, "outcome_model"] == "firth"

    def test_unadjusted_risks_are_those_of_one(self):
        tables = [tabulate_risks(one.compared, one.confounders, one.primary, ["day"]) for one in SETTINGS]
        own = tables[0]["method"] == "unadjusted"
        numbers = ["difference", "difference_lower", "difference_upper", "ratio", "ratio_upper"]
        pd.testing.assert_frame_equal(pool_risk_tables(tables).loc[own, numbers], tables[0].loc[own, numbers])


class TestLevels:
    def test_rubin_s_rules_within_levels(self):
        levels = derive_levels(COMPARED.people, Subgroup(column="payer"), "here")
        several = []
        for one in SETTINGS:
            own = [
                weigh_within(one.compared.people, one.compared.treated, levels.place == level, COMPARISON)
                for level in range(3)
            ]
            several.append(estimate_level_changes(one, own))
        pooled = pool_levels(several)
        for level in range(3):
            each = np.array([one.table["estimate"].iloc[level] for one in several])
            errors = np.array([one.table["std_error"].iloc[level] for one in several])
            total = (errors**2).mean() + (1 + 1 / SETS) * each.var(ddof=1)
            assert pooled.table["estimate"].iloc[level] == pytest.approx(each.mean())
            assert pooled.table["std_error"].iloc[level] == pytest.approx(np.sqrt(total))
        shown = RESULT["subgroups"].query("endpoint == 'change' and variable == 'payer'").set_index("level")
        assert shown.loc[list(levels.names), "estimate"].tolist() == pytest.approx(pooled.table["estimate"].tolist())

    def test_no_one_is_in_a_level_by_an_imputed_value(self):
        shown = RESULT["subgroups"].query("endpoint == 'change' and variable == 'payer'").set_index("level")
        counts = COMPARED.people.groupby("payer", observed=True)["treated"].agg(["sum", "size"])
        for level in counts.index:
            assert shown.loc[level, "n_treated"] == counts.loc[level, "sum"]
        assert (
            shown.loc["missing", "n_treated"] + shown.loc["missing", "n_reference"]
            == COMPARED.people["payer"].isna().sum()
        )

    def test_the_test_is_cochran_s(self):
        row = RESULT["interactions"].query("endpoint == 'change' and variable == 'payer'").iloc[0]
        table = RESULT["subgroups"].query("endpoint == 'change' and variable == 'payer' and level != 'missing'")
        w = 1 / table["std_error"] ** 2
        mean = (w * table["estimate"]).sum() / w.sum()
        assert row["statistic"] == pytest.approx((w * (table["estimate"] - mean) ** 2).sum())
        assert "Cochran's Q" in row["note"]

    def test_one_is_passed_through(self):
        one = Estimates(pd.DataFrame({"estimate": [1.0]}), {})
        assert pool_levels([one]) is one


class TestDescriptions:
    def test_means_and_counts_that_add_up(self):
        table = RESULT["covariate_balance"]
        payer = table[(table["variable"] == "payer") & (table["weights"] == "overlap")]
        assert payer["n_treated"].sum() == COMPARED.treated.sum()
        assert payer["n_reference"].sum() == (~COMPARED.treated).sum()
        shares = [one.compared.people.loc[COMPARED.treated, "payer"].eq("public").mean() for one in SETTINGS]
        assert payer.set_index("level").loc["public", "treated_before"] == pytest.approx(np.mean(shares))
        assert len(set(shares)) > 1

    def test_largest_remainders_by_hand(self):
        tables = [pd.DataFrame({"k": "a", "n": n, "x": 1.0}) for n in ([3, 3, 4], [4, 3, 3], [4, 4, 2])]
        averaged = average_tables(tables, ["n"], ["k"])  # 3.67, 3.33, 3: the first is rounded up
        assert averaged["n"].tolist() == [4, 3, 3]

    def test_strata_are_those_observed(self):
        assert RESULT["positivity"].empty
        assert "missing" not in set(RESULT["covariate_balance"]["level"])


class TestEveryTable:
    def test_the_first_fill_is_like_any_other(self, monkeypatch):
        def turn(compared, comparison, seed):
            return impute_confounders(compared, comparison, seed)[::-1]

        monkeypatch.setattr(confounder_imputation, "impute_confounders", turn)
        turned = compare_arms(TABLES, COMPARISON, STUDY)
        drawn = ["imputed", "jump", "copy", "delta", "e_value_everyone"]
        for name, table in RESULT.items():
            other = turned[name]
            if name == "imputations":
                gap = (table["estimate"] - other["estimate"]).abs() / table["std_error"]
                assert gap.max() < 1.5  # other random numbers meet each fill
                continue
            if name in ("risks", "subgroups", "interactions"):  # those of everyone are drawn too
                table, other = (one[one["population"] != "everyone"] for one in (table, other))
            if name == "sensitivity":
                keep = ~table["analysis"].str.startswith(tuple(drawn)).to_numpy()
                table, other = table[keep], other[keep]
            if name == "tipping":
                table, other = (one[one["method"] == "closed_form"] for one in (table, other))
            pd.testing.assert_frame_equal(table, other, rtol=1e-6, atol=1e-8, obj=name)

    def test_the_statement_says_so(self):
        said = RESULT["comparison_statement"].set_index("subject")["text"]
        assert said["confounders"].startswith("Missing confounders were imputed 4 times.")
        assert "bootstrap are not available" in said["confounders"]

    def test_each_row_of_the_grid_says_on_how_many_it_rests(self):
        grid = RESULT["sensitivity"]
        rows = grid[grid["converged"] & ~grid["analysis"].str.startswith(("e_value", "tipping_point", "missing_", "imputed", "jump", "copy", "delta"))]  # fmt: skip
        repeated = rows["analysis"].str.endswith(("_started", "_observed"))
        assert rows.loc[~repeated, "note"].str.contains("4 imputations of missing confounders").all()
        drawn = RESULT["imputations"]
        assert (
            drawn["note"].str.contains("3 imputations of scores in each of 4 imputations of missing confounders").all()
        )
        assert set(drawn["draws"]) == {12}
