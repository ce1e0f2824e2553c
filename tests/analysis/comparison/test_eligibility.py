"""Rules of eligibility: who enters, what each rule costs, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from two_arms import generate_tables, make_comparison, make_study

from outcomes.analysis.comparison.population.eligibility import apply_rules, say_rule, tabulate_eligibility
from outcomes.analysis.comparison.population.estimand import tabulate_target_trial
from outcomes.analysis.comparison.population.people import select_compared
from outcomes.errors import ModelError, UnsupportedError
from outcomes.settings.estimand import Eligibility

TABLES = generate_tables()


def select(*rules, tables=TABLES):
    return select_compared(tables, make_comparison(estimand={"eligibility": rules}))


class TestRules:
    def test_by_hand(self):
        people = pd.DataFrame({"age": [17, 18, 64, 65, np.nan], "indication": ["mdd", "ptsd", None, "mdd", "ocd"]})
        rules = [
            Eligibility(column="age", minimum=18, maximum=64),
            Eligibility(column="indication", values=("mdd", "ocd"), missing="include"),
        ]
        found = dict(apply_rules(people, rules))
        assert found["age is missing"].tolist() == [True, True, True, True, False]
        assert found["not: age from 18 to 64"].tolist() == [False, True, True, False, True]
        assert found["not: indication mdd or ocd"].tolist() == [True, False, True, True, True]
        assert len(found) == 3

    def test_numbers_and_booleans_are_spelt_as_in_a_study_file(self):
        people = pd.DataFrame({"failures": [1.0, 2.0, 3.0], "therapy": pd.array([True, False, None], "boolean")})
        rules = [Eligibility(column="failures", values=("2", "3")), Eligibility(column="therapy", values=("true",))]
        found = dict(apply_rules(people, rules))
        assert found["not: failures 2 or 3"].tolist() == [False, True, True]
        assert found["not: therapy true"].tolist() == [True, False, True]

    def test_words(self):
        assert say_rule(Eligibility(column="failed_trials", minimum=2)) == "failed trials at least 2"
        assert say_rule(Eligibility(column="baseline", maximum=27)) == "baseline score at most 27"


class TestSelection:
    def test_the_rows_that_enter_follow_the_rules_and_every_loss_is_counted(self):
        everyone = select()
        compared = select({"column": "failures", "minimum": 2}, {"column": "payer", "values": ["insured", "self-pay"]})
        people = everyone.people.merge(
            TABLES["patients"][["patient", "failures", "payer"]], on="patient", suffixes=("", "_own")
        )
        expected = people[(people["failures"] >= 2) & (people["payer"] != "public")]
        assert compared.people["patient"].tolist() == expected["patient"].tolist()
        assert compared.left_out["not: failures at least 2"] == (people["failures"] < 2).sum()
        table = tabulate_eligibility(compared.steps, ("iv", "esketamine"))
        for arm, treated in (("iv", True), ("esketamine", False)):
            own = table[table["arm"] == arm]
            assert own["n"].iloc[0] == own["n"].iloc[1:].sum()
            assert own["n"].iloc[-1] == (compared.treated == treated).sum()

    def test_missing_values_are_left_out_or_enter(self):
        patients = TABLES["patients"].copy()
        patients.loc[:40, "failures"] = np.nan
        tables = TABLES | {"patients": patients}
        rule = {"column": "failures", "maximum": 100}
        out = select(rule, tables=tables)
        assert out.left_out["failures is missing"] > 20
        kept = select(rule | {"missing": "include"}, tables=tables)
        assert len(kept.people) - len(out.people) == out.left_out["failures is missing"]

    def test_the_baseline_is_that_of_the_instrument(self):
        compared = select({"column": "baseline", "minimum": 15})
        assert compared.people["baseline"].min() == 15

    def test_the_target_trial_prints_the_rules(self):
        comparison = make_comparison(
            estimand={"eligibility": [{"column": "failures", "minimum": 2}], "summary": {"binary": "risk_ratio"}}
        )
        table = tabulate_target_trial(select_compared(TABLES, comparison), comparison, make_study())
        rows = table.set_index("component")
        assert rows.loc["eligibility: failures", "specification"] == "failures at least 2"
        assert "ratio of risks, IV ketamine to Esketamine" in rows.loc["contrast", "specification"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("rule", "said"),
        [
            (
                {"column": "income", "minimum": 1},
                r"estimand\.eligibility: income not among .*payer, failures.* and not `baseline`",
            ),
            ({"column": "payer", "minimum": 1}, r"eligibility\.0 \(payer\): the column holds words"),
            ({"column": "payer", "values": ["Insured"]}, r"no patient has any of Insured.*letter by letter"),
            ({"column": "failures", "minimum": 80}, r"no patient of arm 'iv'.*not: failures at least 80"),
            ({"column": "failures", "minimum": 5}, r"fewer than 10 patients, too few to compare"),
        ],
    )
    def test_what_the_data_cannot_support(self, rule, said):
        with pytest.raises(ModelError, match=said):
            select(rule)

    @pytest.mark.parametrize(
        ("column", "value", "words"),
        [
            ("payer", None, ": most are left out because payer is missing"),
            ("failures", 1, ": most are left out by a rule of eligibility"),
            ("arm", None, ""),
        ],
    )
    def test_the_report_says_what_left_out_most(self, column, value, words):
        tables = TABLES | {"patients": TABLES["patients"].copy()}
        if column == "arm":  # too few from the start
            first = tables["cohort"]["arm"] == "iv"
            tables["cohort"] = tables["cohort"][~first | (first.cumsum() < 9)]
        else:
            tables["patients"][column] = value
        with pytest.raises(UnsupportedError) as raised:
            select(
                {"column": "payer", "values": ["insured", "self-pay", "public"]},
                {"column": "failures", "minimum": 2},
                tables=tables,
            )
        assert raised.value.reason == "an arm has fewer patients than a comparison needs" + words

    @pytest.mark.parametrize(
        ("rule", "said"),
        [
            ({"column": "age"}, "give either"),
            ({"column": "age", "minimum": 1, "values": ["2"]}, "give either"),
            ({"column": "age", "minimum": 5, "maximum": 4}, "no one could enter"),
        ],
    )
    def test_rules_that_say_nothing(self, rule, said):
        with pytest.raises(ValueError, match=said):
            Eligibility.model_validate(rule)
