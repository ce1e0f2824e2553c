"""The truth is what both potential outcomes of every patient say, and a correct analysis finds it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from outcomes.simulate import Network, write_network
from outcomes.simulate.populations import fit_log_odds_ratio
from outcomes.simulate.questionnaires import PHQ9_ITEMS


def scores_of(network: Network, column: str, point: str) -> dict[str, list[int]]:
    """Return scores by arm in the order of patients, looked up one by one."""
    rows = network.potential[network.potential["time_point"] == point]
    known = {(arm, who): score for arm, who, score in zip(rows["arm"], rows["patient"], rows[column], strict=True)}
    return {arm: [known[arm, who] for who in network.patients["patient"]] for arm in ("iv", "esketamine")}


def brute_force_weights(network: Network, population: str) -> list[float]:
    weights = []
    for arm, chance in zip(network.patients["arm"], network.patients["propensity_iv"], strict=True):
        if arm == "im":
            weights.append(0.0)
        elif population == "ate":
            weights.append(1.0)
        elif population == "att":
            weights.append(1.0 if arm == "iv" else 0.0)
        else:
            weights.append(chance * (1 - chance))
    return weights


@pytest.mark.parametrize("population", ["ate", "att", "ato"])
@pytest.mark.parametrize(
    ("version", "instrument", "suffix", "point"),
    [
        ("estimands", "phq9", "", "day_28"),
        ("estimands", "gad7", "", "after_session_3"),
        ("estimands_without_recall", "phq9", "_no_recall", "day_28"),
        ("estimands_as_attended", "phq9", "_as_attended", "follow_up"),
    ],
)
def test_truth_is_the_average_over_patients(
    messy: Network, version: str, instrument: str, suffix: str, point: str, population: str
) -> None:
    weights = brute_force_weights(messy, population)
    baseline = messy.patients[f"baseline_{instrument}"].tolist()
    stored = messy.truth[version][instrument][point]
    for arm, scores in scores_of(messy, f"{instrument}{suffix}", point).items():
        change = sum(w * (score - start) for w, score, start in zip(weights, scores, baseline, strict=True))
        halved = sum(
            w for w, score, start in zip(weights, scores, baseline, strict=True) if start and score <= start / 2
        )
        low = sum(w for w, score in zip(weights, scores, strict=True) if score < 5)
        up = sum(w for w, score, start in zip(weights, scores, baseline, strict=True) if score > start)
        total = sum(weights)
        assert stored["mean_change"][population][arm] == pytest.approx(change / total)
        assert stored["response"][population][arm] == pytest.approx(halved / total)
        assert stored["remission"][population][arm] == pytest.approx(low / total)
        assert stored["worsening"][population][arm] == pytest.approx(up / total)


def test_phq8_is_phq9_without_item_nine(messy: Network) -> None:
    rows = messy.potential
    assert (rows["phq8"] == rows["phq9"] - rows["item_9"]).all()
    assert rows["item_9"].isin([0, 1, 2, 3]).all()
    points = messy.truth["estimands"]["phq8"]
    assert "remission" not in points["day_28"]
    compared = (messy.patients["arm"] != "im").to_numpy()
    day = rows[(rows["time_point"] == "day_28") & (rows["arm"] == "iv")].sort_values("patient")["phq8"].to_numpy()
    item_9 = messy.questionnaires[messy.questionnaires["occasion"] == "baseline"].set_index("patient")["phq9_9"]
    known = compared & messy.patients["patient"].isin(item_9.dropna().index).to_numpy()
    change = day[known] - (messy.patients["baseline_phq9"][known] - item_9.reindex(messy.patients["patient"])[known])
    assert points["day_28"]["mean_change"]["ate"]["iv"] == pytest.approx(change.mean(), abs=0.5)


def test_item_nine_endorsement_ends_more_often_than_it_begins(large: Network) -> None:
    """McInnes 2022: reduced in 73 % of those who endorsed it at baseline, worse in 6 % (10.1016/j.jad.2021.12.097)."""
    for arm in ("iv", "esketamine"):
        shares = large.truth["item_9"]["after_session_6"][arm]
        assert 0.4 < shares["ended"] < 0.8
        assert 0.0 < shares["begun"] < 0.12


def test_charges_per_responder_follow_from_charges_and_response(large: Network) -> None:
    for arm in ("iv", "esketamine"):
        charges = large.truth["charges"][arm]
        rows = large.potential[(large.potential["time_point"] == "day_56") & (large.potential["arm"] == arm)]
        people = large.patients[large.patients["arm"] != "im"]
        score = rows.set_index("patient")["phq9_as_attended"].loc[people["patient"]].to_numpy()
        baseline = people["baseline_phq9"].to_numpy()
        share = ((2 * score <= baseline) & (baseline > 0)).mean()
        assert charges["per_responder"] == pytest.approx(charges["per_patient"] / share)
    spent = large.sessions[(large.sessions["study_day"] <= 56) & (large.sessions["series"] == 1)]
    given = spent[spent["arm"] == "iv"].groupby("patient")["charge_usd"].sum()
    assert large.truth["charges"]["iv"]["per_patient"] == pytest.approx(given.mean(), rel=0.05)


def test_differences_are_iv_minus_esketamine(example: Network) -> None:
    for point in example.truth["estimands"]["phq9"].values():
        for endpoint in ("mean_change", "response", "remission", "worsening"):
            for population in ("ate", "att", "ato"):
                means = point[endpoint][population]
                assert means["difference"] == pytest.approx(means["iv"] - means["esketamine"])


def test_confounding_makes_the_unadjusted_difference_wrong(large: Network) -> None:
    truth = large.truth["estimands"]["phq9"]["day_28"]["mean_change"]["ate"]["difference"]
    assert large.truth["unadjusted"]["day_28"] < truth - 0.5


def test_weighting_by_the_true_propensity_recovers_the_truth(large: Network) -> None:
    """Overlap weights on the scores under the arm that was given, within four standard errors; unadjusted is not."""
    rows = large.potential[large.potential["time_point"] == "day_28"]
    wide = rows.pivot(index="patient", columns="arm", values="phq9")
    people = large.patients[large.patients["arm"] != "im"]
    iv = (people["arm"] == "iv").to_numpy()
    chance = people["propensity_iv"].to_numpy()
    given = np.where(iv, wide["iv"].to_numpy()[people["patient"]], wide["esketamine"].to_numpy()[people["patient"]])
    change = given - people["baseline_phq9"].to_numpy()
    weight = np.where(iv, 1 - chance, chance)
    means = [np.average(change[group], weights=weight[group]) for group in (iv, ~iv)]
    errors = [
        np.sqrt((weight[group] ** 2 * (change[group] - mean) ** 2).sum()) / weight[group].sum()
        for group, mean in zip((iv, ~iv), means, strict=True)
    ]
    truth = large.truth["estimands"]["phq9"]["day_28"]["mean_change"]["ato"]["difference"]
    assert abs(means[0] - means[1] - truth) < 4 * np.hypot(*errors)
    assert abs(change[iv].mean() - change[~iv].mean() - truth) > 4 * np.hypot(*errors)


def test_adjustment_with_covariates_recovers_the_conditional_difference(large: Network) -> None:
    """Least squares of change on arm, payer, failures, baseline, and site, every score observed."""
    rows = large.potential[large.potential["time_point"] == "day_28"]
    wide = rows.pivot(index="patient", columns="arm", values="phq9")
    people = large.patients[large.patients["arm"] != "im"]
    iv = (people["arm"] == "iv").to_numpy(dtype=float)
    given = np.where(iv > 0, wide["iv"].to_numpy()[people["patient"]], wide["esketamine"].to_numpy()[people["patient"]])
    levels = [people["payer"] == one for one in ("medicare", "medicaid", "self_pay")]
    sites = [people["site"] == one for one in range(2, 9)]
    design = np.column_stack(
        [np.ones(len(people)), iv, people["failures"], people["baseline_phq9"], *levels, *sites]
    ).astype(float)
    change = given - people["baseline_phq9"].to_numpy()
    estimate, residual, *_ = np.linalg.lstsq(design, change, rcond=None)
    spread = residual[0] / (len(people) - design.shape[1]) * np.linalg.inv(design.T @ design)[1, 1]
    truth = large.truth["estimands"]["phq9"]["day_28"]["mean_change"]["conditional"]["difference"]
    assert abs(estimate[1] - truth) < 4 * np.sqrt(spread)


def test_recall_blurs_early_change(large: Network) -> None:
    rows = large.potential[(large.potential["time_point"] == "day_7") & (large.potential["arm"] == "iv")]
    assert rows["phq9"].mean() > rows["phq9_no_recall"].mean() + 1.0


def test_both_arms_share_the_baseline_and_the_day(example: Network) -> None:
    rows = example.potential[example.potential["time_point"] == "day_28"]
    assert set(rows["study_day"]) == {28}
    wide = rows.pivot(index="patient", columns="arm", values="phq9")
    assert wide.corr().loc["iv", "esketamine"] > 0.7


def test_log_odds_ratio_of_a_two_by_two_table() -> None:
    """30 of 100 with IV and 20 of 100 without: log (30/70) - log (20/80) = 0.5390."""
    with_iv, without = np.arange(100) < 30, np.arange(100) < 20
    assert fit_log_odds_ratio(np.ones((100, 1)), with_iv, without) == pytest.approx(0.5390, abs=1e-4)
    assert fit_log_odds_ratio(np.ones((100, 1)), with_iv, np.arange(100) < 9) is None


def test_every_entry_of_the_truth_is_described(example: Network) -> None:
    truth = example.truth
    for version in ("estimands", "estimands_without_recall", "estimands_as_attended"):
        assert truth[version]["description"]
        for instrument in ("phq9", "gad7"):
            for point in truth[version][instrument].values():
                assert point["description"]
                assert all(point[endpoint]["description"] for endpoint in point if endpoint != "description")
    assert all(entry["description"] for entry in truth["mess"].values())
    assert all(entry["description"] for part in truth["parameters"].values() for entry in part.values())


def test_truth_is_written_sorted_and_rounded(messy: Network, tmp_path: Path) -> None:
    write_network(messy, tmp_path)
    text = (tmp_path / "truth.json").read_text(encoding="utf-8")
    loaded = json.loads(text)
    assert text == json.dumps(loaded, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    assert loaded["seed"] == 5
    assert loaded["patients"] == 400 == sum(loaded["arms"][arm] for arm in ("iv", "im", "esketamine"))
    value = loaded["estimands"]["phq9"]["day_28"]["mean_change"]["ate"]["difference"]
    assert value == round(messy.truth["estimands"]["phq9"]["day_28"]["mean_change"]["ate"]["difference"], 6)


def test_the_recorded_baseline_is_the_one_of_the_truth(large: Network) -> None:
    baseline = large.questionnaires[large.questionnaires["occasion"] == "baseline"].dropna(subset=PHQ9_ITEMS)
    known = large.patients.set_index("patient")["baseline_phq9"].loc[baseline["patient"]].to_numpy()
    assert (baseline[PHQ9_ITEMS].sum(axis=1).to_numpy() == known).all()


def test_failed_antidepressants_do_not_set_the_arms_apart_in_the_example(example: Network) -> None:
    """The page says what the true differences at day 28 are, so that a small p of their interaction is known for chance."""
    scores = scores_of(example, "phq9", "day_28")
    gain = np.array(scores["iv"]) - np.array(scores["esketamine"])
    chance = example.patients["propensity_iv"].to_numpy()
    weight = np.where(example.patients["arm"].isin(["iv", "esketamine"]), chance * (1 - chance), 0.0)
    few = (example.patients["failures"] < 2).to_numpy()
    below, above = (
        f"{np.average(gain[side], weights=weight[side]):.2f}".replace("-", "\u2212") for side in (few, ~few)
    )
    page = " ".join((Path(__file__).parents[2] / "docs" / "synthetic-clinic.md").read_text(encoding="utf-8").split())
    assert f"are {below} points below two failures and {above} from two" in page
