"""The gate for the comparison of two arms: small counts, and what they follow from, stay."""

import numpy as np
import pandas as pd
import pytest

from outcomes.release.disclosure.gate import withhold
from outcomes.settings.analysis import Privacy

K = 11
PLACE = {"axis": "day", "timepoint": "day 28"}
WEIGHTS = pd.DataFrame(
    {
        "weights": "none", "arm": ["iv", "esketamine"], "n": [120, 300], "effective_n": [120.0, 300.0], "mean": 1.0, "sd": 0.0,
        "p5": 1.0, "median": 1.0, "p95": 1.0, "truncated": 3, "without_weight": 0,
    }
)  # fmt: skip


def make_effects(observed=100, n=120):
    numbers = dict.fromkeys(
        ["treated_mean", "reference_mean", "estimate", "std_error", "df", "lower", "upper", "p_value"], -1.0
    )
    return pd.DataFrame(
        [PLACE | numbers | {"variance": "cr2", "n_treated": n, "n_reference": 300, "observed_treated": observed, "observed_reference": 250,
         "effective_n": 300.4, "covariance": "unstructured", "converged": True, "note": ""}]
    )  # fmt: skip


def make_risks(events=40):
    numbers = dict.fromkeys(
        ["risk_treated", "risk_reference", "difference", "difference_lower", "difference_upper", "ratio", "ratio_lower",
         "ratio_upper", "nnt"], 0.4,
    )  # fmt: skip
    rows = [("started", 120, 300), ("observed", 100, 250)]
    return pd.DataFrame(
        [PLACE | numbers | {"endpoint": "response", "population": population, "method": "weighted", "n_treated": n, "n_reference": m,
         "effective_n": 300.4, "events_treated": events, "events_reference": 90,
         "outcome_model": "maximum_likelihood", "converged": True} for population, n, m in rows]
    )  # fmt: skip


def make_sensitivity(n=400):
    row = PLACE | {
        "scale": "points",
        "estimate": -1.0,
        "lower": -2.0,
        "upper": 0.0,
        "effective_n": 300.4,
        "note": "one",
    }
    rows = [
        row | {"endpoint": "change", "analysis": "unadjusted", "n": n, "converged": True},
        row | {"endpoint": "response", "analysis": "weighted_started", "n": 400, "converged": True},
        row | {"endpoint": "change", "analysis": "complete_cases", "n": 400, "converged": False},
    ]
    return pd.DataFrame(rows)


TIPPING = pd.DataFrame(
    [PLACE | {"delta_treated": 1.0, "delta_reference": 0.0, "estimate": -1.0, "lower": -2.0, "upper": 0.0}]
)
STATEMENT = pd.DataFrame({"subject": ["result"], "text": ["a difference of -1"]})


def release(**tables):
    given = {"weights": WEIGHTS, "effects": make_effects(), "risks": make_risks(), "tipping": TIPPING, "sensitivity": make_sensitivity(), "comparison_statement": STATEMENT}  # fmt: skip
    return withhold(given | tables, Privacy(minimum_cell=K))


class TestEffects:
    def test_enough_is_released(self):
        released = release()
        assert not released["effects"]["withheld"].any()
        assert not released["tipping"]["withheld"].any()
        assert released["comparison_statement"]["text"].notna().all()

    def test_a_time_point_of_few_takes_everything_that_tells_it_along(self):
        released = release(effects=make_effects(observed=5))
        assert released["effects"]["estimate"].isna().all()
        assert released["tipping"]["estimate"].isna().all()
        assert released["comparison_statement"]["text"].isna().all()
        sensitivity = released["sensitivity"].set_index("analysis")
        assert np.isnan(sensitivity.loc["unadjusted", "estimate"])
        assert sensitivity.loc["weighted_started", "estimate"] == -1

    @pytest.mark.parametrize(("observed", "n"), [(115, 120), (100, 118)])
    def test_few_missing_cannot_be_subtracted(self, observed, n):
        row = release(effects=make_effects(observed, n))["effects"].iloc[0]
        assert pd.isna(row["n_treated"]) == (
            n != 120
        )  # all 120 compared have a score: the table of weights shows them too
        assert pd.isna(row["observed_treated"])
        assert row["n_reference"] == 300
        assert row["estimate"] == -1


class TestRisks:
    @pytest.mark.parametrize("events", [4, 95, 115])
    def test_few_events_or_all_but_few_are_withheld_in_both_populations(self, events):
        released = release(risks=make_risks(events))
        assert released["risks"]["events_treated"].isna().all()
        assert released["risks"]["difference"].isna().all()
        assert released["risks"]["outcome_model"].isna().all(), "maximum likelihood says that every level has an event"
        sensitivity = released["sensitivity"].set_index("analysis")
        assert np.isnan(sensitivity.loc["weighted_started", "estimate"])
        assert sensitivity.loc["unadjusted", "estimate"] == -1

    def test_enough_is_released(self):
        assert not release()["risks"]["withheld"].any()


class TestImputedRisks:
    """Imputed risks go where the weighted risks go, by few events or because a count beside them is withheld."""

    @staticmethod
    def make():
        rows = [
            PLACE | {"endpoint": endpoint, "scale": scale, "analysis": "imputed_mar", "draws": 100, "n": 420}
            for endpoint, scale in (("change", "points"), ("response", "risk difference"), ("response", "risk ratio"))
        ]
        numbers = ("estimate", "std_error", "df", "lower", "upper", "p_value", "within", "between", "missing_information", "monte_carlo_error")  # fmt: skip
        return pd.DataFrame(rows).assign(**dict.fromkeys(numbers, 0.4), effective_n=300.4, converged=True, note="")

    @staticmethod
    def grid():
        row = PLACE | {
            "scale": "risk difference",
            "estimate": 0.4,
            "lower": 0.3,
            "upper": 0.5,
            "n": 420,
            "effective_n": 300.4,
        }
        names = ("imputed_mar", "gee_weighted")
        return pd.DataFrame(
            [row | {"endpoint": "response", "analysis": name, "converged": True, "note": ""} for name in names]
        )

    def test_enough_is_released(self):
        released = release(imputations=self.make(), sensitivity=self.grid())
        assert not released["imputations"]["withheld"].any()
        assert released["sensitivity"]["estimate"].notna().all()

    def test_few_events(self):
        table = release(imputations=self.make().assign(converged=[True, True, False]), risks=make_risks(4))[
            "imputations"
        ]
        assert table["estimate"].isna().tolist() == [False, True, True]
        assert table["missing_information"].isna().tolist() == [False, True, True]
        assert table["converged"].all()

    def test_without_weights_a_withheld_count_takes_its_risk_along(self):
        weighted = make_risks()
        weighted.loc[1, "n_treated"] = 118  # two of 120 are missing
        risks = pd.concat([weighted.assign(method="unadjusted"), weighted], ignore_index=True)
        released = release(imputations=self.make(), risks=risks, sensitivity=self.grid())
        assert released["risks"]["difference"].isna().any()
        assert released["imputations"]["estimate"].isna().tolist() == [False, True, True]
        assert released["sensitivity"].set_index("analysis")["estimate"].isna().to_dict() == {
            "imputed_mar": True,
            "gee_weighted": False,
        }


class TestSensitivity:
    def test_numbers_close_to_everyone_are_withheld(self):
        rows = release(sensitivity=make_sensitivity(n=415))["sensitivity"].set_index("analysis")
        assert pd.isna(rows.loc["unadjusted", "n"])
        assert rows.loc["unadjusted", "estimate"] == -1

    def test_numbers_close_to_another_row_s_are_withheld(self):
        table = pd.concat([make_sensitivity(n=380), make_sensitivity(n=374).assign(analysis="windows_wider").head(1)])
        rows = release(sensitivity=table.reset_index(drop=True))["sensitivity"].set_index("analysis")
        assert rows.loc["unadjusted", "n"] == 380
        assert pd.isna(rows.loc["windows_wider", "n"])
        assert rows.loc["windows_wider", "estimate"] == -1

    def test_an_unweighted_effective_number_goes_with_the_number(self):
        rows = release(sensitivity=make_sensitivity(n=415).assign(effective_n=415.0))["sensitivity"].set_index(
            "analysis"
        )
        assert pd.isna(rows.loc["unadjusted", "effective_n"])

    def test_an_analysis_of_few_is_withheld(self):
        rows = release(sensitivity=make_sensitivity(n=8))["sensitivity"].set_index("analysis")
        assert rows.loc["unadjusted", ["n", "estimate", "lower", "upper", "effective_n"]].isna().all()

    def test_the_reason_of_a_failure_may_name_a_count(self):
        rows = release()["sensitivity"].set_index("analysis")
        assert pd.isna(rows.loc["complete_cases", "note"])
        assert rows.loc["unadjusted", "note"] == "one"


def test_weights_of_few():
    small = WEIGHTS.assign(n=[9, 300])
    released = release(weights=small)["weights"].set_index("arm")
    assert released.loc["iv", ["n", "effective_n", "mean", "median", "p95"]].isna().all()
    assert released.loc["esketamine", "n"] == 300
    assert released["truncated"].isna().all()
    assert pd.isna(release()["weights"].set_index("arm").loc["iv", "p95"])  # 5 % of 120 are six patients
    assert release()["weights"].set_index("arm").loc["esketamine", "p95"] == 1


def test_a_small_level_hides_the_shares_of_its_variable():
    rows = [
        ("payer", "a", 60, 200),
        ("payer", "b", 55, 92),
        ("payer", "c", 5, 8),
        ("sex", "f", 60, 150),
        ("sex", "m", 60, 150),
        ("age", "", 120, 300),
    ]
    table = pd.DataFrame(rows, columns=["variable", "level", "n_treated", "n_reference"]).assign(weights="overlap")
    columns = ["treated_before", "reference_before", "smd_before", "treated_after", "reference_after", "smd_after"]
    table = table.assign(**dict.fromkeys(columns, 0.5))
    released = release(covariate_balance=table)["covariate_balance"].set_index(["variable", "level"])
    assert released.loc["payer", ["n_treated", "treated_before", "reference_after"]].isna().all(axis=None)
    assert released["smd_after"].isna().tolist() == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]  # the baseline table may show one arm
    assert released.loc[["sex", "age"]].notna().all(axis=None)


def test_a_stratum_of_few_and_bins_of_few():
    positivity = pd.DataFrame(
        {"variable": ["site", "site"], "level": ["a", "b"], "n_treated": [0, 0], "n_reference": [4, 40], "lacks": "iv"}
    )
    released = release(positivity=positivity)["positivity"]
    assert released["n_reference"].tolist() == [pd.NA, 40] or released["n_reference"].isna().tolist() == [True, False]
    bins = pd.DataFrame(
        {"arm": "iv", "bin_lower": [0.0, 0.5], "bin_upper": [0.5, 1.0], "n": [4, 40], "cumulative": [4 / 44, 1.0]}
    )
    assert release(score_overlap=bins)["score_overlap"]["n"].tolist() == [44]


class TestEarlySignals:
    @staticmethod
    def make(true_positives):
        """Return the fourfold table of both arms (the reference's is large) and of all; the target is known in everyone."""
        rows = []
        for arm, (tp, fp, fn, tn) in {
            "iv": (true_positives, 20, 30, 40), "esketamine": (50, 60, 70, 80), "all": (true_positives + 50, 80, 100, 120),
        }.items():  # fmt: skip
            measures = {
                "sensitivity": (tp, tp + fn),
                "specificity": (tn, tn + fp),
                "ppv": (tp, tp + fp),
                "npv": (tn, tn + fn),
            }
            rows += [
                (arm, population, measure, *counts)
                for population in ("started", "observed")
                for measure, counts in measures.items()
            ]
        table = pd.DataFrame(rows, columns=["arm", "population", "measure", "events", "n"])
        return table.assign(
            axis="session",
            target_axis="session",
            signal="session 1",
            target="session 6",
            proportion=0.5,
            lower=0.4,
            upper=0.6,
        )

    def test_a_small_cell_hides_both_arms_and_leaves_all(self):
        released = release(early_signals=self.make(true_positives=6))["early_signals"]
        assert released.groupby("arm")["n"].count().to_dict() == {"all": 8, "esketamine": 0, "iv": 0}

    def test_enough_is_released(self):
        assert not release(early_signals=self.make(true_positives=25))["early_signals"]["withheld"].any()
