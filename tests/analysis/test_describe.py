"""Flow, baseline, ideation, and the published figures, worked out by hand."""

from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from example_study import (
    ARMS,
    INSTRUMENTS,
    derive_cohort,
    derive_series,
    generate_endpoints,
    generate_ledger,
    generate_patients,
)
from scipy.stats import t as student

from outcomes.analysis.baseline import tabulate_baseline
from outcomes.analysis.describe import describe_cohort
from outcomes.analysis.flow import tabulate_flow
from outcomes.analysis.ideation import tabulate_ideation, tabulate_ideation_change
from outcomes.analysis.last_treatment import LAST_CHANGE, tabulate_last_change
from outcomes.analysis.published import SAME, read_published, tabulate_published
from outcomes.analysis.rates import tabulate_response
from outcomes.errors import LedgerError, SettingsError
from outcomes.instruments import select_instruments
from outcomes.protocols import read_protocols
from outcomes.settings.clinical import Arm, Timepoints

ENDPOINTS = generate_endpoints()
COHORT = derive_cohort(ENDPOINTS)
PATIENTS = generate_patients(ENDPOINTS, without_series=23)
LEDGER, BALANCE = generate_ledger()
SERIES = derive_series(COHORT)
PHQ9 = select_instruments(["phq9"])


def flow(**changes):
    tables = {"balance": BALANCE, "ledger": LEDGER, "series": SERIES, "cohort": COHORT} | changes
    return tabulate_flow(
        **tables, endpoints=ENDPOINTS, patients=PATIENTS, arms=ARMS, instrument="phq9", headline="session 6"
    )


def count(table, label, arm="all"):
    return int(table.loc[(table["label"] == label) & (table["arm"] == arm), "n"].item())


class TestFlow:
    def test_rows_add_up_to_the_export(self):
        rows = flow().query("unit == 'rows'")
        left_out = rows.loc[rows["reason"] != "", "n"].sum()
        assert left_out == 41 + 17 + 29
        assert count(rows, "Rows in the export") == left_out + count(rows, "Rows kept") == 9963

    def test_patients_and_series(self):
        table = flow()
        assert count(table, "Patients in the export") == 850 + 23
        assert count(table, "no series") == 23
        assert count(table, "Series") == 260 + 520 + 70
        assert count(table, "below entry threshold") == 850 // 17
        assert count(table, "Series analysed") == 850 - 50 == count(table, "Patients analysed")

    def test_arms_add_up_to_all(self):
        table = flow().query("unit == 'series'")
        for _, same in table.groupby(["label", "reason"]):
            assert same.loc[same["arm"] == "all", "n"].item() == same.loc[same["arm"] != "all", "n"].sum()

    def test_headline_and_last_time_points_end_the_flow(self):
        labels = dict.fromkeys(flow().query("label.str.startswith('Series with ')")["label"])
        assert list(labels) == [
            "Series with phq9 score, session 6",
            "Series with phq9 score, day 56",
            "Series with phq9 score, clean window",
        ]
        seen = ENDPOINTS.query(
            "instrument == 'phq9' and axis == 'session' and timepoint == 'session 6' and arm == 'im'"
        )
        seen = seen[seen["score"].notna() & (seen["patient"] % 17 != 0)]
        assert count(flow(), "Series with phq9 score, session 6", "im") == len(seen)

    def test_a_row_with_two_reasons_counts_once(self):
        second = LEDGER[LEDGER["reason"] == "no_date"].head(5).assign(reason="unknown_patient")
        table = flow(ledger=pd.concat([LEDGER, second], ignore_index=True))
        assert count(table, "quarantined: no_date") == 29
        assert "quarantined: unknown_patient" not in set(table["label"])

    def test_ledger_and_balance_must_agree(self):
        with pytest.raises(LedgerError, match="45 rows quarantined, the balance 46"):
            flow(ledger=LEDGER[~((LEDGER["reason"] == "no_date") & ~LEDGER.duplicated(["reason"]))])


class TestBaseline:
    table = tabulate_baseline(ENDPOINTS, COHORT, PATIENTS, ARMS, ["age", "payer"], PHQ9)

    def row(self, variable, level, arm):
        rows = self.table.query("variable == @variable and level == @level and arm == @arm")
        assert len(rows) == 1
        return rows.iloc[0]

    def test_numbers(self):
        own = PATIENTS[PATIENTS["patient"].isin(COHORT.query("included and arm == 'iv'")["patient"])]["age"]
        row = self.row("age", "", "iv")
        assert (row["n"], row["missing"]) == (own.notna().sum(), own.isna().sum())
        assert row["n"] + row["missing"] == self.row("patients", "", "iv")["n"]
        assert (row["mean"], row["sd"]) == (pytest.approx(np.nanmean(own)), pytest.approx(np.nanstd(own, ddof=1)))
        assert row[["q1", "median", "q3"]].tolist() == np.nanquantile(own, [0.25, 0.5, 0.75]).tolist()

    def test_levels_are_percent_of_the_arm(self):
        insured, self_pay = (self.row("payer", level, "im") for level in ("insured", "self-pay"))
        assert insured["n"] + self_pay["n"] == self.row("patients", "", "im")["n"]
        assert insured["percent"] == pytest.approx(100 * insured["n"] / (insured["n"] + self_pay["n"]))

    def test_bands_follow_the_instrument(self):
        bands = self.table[self.table["variable"] == "phq9_band"]
        assert list(dict.fromkeys(bands["level"])) == ["minimal", "mild", "moderate", "moderately severe", "severe"]
        first = COHORT.query("included and arm == 'iv'")["patient"]
        scores = ENDPOINTS.query("instrument == 'phq9' and axis == 'baseline'")
        severe = scores[scores["patient"].isin(first) & (scores["score"] >= 20)]
        assert self.row("phq9_band", "severe", "iv")["n"] == len(severe)

    def test_bands_and_missing_add_up(self):
        bands = self.table[self.table["variable"] == "phq9_band"]
        for arm, own in bands.groupby("arm"):
            assert own["n"].sum() + own["missing"].iloc[0] == self.row("patients", "", arm)["n"]

    def test_unknown_column_is_named(self):
        with pytest.raises(SettingsError, match="payor"):
            tabulate_baseline(ENDPOINTS, COHORT, PATIENTS, ARMS, ["payor"], PHQ9)


class TestIdeation:
    pairs = tabulate_ideation(ENDPOINTS, COHORT, ARMS)
    changes = tabulate_ideation_change(ENDPOINTS, COHORT, ARMS)

    def test_every_pair_of_answers_has_a_row(self):
        assert (self.pairs.groupby(["arm", "axis", "timepoint"]).size() == 16).all()

    def test_any_to_none_is_a_sum_of_pairs(self):
        here = self.pairs.query("arm == 'iv' and axis == 'day' and timepoint == 'day 14'")
        any_before = here[here["baseline_answer"] > 0]
        row = self.changes.query("arm == 'iv' and timepoint == 'day 14' and transition == 'any_to_none'").iloc[0]
        assert row["n"] == any_before["n"].sum()
        assert row["events"] == any_before.loc[any_before["answer"] == 0, "n"].sum() > 0
        assert row["proportion"] == row["events"] / row["n"]

    def test_only_instruments_with_the_item_appear(self):
        assert set(self.pairs["instrument"]) == {"phq9"}


def test_the_last_treatment_has_the_last_score_up_to_its_day():
    people = pd.DataFrame({"patient": [1, 2, 3, 4], "series": 1, "arm": "iv"})
    series = people.assign(start_day=0, end_day=[14, 14, 14, 0])
    endpoints = people.assign(axis="baseline", instrument="phq9", baseline=[20.0, 18.0, 16.0, 20.0])
    days = [(1, 0, 20), (1, 7, 15), (1, 14, 12), (1, 20, 3), (2, 10, 9), (3, 14, 16), (4, 5, 1)]  # 4: one session alone
    scores = pd.DataFrame(days, columns=["patient", "study_day", "total"]).assign(instrument="phq9")
    row = tabulate_last_change(endpoints, people.assign(included=True), series, scores, ["iv"]).iloc[0]
    change = np.array([-8.0, -9.0, 0.0])
    assert (row["n"], row["mean"]) == (3, change.mean())
    half = student.ppf(0.975, 2) * change.std(ddof=1) / np.sqrt(3)
    assert row["upper"] - row["mean"] == pytest.approx(half)


class TestPublished:
    response = tabulate_response(ENDPOINTS, COHORT, ARMS)
    arms = (Arm(id="esketamine", label="E", protocol="esketamine"), Arm(id="iv", label="I", protocol="iv"))

    protocols = MappingProxyType({name: read_protocols()[name] for name in ("iv", "esketamine")})

    complying = tabulate_response(ENDPOINTS, COHORT[COHORT["complies"].astype(bool)], ARMS)
    last = pd.DataFrame([["esketamine", "phq9", 40, -5.0, -6.0, -4.0]], columns=LAST_CHANGE)

    def tabulate(self, **changes):
        given = {"arms": self.arms, "protocols": self.protocols, "timepoints": Timepoints(clean_window=(14, 31))}
        return tabulate_published(self.response, self.complying, self.last, **given | changes)

    def test_a_mean_change_stands_beside_a_mean_change(self):
        row = self.tabulate().query("study == 'Brendle 2022' and instrument == 'phq9'").iloc[0]
        assert (row["comparison"], row["arm"], row["estimate"], row["own_change"]) == (SAME, "esketamine", -4.7, -5.0)
        assert (row["own_n"], pd.isna(row["own_estimate"])) == (40, True)

    def test_same_definition_stands_beside(self):
        table = self.tabulate()
        row = table.query("study == 'McInnes 2022' and endpoint == 'response'").iloc[0]
        own = self.complying.query(
            "arm == 'iv' and instrument == 'phq9' and axis == 'clean' and endpoint == 'response' and population == 'observed'"
        ).iloc[0]
        assert (row["comparison"], row["arm"], row["estimate"]) == (SAME, "iv", 53.6)
        assert (row["own_n"], row["own_events"]) == (own["n"], own["events"])
        assert row["own_estimate"] == pytest.approx(100 * own["proportion"])

    @pytest.mark.parametrize(
        ("study", "endpoint", "differs"),
        [
            ("ELEKT-D", "response", "instrument"),
            ("McInnes 2022", "ideation reduced", "endpoint"),
            ("McInnes 2022", "worsening", "window"),
            ("ESCAPE-TRD", "response", "denominator"),
        ],
    )
    def test_what_differs_is_named(self, study, endpoint, differs):
        table = self.tabulate()
        row = table[(table["study"] == study) & (table["endpoint"] == endpoint)].iloc[0]
        assert (row["comparison"], row["differs_in"]) == ("definition differs", differs)
        assert pd.isna(row["own_n"])

    def test_series_of_another_rule_do_not_compare(self):
        arms = (Arm(id="iv", label="I", protocol="oliver_2022"),)
        table = self.tabulate(arms=arms, protocols={"iv": read_protocols()["oliver_2022"]})
        row = table.query("study == 'McInnes 2022' and endpoint == 'response'").iloc[0]
        assert row["differs_in"] == "series"  # theirs: 4 to 8 infusions in 7 to 28 days

    def test_another_window_does_not_compare(self):
        table = self.tabulate(timepoints=Timepoints(clean_window=(7, 31)))
        row = table.query("study == 'McInnes 2022' and endpoint == 'response'").iloc[0]
        assert row["differs_in"] == "window"

    def test_every_figure_has_a_source_and_appears(self):
        figures = read_published()
        assert figures["doi"].notna().all()
        assert set(self.tabulate()["study"]) == set(figures["study"]) - {"Hull 2022", "IM cohort 2022"}

    def test_only_the_same_treatment_stands_beside(self):
        iv = self.tabulate(protocols={"iv": self.protocols["iv"]})
        assert set(iv["route"]) == {"iv", "mixed"}
        for name in ("rtms", "itbs", "snt", "ect", "psilocybin"):
            assert self.tabulate(protocols={"iv": read_protocols()[name]}).empty
        assert self.tabulate(protocols={"iv": None}).empty


def test_description_has_every_table(tmp_path):
    from outcomes.contracts import empty_table
    from outcomes.settings.study import check_study
    from outcomes.workflow import STEPS

    study = check_study(
        {
            "study": "made-up",
            "data": "nowhere",
            "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
            "instruments": list(INSTRUMENTS),
            "arms": [{"id": arm, "label": arm, "protocol": arm} for arm in ARMS],
            "report": {"title": "Made up", "baseline_columns": ["age"]},
        }
    )
    tables = {"patients": PATIENTS, "ledger": LEDGER, "balance": BALANCE, "series": SERIES}
    tables |= {name: empty_table(name) for name in ("scores", "health")}
    described = describe_cohort(tables | {"endpoints": ENDPOINTS, "cohort": COHORT}, study)
    assert {f"estimates/{name}" for name in described} == set(STEPS["rates"].writes)
    declared = {
        "criteria_met",
        "regression_to_mean",
        "two_baselines",
        "data_health",
        "reliable_change",
    }  # empty without their section, or with a sound export
    assert {name for name, table in described.items() if table.empty} == declared
