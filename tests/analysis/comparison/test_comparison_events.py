"""Intercurrent events and their strategies, worked by hand, and the estimands that the data refuse."""

import numpy as np
import pandas as pd
import pytest
from two_arms import COMPARISON, generate_tables, make_comparison, make_study

from outcomes.analysis.comparison.population.estimand import check_estimand, tabulate_target_trial
from outcomes.analysis.comparison.population.events import apply_strategies, derive_event_days
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.contracts import CONTRACTS
from outcomes.errors import ModelError, SettingsError
from outcomes.settings.comparison import Comparison
from outcomes.settings.estimand import Estimand

TABLES = generate_tables()


def make_estimand(**events):
    return Estimand.model_validate(COMPARISON["estimand"] | {"events": events})


class TestStrategies:
    """One patient, event on day 10: scores on day 7 (change −3, no response) and day 28 (−12, response); day 56 was never answered."""

    SCORES = pd.DataFrame(
        {
            "person": 0,
            "axis": "day",
            "timepoint": ["day 7", "day 28", "day 56"],
            "time": [7.0, 28.0, 56.0],
            "score_day": [7.0, 27.0, np.nan],
            "reached": True,
            "change": [-3.0, -12.0, np.nan],
            "response": [0.0, 1.0, np.nan],
            "remission": [0.0, 1.0, np.nan],
        }
    )

    @pytest.mark.parametrize(
        ("strategy", "change", "response"),
        [
            ("treatment_policy", [-3, -12, None], [0, 1, None]),
            ("hypothetical", [-3, None, None], [0, None, None]),
            ("while_on_treatment", [-3, -3, -3], [0, 0, 0]),
            ({"change": "hypothetical", "binary": "composite"}, [-3, None, None], [0, 0, 0]),
        ],
    )
    def test_what_each_makes_of_later_scores(self, strategy, change, response):
        estimand = make_estimand(rescue=strategy)
        table = apply_strategies(self.SCORES, pd.DataFrame({"rescue": [10.0]}), estimand)
        assert table["change"].astype(object).where(table["change"].notna(), None).tolist() == change
        assert table["response"].astype(object).where(table["response"].notna(), None).tolist() == response

    def test_an_event_that_did_not_happen_changes_nothing(self):
        table = apply_strategies(self.SCORES, pd.DataFrame({"rescue": [np.inf]}), make_estimand(rescue="hypothetical"))
        pd.testing.assert_frame_equal(table[self.SCORES.columns], self.SCORES)
        assert table["binary_change"].equals(self.SCORES["change"])

    @pytest.mark.parametrize(
        ("change", "binary", "followed"),
        [
            ("hypothetical", "composite", [-3, None, None]),
            ("treatment_policy", "composite", [-3, -12, None]),
            ("treatment_policy", "hypothetical", [-3, None, None]),
            ("hypothetical", "treatment_policy", [-3, -12, None]),
            ("hypothetical", "while_on_treatment", [-3, -3, -3]),
        ],
    )
    def test_the_change_that_response_follows(self, change, binary, followed):
        estimand = make_estimand(rescue={"change": change, "binary": binary})
        table = apply_strategies(self.SCORES, pd.DataFrame({"rescue": [10.0]}), estimand)
        assert table["binary_change"].astype(object).where(table["binary_change"].notna(), None).tolist() == followed

    def test_a_session_not_reached_lies_after_the_stop(self):
        scores = self.SCORES.assign(
            axis="session", time=[1.0, 2.0, 3.0], reached=[True, True, False], score_day=[4.0, 8.0, np.nan]
        )
        estimand = make_estimand(stopping={"change": "hypothetical", "binary": "composite"})
        table = apply_strategies(scores, pd.DataFrame({"stopping": [15.0]}), estimand)
        assert table["response"].tolist() == [0, 1, 0]

    @pytest.mark.parametrize(("day", "response"), [(12.0, [1, 0]), (16.0, [1, None]), (200.0, [1, None])])
    @pytest.mark.parametrize("event", ["rescue", "switching", "reinduction"])
    def test_a_later_event_says_nothing_of_a_session_not_reached(self, event, day, response):
        # others had their score after session 2 on days 14, 15, and 40 (median 15): an event after that had not happened by then
        own = {"person": 0, "score_day": [4.0, np.nan], "reached": [True, False], "response": [1.0, np.nan]}
        rows = {
            "axis": "session",
            "timepoint": ["session 1", "session 2"],
            "time": [1.0, 2.0],
            "change": -3.0,
            "remission": 0.0,
        }
        others = [
            pd.DataFrame(rows | {"person": k, "score_day": [4.0, last], "reached": True, "response": 1.0})
            for k, last in enumerate((14.0, 15.0, 40.0), 1)
        ]
        scores = pd.concat([pd.DataFrame(rows | own), *others], ignore_index=True)
        estimand = make_estimand(**{event: {"change": "hypothetical", "binary": "composite"}})
        table = apply_strategies(scores, pd.DataFrame({event: [day, np.inf, np.inf, np.inf]}), estimand)
        first = table.loc[table["person"] == 0, "response"].astype(object)
        assert first.where(first.notna(), None).tolist() == response
        assert (table.loc[table["person"] > 0, "response"] == 1).all()

    @pytest.mark.parametrize(("same_day", "lost"), [("before", [False, False, True]), ("after", [False, True, True])])
    def test_a_score_of_the_day_of_a_maintenance_session_goes_by_the_study_file(self, same_day, lost):
        estimand = make_estimand(maintenance="hypothetical")
        table = apply_strategies(self.SCORES, pd.DataFrame({"maintenance": [27.0]}), estimand, same_day)
        assert table["change"].isna().tolist() == lost
        rescue = make_estimand(rescue="hypothetical")  # not a session: its own day is still before it
        table = apply_strategies(self.SCORES, pd.DataFrame({"rescue": [27.0]}), rescue, same_day)
        assert table["change"].isna().tolist() == [False, False, True]

    def test_hypothetical_comes_after_while_on_treatment(self):
        days = pd.DataFrame({"rescue": [10.0], "switching": [20.0]})
        estimand = make_estimand(rescue="while_on_treatment", switching="hypothetical")
        assert apply_strategies(self.SCORES, days, estimand)["change"].isna().tolist() == [False, True, True]


class TestDays:
    def test_days_of_the_built_in_events(self):
        series = pd.DataFrame({"patient": [1, 2, 3], "series": 1, "start_day": 100, "end_day": [104, 120, 120]})
        series = series.assign(
            reason=["too_few_sessions", None, None], switched=[False, True, False], next_start_day=[None, 125, 170]
        )
        sessions = pd.DataFrame({"patient": [3, 3], "series": 1, "phase": "maintenance", "series_day": [40, 70]})
        events = pd.DataFrame({"patient": [2, 2, 1], "study_day": [99, 109, 90], "event": ["ect", "ect", "ect"]})
        estimand = make_estimand(
            stopping="hypothetical", switching="hypothetical", reinduction="hypothetical", maintenance="hypothetical",
            ect="hypothetical",
        )  # fmt: skip
        tables = {"series": series, "series_sessions": sessions, "events": events}
        days = derive_event_days(tables, pd.Series([1, 2, 3]), estimand)
        never = np.inf
        assert days["stopping"].tolist() == [4 + 7, never, never]
        assert days["switching"].tolist() == [never, 25, never]
        assert days["reinduction"].tolist() == [never, never, 70]
        assert days["maintenance"].tolist() == [never, never, 40]
        assert days["ect"].tolist() == [never, 9, never]


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"timepoint": "day 29"}, "estimand.timepoint: no 'day 29' on axis day; there are: day 7, day 28"),
            ({"timepoint": "session 2"}, "no 'session 2' on axis day.*'session 2' is on axis session"),
            ({"events": {"switching": "treatment_policy"}}, "scores after the next series"),
            ({"axis": "session", "timepoint": "session 3", "events": {"stopping": "treatment_policy"}}, "never held"),
            ({"events": {"ect": "hypothetical"}}, "no row of the table of events"),
        ],
    )
    def test_what_the_data_cannot_support(self, changes, said):
        with pytest.raises(ModelError, match=said):
            check_estimand(TABLES, make_comparison(estimand=changes), make_study())

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            (
                {"early_signals": {"signals": ["session 1"], "target": "session 9"}},
                "early_signals.target: no 'session 9'",
            ),
            ({"early_signals": {"signals": ["week 1"], "target": "session 3"}}, "early_signals.signals.0: no 'week 1'"),
            ({"covariance": "unstructred"}, "comparison.covariance: 'unstructred' is not one of unstructured"),
            ({"fallback": ["ar1", "ar2"]}, "comparison.fallback: 'ar2' is not one of unstructured"),
        ],
    )
    def test_names_that_nothing_has(self, changes, said):
        with pytest.raises(ModelError, match=said):
            check_estimand(TABLES, make_comparison(**changes), make_study())

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            (
                {"estimand": COMPARISON["estimand"] | {"treated": "oral"}},
                "comparison.estimand.treated: no arm 'oral'; arms: ",
            ),
            ({"estimand": COMPARISON["estimand"] | {"instrument": "gad7"}}, "estimand.instrument: 'gad7' is not among"),
            ({"negative_control": {"instruments": ["gad77"]}}, "instruments.0: 'gad77' is not among 'instruments'"),
            ({"negative_control": {"instruments": ["phq9"]}}, "'phq9' is the outcome compared"),
            ({"site": "clinic"}, "site names 'clinic', which 'confounders' .* does not list"),
            ({"confounders": ["baseline", "payer", "payer"]}, "lists .'payer'. twice"),
        ],
    )
    def test_what_the_study_file_contradicts(self, changes, said):
        with pytest.raises(SettingsError, match=said):
            make_study(comparison=COMPARISON | changes)

    def test_labelled_visits_have_no_days(self):
        with pytest.raises(ModelError, match="no dated sessions"):
            check_estimand(TABLES, make_comparison(), make_study(series={"origin": "visits"}))

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"estimand": COMPARISON["estimand"] | {"events": {"stopping": "composite"}}}, "no score in points"),
            ({"estimand": COMPARISON["estimand"] | {"treated": "esketamine"}}, "same arm"),
            ({"left_out": ["age"]}, "does not list"),
            ({"confounders": ["payer"]}, "no confounder at all"),
            ({"truncation": 0.3}, "greater than 0.5"),
        ],
    )
    def test_settings_that_contradict_themselves(self, changes, said):
        with pytest.raises(ValueError, match=said):
            Comparison.model_validate(COMPARISON | changes)

    def test_a_confounder_that_no_table_has(self):
        with pytest.raises(ModelError, match="income not among"):
            select_compared(TABLES, make_comparison(confounders=["baseline", "income"], left_out=[]))

    def test_an_arm_without_patients(self):
        cohort = TABLES["cohort"].assign(included=TABLES["cohort"]["included"] & (TABLES["cohort"]["arm"] != "iv"))
        with pytest.raises(ModelError, match="no patient of arm 'iv'"):
            select_compared(TABLES | {"cohort": cohort}, make_comparison())


class TestPeople:
    def test_new_users_of_the_two_arms(self):
        compared = select_compared(TABLES, make_comparison())
        cohort = TABLES["cohort"]
        expected = cohort[cohort["included"] & cohort["arm"].isin(["iv", "esketamine"])]
        assert compared.people["patient"].tolist() == expected["patient"].tolist()
        assert compared.treated.sum() == (expected["arm"] == "iv").sum()
        assert compared.left_out["first series in another arm"] == (cohort["included"] & (cohort["arm"] == "im")).sum()

    def test_patients_without_a_confounder_are_left_out_and_counted(self):
        patients = TABLES["patients"].copy()
        patients.loc[:30, "failures"] = np.nan
        tables = TABLES | {"patients": patients}
        kept = select_compared(tables, make_comparison(missing="exclude"))
        everyone = select_compared(tables, make_comparison())
        assert kept.left_out["a confounder is missing"] == len(everyone.people) - len(kept.people) > 20

    def test_taking_patients_twice_takes_their_scores_twice(self):
        compared = select_compared(TABLES, make_comparison())
        twice = compared.take(np.array([4, 4, 2]))
        own = compared.at("day", "day 7", "change")
        np.testing.assert_array_equal(twice.at("day", "day 7", "change"), own[[4, 4, 2]])
        assert len(twice.scores) == 3 * (compared.scores["person"] == 4).sum()


def test_target_trial_names_strategies_and_confounders():
    comparison = make_comparison()
    table = tabulate_target_trial(select_compared(TABLES, comparison), comparison, make_study()).set_index("component")
    assert "payer" in table.loc["assignment", "emulation"]
    assert table.loc["event: switching", "specification"] == "hypothetical (change), composite (binary) strategy"
    randomised = make_study(report={"title": "Made up", "design": "randomised"})
    table = tabulate_target_trial(select_compared(TABLES, comparison), comparison, randomised).set_index("component")
    assert table.loc["assignment", "emulation"].startswith("at random")


def test_the_made_up_tables_meet_their_contracts():
    assert set(TABLES) <= set(CONTRACTS)
