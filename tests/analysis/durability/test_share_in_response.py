"""The estimators of the share in response: beside statsmodels, slow code, derivatives, samples, and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from drawn import draw_arms, load, make_arm
from scipy.optimize import minimize

from outcomes.analysis.durability import estimate, occupancy, targeted
from outcomes.analysis.durability.histories import BIN_DAYS
from outcomes.analysis.durability.occupancy import build_curve, fit_occupancy
from outcomes.analysis.durability.retreatment import estimate_untreated
from outcomes.analysis.durability.visiting import People, RowWeights, count_equally, weigh_visits

AREA = np.arange(15, 99) <= 84


def of_all(arms):
    return count_equally(sum(arm.histories.n for arm in arms))


def estimate_pair(arms, people=None, maintenance="treatment_policy"):
    people = of_all(arms) if people is None else people
    prepared = [estimate.prepare(arm, people, maintenance) for arm in arms]
    return {
        "weighted": [estimate.estimate_weighted(one, people) for one in prepared],
        "targeted": estimate.estimate_targeted(prepared, people),
    }


def test_without_weights_it_is_the_gee_of_statsmodels(monkeypatch):
    """Same curve, and the errors of Mancl and DeRouen, at days that do not hang on what was seen."""
    monkeypatch.setattr(occupancy, "CURVE_RIDGE", 0.0)
    arm = draw_arms("episodes", "same14", 120, 1)[0]
    histories, people = arm.histories, count_equally(120)
    ours = fit_occupancy(histories, arm.own, people, RowWeights(np.ones((1, len(histories.day))), ()), 3)
    x = build_curve(histories.day, 14, 98, 3)
    model = sm.GEE(histories.good.astype(float), x, groups=histories.person, family=sm.families.Binomial())
    theirs = model.fit(cov_type="bias_reduced")
    curve = build_curve(histories.days, 14, 98, 3)
    share = 1 / (1 + np.exp(-curve @ theirs.params))
    np.testing.assert_allclose(ours.share[0], share, atol=1e-8)
    slope = curve * (share * (1 - share))[:, None]
    error = np.sqrt(np.einsum("tp,pq,tq->t", slope, theirs.cov_params(), slope))
    np.testing.assert_allclose(np.sqrt(np.square(ours.contribution).sum(axis=0)), error, rtol=1e-6)


def test_it_is_what_loops_over_patients_give():
    """Rate, weights, and curve written out once more, slowly, and maximised by another program."""
    histories = draw_arms("drift", "ill_early", 60, 2)[1].histories
    rows, visits = [], []
    for person in range(60):
        own = sorted(
            (int(day), margin, good)
            for who, day, margin, good in zip(
                histories.person, histories.day, histories.score_margin, histories.good, strict=True
            )
            if who == person
        )

        def last(day, own=own, person=person):
            before = [(margin, good) for when, margin, good in own if when < day]
            return (*before[-1], False) if before else (histories.margin[person], True, True)

        for start in range(15, 99, BIN_DAYS):
            margin, good, none = last(start)
            seen = any(start <= when < start + BIN_DAYS for when, _, _ in own)
            rows.append((1.0, float(none), margin, float(not good), float(seen)))
        visits += [(day, *last(day)[:2], good) for day, _, good in own]
    table = np.array(rows)

    def lose(beta, x, y, weight, ridge):
        linear = x @ beta
        return -(weight @ (y * linear - np.logaddexp(0, linear))) + 0.5 * ridge @ beta**2

    def solve(x, y, weight, ridge):
        start = np.zeros(x.shape[1])
        return minimize(lose, start, (x, y, weight, ridge), "BFGS", tol=1e-12, options={"gtol": 1e-9}).x

    rate = solve(table[:, :4], table[:, 4], np.ones(len(table)), np.array([0.0, 1, 1, 1]))
    log_weight = np.array([-rate[2] * margin - rate[3] * (not good) for _, margin, good, _ in visits])
    weight = np.exp(log_weight)
    x = build_curve(np.array([float(day) for day, *_ in visits]), 14, 98, 3)
    beta = solve(x, np.array([float(good) for *_, good in visits]), weight / weight.mean(), np.full(4, 0.01))
    share = 1 / (1 + np.exp(-build_curve(histories.days, 14, 98, 3) @ beta))
    people = count_equally(60)
    ours = fit_occupancy(histories, np.arange(60), people, weigh_visits(histories, np.arange(60), people), 3)
    np.testing.assert_allclose(ours.share[0], share, atol=2e-5)


@pytest.mark.parametrize("maintenance", ["treatment_policy", "censor", "competing"])
@pytest.mark.parametrize("method", ["weighted", "targeted"])
def test_each_patients_part_is_the_derivative_by_the_patients_weight(method, maintenance, monkeypatch):
    """All that is estimated on the way moves with the weight: rate, outcome model, and further treatment."""
    monkeypatch.setattr(occupancy, "draw_away", lambda parts, *_: parts)
    for module in (occupancy, targeted):  # the weights' scale, which a penalty feels, is taken as known
        monkeypatch.setattr(module, "CURVE_RIDGE", 0.0)
        monkeypatch.setattr(module, "find_factor", lambda *_: 1.0)
    arms = draw_arms("drift", "treated_again", 40, 5)
    found = estimate_pair(arms, maintenance=maintenance)[method]
    step, chosen = 1e-5, np.arange(0, 80, 7)
    weight = np.ones((2 * len(chosen), 80))
    for place, person in enumerate(chosen):
        weight[2 * place : 2 * place + 2, person] += [step, -step]
    moved = estimate_pair(arms, People(weight, np.zeros((80, 0)), np.zeros((80, 0))), maintenance)[method]
    for one, other in zip(found, moved, strict=True):
        slope = (other.share[::2] - other.share[1::2]) / (2 * step)
        np.testing.assert_allclose(one.contribution[chosen], slope, atol=2e-6)


def test_the_part_of_a_patient_holds_what_the_propensity_score_does(monkeypatch):
    """A weight that hangs on an estimated coefficient: derivative by the patient through it."""
    for module in (occupancy, targeted):
        monkeypatch.setattr(module, "CURVE_RIDGE", 0.0)
    arms = draw_arms("drift", "10v28", 40, 6)
    slope = np.linspace(-1, 1, 80)[:, None]
    contribution = np.random.default_rng(1).normal(size=(80, 1)) / 80
    people = People(np.exp(0.3 * slope.T), slope, contribution)
    step = 1e-5
    shifted = [People(np.exp((0.3 + sign * step) * slope.T), slope, contribution) for sign in (1, -1)]
    for method in ("weighted", "targeted"):
        without = estimate_pair(arms, People(people.weight, np.zeros((80, 0)), np.zeros((80, 0))))[method]
        whole = estimate_pair(arms, people)[method]
        up, down = (estimate_pair(arms, one)[method] for one in shifted)
        for one, other, above, below in zip(whole, without, up, down, strict=True):
            through = contribution * ((above.share[0] - below.share[0]) / (2 * step))
            np.testing.assert_allclose(one.contribution - other.contribution, through, atol=2e-6)


def test_samples_of_patients_spread_as_the_errors_say():
    arms = draw_arms("episodes", "10v28", 100, 7)
    counts = np.random.default_rng(3).multinomial(100, np.full(100, 0.01), size=(300, 2)).reshape(300, 200)
    drawn = estimate_pair(arms, People(counts.astype(float), np.zeros((200, 0)), np.zeros((200, 0))))
    for method, pair in estimate_pair(arms).items():
        for one, other in zip(pair, drawn[method], strict=True):
            for mask in (AREA, one.days == 56):
                error = one.factor * np.sqrt(np.square(one.contribution[:, mask].mean(axis=1)).sum())
                assert other.share[:, mask].mean(axis=1).std() == pytest.approx(error, rel=0.2)


def test_visits_at_different_rates_make_no_difference_and_first_bad_scores_do():
    """Forty cohorts of one course, seen every 10 and every 28 days."""
    truth = load("generators").find_truth("drift", False, 20_000)
    area = truth[15:85].mean()
    shares, firsts = [], []
    for seed in range(40):
        arms = draw_arms("drift", "10v28", 100, 100 + seed)
        pair = estimate_pair(arms)
        shares.append([[one.share[0][AREA].mean() for one in pair[method]] for method in ("weighted", "targeted")])
        firsts.append(
            [
                len(np.unique(arm.histories.person[~arm.histories.good & (arm.histories.day <= 56)])) / 100
                for arm in arms
            ]
        )
    mean = np.mean(shares, axis=0)
    np.testing.assert_allclose(mean, np.full((2, 2), area), atol=0.015)
    assert np.mean(firsts, axis=0)[0] > np.mean(firsts, axis=0)[1] + 0.15


@pytest.mark.parametrize("course", ["drift", "episodes"])
def test_who_is_treated_again_is_weighed_for(course):
    """Large arms: treated again after bad scores, the share that would be in response without is found."""
    truth = load("generators").find_truth(course, False, 40_000)[15:85].mean()
    arms = draw_arms(course, "treated_again", 1500, 11)
    right = estimate_pair(arms, maintenance="censor")
    assert arms[0].histories.retreated.mean() > 0.2
    for one in right["targeted"]:
        error = np.sqrt(np.square(one.contribution[:, AREA].mean(axis=1)).sum())
        assert error < 0.02
        assert abs(one.share[0][AREA].mean() - truth) < 3 * error
    people = of_all(arms)  # without the weights the response looks longer than it is
    plain = fit_occupancy(
        arms[0].histories, arms[0].own, people, weigh_visits(arms[0].histories, arms[0].own, people), 3
    )
    assert plain.share[0][AREA].mean() > right["weighted"][0].share[0][AREA].mean() + 0.01


def test_further_treatment_that_counts_is_a_product_of_two_shares():
    arms = draw_arms("drift", "treated_again_counts", 80, 12)
    people = of_all(arms)
    found = estimate_pair(arms, maintenance="competing")["weighted"][0]
    untreated = estimate_untreated(arms[0].histories, arms[0].own, people)
    histories = arms[0].histories
    still = (histories.until[:, None] >= histories.days).mean(axis=0)  # nobody is lost otherwise
    np.testing.assert_allclose(untreated.share[0], still, atol=1e-12)
    error = np.sqrt(np.square(untreated.contribution).sum(axis=0))
    np.testing.assert_allclose(error, np.sqrt(still * (1 - still) / 80), atol=1e-12)
    assert (found.share[0] <= still + 1e-12).all()


def test_the_ill_seen_more_often_means_that_more_are_well():
    arms = draw_arms("episodes", "well_skip_now", 400, 13)
    people, truth = of_all(arms), load("generators").find_truth("episodes", False, 40_000)[15:85].mean()
    prepared = estimate.prepare(arms[0], people, "treatment_policy")
    shares = [
        estimate.estimate_weighted(prepared, people, alpha).share[0][AREA].mean() for alpha in (0, 0.35, np.log(2))
    ]
    assert shares == sorted(shares)
    assert shares[0] < truth < shares[2] + 0.02


def test_the_mixed_model_gives_the_same_share_where_scores_drift():
    truth = load("generators").find_truth("drift", False, 40_000)[15:85].mean()
    arms = draw_arms("drift", "10v28", 300, 14)
    people = of_all(arms)
    found = estimate.estimate_likelihood([estimate.prepare(arm, people, "treatment_policy") for arm in arms], people)
    assert not isinstance(found, str)
    for one in found:
        assert one.share[0][AREA].mean() == pytest.approx(truth, abs=0.04)
        error = np.sqrt(np.square(one.contribution[:, AREA].mean(axis=1)).sum())
        assert 0.01 < error < 0.03


def test_twelve_in_each_arm_all_in_response_differ_by_nothing_with_a_wide_interval():
    arms = [make_arm([{20: True, 50: True}] * 12), make_arm([{30: True}] * 12, 12)]
    people = of_all(arms)
    pair = [estimate.estimate_weighted(estimate.prepare(arm, people, "treatment_policy"), people) for arm in arms]
    share = estimate.read_share(pair[0], AREA, 12)[0]
    assert share.value == 1
    assert share.bounds() == pytest.approx((0.7575, 1.0), abs=1e-4)  # Wilson, 12 of 12
    found = estimate.compare(*pair, AREA, (12, 12))
    assert (found.value, found.p_value, found.direction) == (0, 1, 0)
    assert (found.lower, found.upper) == pytest.approx((-0.2425, 0.2425), abs=1e-4)


def test_none_against_all():
    arms = [make_arm([{20: False}] * 12), make_arm([{20: True}] * 12, 12)]
    people = of_all(arms)
    pair = [estimate.estimate_weighted(estimate.prepare(arm, people, "treatment_policy"), people) for arm in arms]
    found = estimate.compare(pair[1], pair[0], AREA, (12, 12))
    assert found.value == 1
    assert found.lower == pytest.approx(1 - np.hypot(0.2425, 0.2425), abs=1e-3)
    assert found.upper == 1
    assert found.p_value < 1e-3


@pytest.mark.parametrize(("bad", "degrees"), [(0, None), (1, 0), (4, 0), (5, 1), (19, 1), (20, 3)])
def test_few_bad_scores_allow_no_curve(bad, degrees):
    arm = make_arm([{20 + place: False, 60: True} for place in range(bad)] + [{30: True, 80: True}] * 30)
    assert occupancy.choose_degrees(arm.histories) == degrees
    people = of_all([arm])
    found = estimate.estimate_weighted(estimate.prepare(arm, people, "treatment_policy"), people)
    assert np.isfinite(found.share).all()
    assert ((found.share > 0) & (found.share <= 1)).all()
    if degrees == 0:
        assert np.ptp(found.share) < 1e-12
    lower, upper = estimate.read_share(found, AREA, arm.histories.seen)[0].bounds()
    assert lower < found.share[0][AREA].mean() <= upper
    assert upper - lower > 0.01


def test_a_curve_ends_where_fewer_than_ten_are_seen():
    arm = make_arm([{20: True, 40: False}] * 9 + [{30: True}] * 9)
    assert estimate.find_last_day(arm.histories) == 44  # day 30 and a fortnight: 18 are seen; from day 45 on 9
    assert estimate.find_last_day(make_arm([{20: True}] * 9).histories) == 14


def test_the_order_of_patients_and_of_arms_changes_nothing_but_the_sign():
    arms = draw_arms("episodes", "10v28", 60, 15)
    forth = estimate_pair(arms)
    back = estimate_pair([estimate.Arm(arm.histories, (arm.own + 60) % 120, arm.scores) for arm in arms[::-1]])
    for method in ("weighted", "targeted"):
        one = estimate.compare(*forth[method], AREA, (60, 60))
        other = estimate.compare(*back[method], AREA, (60, 60))
        close = pytest.approx((-one.upper, -one.lower, one.p_value), abs=2e-2 if method == "targeted" else 1e-9)
        assert (other.lower, other.upper, other.p_value) == close
