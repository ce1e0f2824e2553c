"""The gate: nothing small leaves, and nothing small can be worked out from what leaves."""

import itertools

import numpy as np
import pandas as pd
import pytest
from example_tables import make_tables
from released_cases import make_models

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.release.disclosure.failures import FAILED, FIXED, word_failures
from outcomes.release.disclosure.gate import RULES, withhold
from outcomes.release.disclosure.rules.bins import merge_bins
from outcomes.settings.analysis import Privacy

K = 11
SIZES = [
    {"esketamine": 260, "iv": 520, "im": 70},
    {"esketamine": 60, "iv": 45, "im": 14},
    {"iv": 30},
    {"iv": 9, "im": 80},
]
CASES = [(sizes, seed) for sizes in SIZES for seed in (7,)]
PLACE = ["arm", "instrument", "axis", "timepoint"]
COUNTS = {
    "flow": ["n"],
    "baseline": ["n", "missing"],
    "scores": ["n"],
    "response": ["n", "events"],
    "change_distribution": ["n"],
    "missingness": ["started", "reached", "observed"],
    "ideation": ["n"],
    "ideation_change": ["n", "events"],
    "recall": ["n", "overlapping"],
    "ledger": ["rows"],
    "balance": ["raw", "kept", "merged", "quarantined", "corrected", "flagged"],
}


@pytest.fixture(params=CASES, ids=lambda case: f"{'-'.join(map(str, case[0].values()))}/{case[1]}", scope="module")
def case(request):
    tables = make_tables(*request.param)
    return tables, withhold(tables, Privacy(minimum_cell=K))


def small(value):
    return not pd.isna(value) and 0 < value < K


def solve(sums):
    """Fill in every count that is the only unknown of a sum, again and again; sums are (total, parts) of names.

    Names map to counts in the returned dict; this attacker shares no code with the gate.
    """

    def fill(known):
        known = dict(known)
        progress = True
        while progress:
            progress = False
            for total, parts in sums:
                unknown = [name for name in {total, *parts} if name not in known]
                if len(unknown) == 1:
                    if unknown[0] == total:
                        known[total] = sum(known[part] for part in parts)
                    else:
                        known[unknown[0]] = known[total] - sum(known[part] for part in parts if part in known)
                    progress = True
        return known

    return fill


def assert_nothing_recovered(before, after, sums):
    """Check that solving the released counts gives no count that was withheld."""
    sums = [(total, parts) for total, parts in sums if total in before and all(part in before for part in parts)]
    sums = [(total, parts) for total, parts in sums if before[total] == sum(before[part] for part in parts)]
    released = {name: value for name, value in after.items() if not pd.isna(value)}
    recovered = set(solve(sums)(released)) - set(released)
    assert {name for name in recovered if small(before[name])} == set()


def test_no_small_count_is_shown(case):
    _, released = case
    for name, columns in COUNTS.items():
        for column in columns:
            shown = released[name][column].dropna()
            assert not shown.map(small).any(), (name, column)


def test_withheld_rows_say_so_and_only_they_lose_numbers(case):
    tables, released = case
    for name, table in released.items():
        assert table["withheld"].dtype == bool
        if name != "change_distribution":
            changed = tables[name].notna() & table[tables[name].columns].isna()
            assert (changed.any(axis=1) <= table["withheld"]).all(), name


def test_counts_and_what_follows_from_them_go_together(case):
    _, released = case
    scores = released["scores"]
    told = scores[scores["n"].isna() & scores["mean"].notna()]  # enough scores, but few without one
    assert (told[["median", "q1", "q3"]] % 1 == 0).all(axis=None)
    assert (told["mean"] * 10 % 1).round(6).isin([0, 1]).all()
    response = released["response"]
    no_one = (response["n"] == 0).fillna(False)
    assert (response[["n", "events"]].isna().any(axis=1) | no_one == response["proportion"].isna()).all()
    assert response.loc[response["events"].isna(), ["lower", "upper"]].isna().all(axis=None)
    baseline = released["baseline"]
    assert baseline.loc[baseline["n"].isna(), "percent"].isna().all()


def test_flow_cannot_be_added_up(case):
    tables, released = case
    flow = tables["flow"]
    key = [tuple(row) for row in flow[["unit", "arm", "label"]].itertuples(index=False)]
    before, after = (dict(zip(key, table["n"], strict=True)) for table in (flow, released["flow"]))
    arms = [arm for arm in flow["arm"].unique() if arm != "all"]
    sums = []
    for unit, arm, label in key:
        if arm == "all":
            sums.append(((unit, "all", label), [(unit, other, label) for other in arms]))
    for arm in ("all", *arms):
        reasons = [name for name in key if name[:2] == ("series", arm) and not name[2].startswith("Series")]
        sums.append((("series", arm, "Series"), [*reasons, ("series", arm, "Series analysed")]))
    reasons = [name for name in key if name[0] == "rows" and not name[2].startswith("Rows")]
    sums.append((("rows", "all", "Rows in the export"), [*reasons, ("rows", "all", "Rows kept")]))
    people = [("patients", "all", f"Patients {word}") for word in ("in the export", "with a series", "analysed")]
    sums.append((people[0], [("patients", "all", "no series"), people[1]]))
    sums += [(people[1], [("series", "all", "Series")]), (people[2], [("series", "all", "Series analysed")])]
    sums += [(parts[0], [total]) for total, parts in sums[-2:]]
    for label in {name[2] for name in key if name[2].startswith("Series with")}:
        for arm in ("all", *arms):
            lost = ("series", arm, f"without {label}")
            before[lost] = before["series", arm, "Series analysed"] - before["series", arm, label]
            after[lost] = np.nan
            sums.append((("series", arm, "Series analysed"), [("series", arm, label), lost]))
    assert_nothing_recovered(before, after, sums)


def test_baseline_cannot_be_added_up(case):
    tables, released = case
    arms = [arm for arm in tables["baseline"]["arm"].unique() if arm != "all"]

    def counts(table):
        found = {}
        for row in table.itertuples():
            found[row.variable, row.level, row.arm] = row.n
            if row.variable != "patients":
                own = table[(table["variable"] == row.variable) & (table["arm"] == row.arm)]["missing"].dropna()
                found[row.variable, "?", row.arm] = own.iloc[0] if len(own) else np.nan
        return found

    before, after = counts(tables["baseline"]), counts(released["baseline"])
    sums = []
    for variable, level in dict.fromkeys(name[:2] for name in before):
        sums.append(((variable, level, "all"), [(variable, level, arm) for arm in arms]))
    for variable, arm in dict.fromkeys((name[0], name[2]) for name in before):
        if variable != "patients":
            parts = [name for name in before if (name[0], name[2]) == (variable, arm)]
            sums.append((("patients", "", arm), parts))
            sums.append(((f"{variable}_band", "?", arm), [(variable, "?", arm)]))
            sums.append(((variable, "?", arm), [(f"{variable}_band", "?", arm)]))
    assert_nothing_recovered(before, after, sums)


def test_baseline_means_of_few_do_not_follow_from_all(case):
    tables, released = case
    before, after = tables["baseline"], released["baseline"]
    few = before["n"].map(small) & before["mean"].notna()
    assert after.loc[few, ["mean", "sd", "median", "q1", "q3"]].isna().all(axis=None)
    for variable in before.loc[few, "variable"].unique():
        everyone = after[(after["variable"] == variable) & (after["arm"] == "all")]
        assert everyone["mean"].isna().all()


def test_response_events_do_not_follow_from_the_other_population(case):
    tables, released = case
    before, after = tables["response"], released["response"]
    keys = [*PLACE, "endpoint"]
    others = before["n"] - before["events"]
    sensitive = before.loc[before["events"].map(small) | others.map(small), keys].drop_duplicates()
    shown = after.merge(sensitive, on=keys)
    assert len(shown) == 2 * len(sensitive)
    assert shown[["events", "proportion", "lower", "upper"]].isna().all(axis=None)


def test_differences_do_not_give_a_withheld_rate(case):
    _, released = case
    assert released["differences"].empty == (len(set(released["response"]["arm"])) == 1)
    response = released["response"].set_index([*PLACE, "endpoint", "population"])["proportion"]
    for row in released["differences"].itertuples():
        place = (row.instrument, row.axis, row.timepoint, row.endpoint, row.population)
        rates = [response[(arm, *place)] for arm in row.contrast.split(" - ")]
        assert pd.isna(row.difference) == any(pd.isna(rate) for rate in rates)


def test_missingness_cannot_be_subtracted(case):
    tables, released = case
    for before, after in zip(tables["missingness"].itertuples(), released["missingness"].itertuples(), strict=True):
        steps = [(before.started, before.reached, after.started, after.reached)]
        steps += [(before.reached, before.observed, after.reached, after.observed)]
        steps += [(before.started, before.observed, after.started, after.observed)]
        for high, low, shown_high, shown_low in steps:
            if small(high - low):
                assert pd.isna(shown_high) or pd.isna(shown_low)
        if small(before.started - before.observed):
            assert pd.isna(after.missing_proportion)


def test_ideation_pairs_do_not_follow_from_the_summary(case):
    tables, released = case
    for place, pairs in tables["ideation"].groupby(PLACE, sort=False):
        after_pairs = released["ideation"].loc[pairs.index]
        before = dict(zip(zip(pairs["baseline_answer"], pairs["answer"], strict=True), pairs["n"], strict=True))
        after = dict(zip(before, after_pairs["n"], strict=True))
        sums = []
        changes = tables["ideation_change"]
        here = changes[(changes[PLACE] == list(place)).all(axis=1)]
        cells = list(before)
        for index, row in here.iterrows():
            own = [pair for pair in cells if (pair[0] > 0) == (row["transition"] == "any_to_none")]
            events = [pair for pair in own if (pair[1] > 0) != (pair[0] > 0)]
            shown = released["ideation_change"].loc[index]
            for part, pairs_of in (("n", own), ("events", events)):
                before[row["transition"], part], after[row["transition"], part] = row[part], shown[part]
                sums.append(((row["transition"], part), pairs_of))
        assert_nothing_recovered(before, after, sums)


def test_bins_hold_enough_and_keep_the_total(case):
    tables, released = case
    before, after = tables["change_distribution"], released["change_distribution"]
    totals = before.groupby(PLACE)["n"].sum()
    for place, bins in after.groupby(PLACE):
        if totals[place] < K:
            assert bins["n"].isna().all()
        elif bins["n"].isna().any():  # all of it, where its total would give another number away
            assert bins["n"].isna().all()
            assert (bins["cumulative"].dropna() * 100 % 1).round(6).isin([0, 1]).all()
        else:
            assert (bins["n"] >= K).all()
            assert bins["n"].sum() == totals[place]
            assert (bins["bin_lower"].iloc[1:].to_numpy() == bins["bin_upper"].iloc[:-1].to_numpy()).all()
            assert bins["cumulative"].to_numpy() == pytest.approx((bins["n"].cumsum() / totals[place]).to_numpy(float))


def test_ledger_and_balance_cannot_be_added_up():
    tables = make_tables()
    ledger, balance = tables["ledger"], tables["balance"]
    ledger = ledger.assign(rows=ledger["rows"].mask(ledger["reason"] == "impossible_total", 4))
    balance = balance.assign(raw=balance["raw"] - 13, quarantined=33)
    flow = tables["flow"]
    n = flow["n"].mask(flow["label"] == "quarantined: impossible_total", 4)
    n = n.mask(flow["label"] == "Rows in the export", balance["raw"].iloc[0])
    released = withhold(tables | {"ledger": ledger, "balance": balance, "flow": flow.assign(n=n)}, Privacy())
    quarantined = released["ledger"].query("state == 'quarantined'")["rows"]
    assert quarantined.isna().all()  # 4 and its complement; their sum, 33, may be known
    boxes = released["flow"].set_index("label")["n"]
    assert pd.isna(boxes["quarantined: impossible_total"])
    assert pd.isna(boxes["quarantined: no_date"])
    assert boxes["Rows kept"] == 9876


def test_minimum_cell_of_one_withholds_nothing():
    tables = make_tables(SIZES[1], 7)
    released = withhold(tables, Privacy(minimum_cell=1, public=True))
    for name, table in tables.items():
        pd.testing.assert_frame_equal(released[name].drop(columns="withheld"), table)
        assert not released[name]["withheld"].any()


def test_a_table_without_a_rule_does_not_leave():
    with pytest.raises(ValueError, match="no disclosure rule for patients"):
        withhold({"patients": pd.DataFrame({"n": [3]})}, Privacy())


def test_every_released_table_has_a_rule():
    assert set(RELEASED) == set(RULES)


def test_input_is_not_changed():
    tables = make_tables(SIZES[1], 7)
    copies = {name: table.copy() for name, table in tables.items()}
    withhold(tables, Privacy())
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, copies[name])


def test_a_model_of_few_patients_says_nothing():
    models = pd.DataFrame(
        {"model": ["few", "many"], "n_subjects": [9, 90], "n_observations": [30, 300], "dropped_rows": [0, 4]}
    ).assign(
        loglik=-1.5, bic=9.0, converged=True, instrument="phq9", axis="day", df="kenward_roger", dropped_subjects=0
    )
    margins = pd.DataFrame({"model": ["few", "many"], "arm": "iv", "estimate": [1.0, 2.0]})
    released = withhold({"models": models, "margins": margins}, Privacy())
    assert released["models"]["n_observations"].tolist()[1:] == [300]
    assert released["models"].loc[0, ["n_subjects", "n_observations", "loglik"]].isna().all()
    assert pd.isna(released["models"].loc[1, "dropped_rows"])
    assert released["margins"]["estimate"].isna().tolist() == [True, False]
    assert released["models"]["converged"].all()


def test_a_model_does_not_say_what_few_scores_are():
    scores = pd.DataFrame(
        {"arm": ["iv", "iv", "im", "im"], "instrument": "phq9", "axis": "day", "timepoint": ["day 7", "day 28"] * 2}
    ).assign(n=[80, 70, 20, 5], mean=9.0, sd=2.0, median=9.0, q1=8.0, q3=10.0, lower=8.0, upper=10.0)
    models = pd.DataFrame({"model": ["one"], "instrument": "phq9", "axis": "day", "n_subjects": 100, "dropped_rows": 0})
    margins = scores[["arm", "timepoint"]].assign(model="one", estimate=-4.0)
    differences = pd.DataFrame(
        {"model": "one", "contrast": "im - iv", "timepoint": ["day 7", "day 28"], "estimate": 1.0}
    )
    terms = ["Intercept", "arm[im]", "timepoint[day 28]", "arm[im]:timepoint[day 28]"]
    coefficients = pd.DataFrame({"model": "one", "term": terms, "estimate": 1.0})
    tables = {"models": models, "margins": margins, "model_differences": differences, "coefficients": coefficients}
    released = withhold(tables | {"scores": scores}, Privacy())
    assert released["margins"]["estimate"].isna().tolist() == [False, False, False, True]
    assert released["model_differences"]["estimate"].isna().tolist() == [False, True]
    assert released["coefficients"]["estimate"].isna().tolist() == [False, False, True, True]
    assert not released["models"]["withheld"].any()


@pytest.mark.parametrize("sizes", [{"iv": 120, "esketamine": 90, "im": 9}, {"iv": 30, "esketamine": 25, "im": 5}])
def test_a_small_arm_does_not_follow_from_two_tables(sizes):
    released = withhold(make_tables(sizes), Privacy(minimum_cell=K))
    flow = released["flow"].query("label == 'Series analysed'").set_index("arm")["n"]
    baseline = released["baseline"].query("variable == 'patients'").set_index("arm")["n"]
    started = released["missingness"].groupby("arm")["started"].max()
    people = released["flow"].query("label == 'Patients analysed'")["n"].tolist()
    for counts in (flow, baseline, started):
        assert pd.isna(counts["im"])
        assert counts[["iv", "esketamine"]].notna().all()  # so that no table may show the sum
    assert pd.isna([flow["all"], baseline["all"], *people]).all()
    scores = released["scores"].query("axis == 'baseline'").set_index(["instrument", "arm"])["n"]
    known = released["baseline"].query("level == '' and variable in ['phq9', 'gad7', 'phq8']")
    known = known.set_index(["variable", "arm"])["n"]
    for instrument in ("phq9", "gad7", "phq8"):
        assert pd.isna(scores[instrument, "all"])
        assert pd.isna(known[instrument, "all"])


@pytest.mark.parametrize("counts", itertools.product([0, 3, 20], repeat=4))
def test_merged_bins_close_as_soon_as_they_can(counts):
    table = pd.DataFrame({"arm": "iv", "bin_lower": range(4), "bin_upper": range(1, 5), "n": counts})
    table["cumulative"] = np.cumsum(counts) / max(sum(counts), 1)
    merged = merge_bins(table, ["arm"], K)
    assert merged["n"].sum() == sum(counts)
    assert len(merged) == 1 or (merged["n"] >= K).all()
    assert len(merged) == max(sum(count == 20 for count in counts), 1)


ENGINE = [
    "the design is rank deficient: column 'arm[iv]:timepoint[session 6]' is a combination of 'timepoint[session 6]' on "
    "the complete rows",
    "'site' has the single level 'north' on the complete rows; leave it out of the formula",
    "visits 'session 1' and 'session 6' are seen together in 1 subject(s): an unstructured covariance",
    "an error nobody foresaw, with 3 patients",
]


@pytest.mark.parametrize("message", ENGINE)
def test_model_that_failed_releases_no_word_of_the_engine(message):
    models = make_models(converged=False)["models"].drop(columns="withheld").assign(warnings=message)
    released = withhold({"models": models}, Privacy(minimum_cell=K))["models"]
    assert released["warnings"].tolist() == [FAILED]


def test_only_failed_fits_are_reworded():
    said = [ENGINE[0], FIXED[0], "10 imputations", "", None, "Cox model: column site"]
    table = pd.DataFrame({"converged": [False, False, True, False, False, pd.NA], "note": said})
    notes = word_failures(table)["note"].tolist()
    assert notes[:4] == [FAILED, FIXED[0], "10 imputations", ""]
    assert pd.isna(notes[4])
    assert word_failures(table.assign(converged=False))["note"].iloc[-1] == FAILED
