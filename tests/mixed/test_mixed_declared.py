"""Sites that lack an arm, a visit or a level add up to one analysis under a declared design, exactly and in any order."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from mixed_trials import simulate_trial

from outcomes import mixed

COLUMNS = {"subject": "person", "visit": "visit"}
FORMULA = "change ~ baseline*visit + arm*visit + age + site"
DESIGN = mixed.DeclaredDesign(
    visits=["1", "2", "3", "4"],
    levels={"arm": ["esk", "iv"], "site": ["north", "south", "west"]},
    centres={"change": -5, "baseline": 20, "age": 45},
)
ALL = ["estimate", "std_error", "df", "statistic", "p_value", "lower", "upper"]


@pytest.fixture(scope="module")
def trial():
    found = simulate_trial(n=240, seed=5)
    return found.assign(change=found["change"].round(), baseline=found["baseline"].round())


@pytest.fixture(scope="module")
def sites(trial):
    """One site each, the first with one arm only, the second without the last visit, the third with one patient."""
    trial = trial[(trial["site"] != "north") | (trial["arm"] == "esk")]
    trial = trial[(trial["site"] != "south") | (trial["visit"] != "4")]
    alone = trial.loc[trial["site"] == "west", "person"].iloc[0]
    west = trial["site"] == "west"
    return [
        trial[trial["site"] == "north"], trial[trial["site"] == "south"], trial[west & (trial["person"] != alone)],
        trial[west & (trial["person"] == alone)],
    ]  # fmt: skip


def sum_up(sites, formula=FORMULA, design=DESIGN, **options):
    first, *others = (mixed.moments(one, formula, design=design, **COLUMNS, **options) for one in sites)
    for other in others:
        first = first + other
    return first


def test_sites_add_up_to_the_analysis_of_all_rows(sites):
    for covariance in ("unstructured", "heterogeneous_ar1"):
        whole = mixed.fit(pd.concat(sites), FORMULA, covariance=covariance, **COLUMNS)
        pooled = mixed.fit(sum_up(sites), covariance=covariance)
        assert pooled.names == whole.names
        assert pooled.coefficients[ALL].to_numpy() == pytest.approx(whole.coefficients[ALL].to_numpy(), rel=1e-9)
        ours, theirs = (mixed.differences(one, "arm", by="visit", weights="proportional") for one in (pooled, whole))
        assert ours[ALL].to_numpy() == pytest.approx(theirs[ALL].to_numpy(), rel=1e-9)
        assert (pooled.n_subjects, pooled.n_observations) == (whole.n_subjects, whole.n_observations)


def test_whole_numbers_add_up_exactly_in_any_order(sites):
    fits = [mixed.fit(sum_up(order)) for order in permutations(sites)]
    for fit in fits[1:]:
        assert np.array_equal(fit.coefficients[ALL], fits[0].coefficients[ALL])
        assert fit.loglik == fits[0].loglik
        assert mixed.margins(fit, "arm", by="visit").equals(mixed.margins(fits[0], "arm", by="visit"))
    gram = sum_up(sites).gram
    assert np.array_equal(gram, np.round(gram))


def test_groups_weights_numbers_by_visit_and_varying_ones(sites):
    days = {"1": 0.0, "2": 7.0, "3": 14.0, "4": 28.0}
    given = [one.assign(planned=one["visit"].map(days)) for one in sites]
    formula = "change ~ planned*arm + pain + C(visit):baseline"
    design = mixed.DeclaredDesign(
        visits=DESIGN.visits, levels={"arm": ["esk", "iv"]}, by_visit={"planned": list(days.values())}, varying=["pain"],
        centres={"change": -5, "pain": 0, "baseline": 20},
    )  # fmt: skip
    options = {"group": "arm", "weights": "weight"}
    whole = mixed.fit(pd.concat(given), formula, covariance="toeplitz", **COLUMNS, **options)
    pooled = mixed.fit(sum_up(given, formula, design, **options), covariance="toeplitz")
    assert pooled.coefficients[ALL].to_numpy() == pytest.approx(whole.coefficients[ALL].to_numpy(), rel=1e-8)


def test_moments_of_two_declarations_do_not_add(sites):
    other = mixed.DeclaredDesign(DESIGN.visits, DESIGN.levels | {"arm": ["iv", "esk"]}, DESIGN.centres)
    with pytest.raises(mixed.MomentsError, match="the levels differ"):
        mixed.moments(sites[0], FORMULA, design=DESIGN, **COLUMNS) + mixed.moments(
            sites[1], FORMULA, design=other, **COLUMNS
        )


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"visits": ["1", "2", "3"]}, r"column 'visit' has \d+ rows with a value that the design does not declare"),
        ({"levels": {"arm": ["esk", "iv"], "site": ["north", "south"]}}, r"column 'site' has \d+ rows"),
        ({"centres": {"change": -5, "age": 45}}, "no centre for 'baseline'; give a whole number"),
        ({"centres": {"baseline": 20, "age": 45}}, "no centre for 'change'"),
        ({"by_visit": {"age": [1, 2, 3, 4]}}, r"'age' differs on \d+ rows from what by_visit declares"),
        ({"by_visit": {"age": [1, 2]}}, "gives 'age' 2 values for 4 visits"),
        ({"levels": {"arm": ["esk", "iv"], "site": ["north"]}}, "at least 2 different 'site'"),
        ({"visits": ["1", "1"]}, "at least 1 different visits"),
        ({"visits": "1234"}, "at least 1 different visits"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_a_declaration_cannot_say(trial, change, match):
    given = {"visits": DESIGN.visits, "levels": DESIGN.levels, "centres": DESIGN.centres} | change
    with pytest.raises(mixed.MixedError, match=match):
        mixed.moments(trial, FORMULA, design=mixed.DeclaredDesign(**given), **COLUMNS)


def test_roles_that_the_rows_contradict(trial):
    design = mixed.DeclaredDesign(DESIGN.visits, DESIGN.levels, {"change": 0, "pain": 0, "age": 45, "bs(age, df=4)": 0})
    with pytest.raises(mixed.DataError, match="'pain' changes within a subject; declare it under varying"):
        mixed.moments(trial, "change ~ pain + arm", design=design, **COLUMNS)
    with pytest.raises(mixed.SettingError, match=r"'bs\(age, df=4\)' is computed from each site's own rows"):
        mixed.moments(trial, "change ~ bs(age, df=4)", design=design, **COLUMNS)
    numbered = trial.assign(visit=trial["visit"].astype(int))
    with pytest.raises(mixed.SettingError, match=r"write C\(visit\)"):
        mixed.moments(
            numbered, "change ~ visit", design=mixed.DeclaredDesign([1, 2, 3, 4], {}, {"change": 0}), **COLUMNS
        )


def test_a_file_that_gives_rows_away_is_refused(sites, tmp_path):
    moments = sum_up(sites)
    rare = moments.counts[moments.counts < 11]
    with pytest.raises(
        mixed.MomentsError,
        match=rf"{len(rare)} of {len(moments.counts)} patterns of visits have fewer than 11 subjects",
    ):
        moments.save(tmp_path / "site.npz")
    assert not (tmp_path / "site.npz").exists()
    assert len(moments.rare_patterns()) == len(rare) > 0
    moments.save(tmp_path / "site.npz", fewest=1)
    back = mixed.load_moments(tmp_path / "site.npz")
    assert np.array_equal(back.gram, moments.gram)
    assert mixed.fit(back).loglik == mixed.fit(moments).loglik
    complete = pd.concat(sites)
    complete = complete[complete["visit"].isin(["1"])]
    once = mixed.moments(complete, "change ~ arm + baseline", design=DESIGN, **COLUMNS)
    once.save(tmp_path / "once.npz")
    assert mixed.load_moments(tmp_path / "once.npz").n_subjects == once.n_subjects >= 11


def make_levels(n, arm, **more):
    """Return rows of patients with one visit pattern, whose levels are given a patient."""
    generator = np.random.default_rng(n)
    rows = pd.DataFrame({"person": np.repeat(np.arange(n), 2), "visit": ["1", "2"] * n, "arm": np.repeat(arm, 2)})
    rows["change"] = generator.integers(-12, 6, 2 * n)
    return rows.assign(**{name: np.repeat(values, 2) for name, values in more.items()})


def test_a_level_that_few_of_a_pattern_have_gives_them_away_and_is_refused(tmp_path):
    """The pattern has 60 subjects; the sums of the one with its own level are its scores."""
    rows = make_levels(60, np.array(["im", *["iv"] * 30, *["esk"] * 29]))
    moments = mixed.moments(rows, "change ~ arm*visit", **COLUMNS)
    assert moments.counts.tolist() == [60.0]
    place = 1 + [str(source) for source in moments.design.subject_sources[1:]].index(
        str(frozenset({("arm", (0.0, 1.0, 0.0))}))
    )
    q = len(moments.design.subject_sources)
    assert moments.gram[0, place, place] == 1
    read_off = moments.gram[0, place, q : q + 2] + moments.design.response_centre
    assert read_off == pytest.approx(rows.loc[rows["arm"] == "im", "change"].to_numpy())
    with pytest.raises(
        mixed.MomentsError, match="in 1 of 1 patterns of visits fewer than 11 subjects share a level of arm"
    ):
        moments.save(tmp_path / "few.npz")
    assert not (tmp_path / "few.npz").exists()
    moments.save(tmp_path / "few.npz", fewest=1)


@pytest.mark.parametrize("formula", ["change ~ arm*visit + sex", "change ~ arm*sex*visit", "change ~ sex*visit + arm"])
def test_a_combination_of_two_levels_that_few_share_is_refused_too(tmp_path, formula):
    arm = np.array(["esk"] * 40 + ["iv"] * 40)
    some = np.arange(80) % 40
    for men, whole in ((3, False), (20, True), (0, True)):
        sex = np.where((arm == "iv") & (some >= men), "f", np.where(some % 2 == 0, "f", "m"))
        sex = np.where((arm == "iv") & (some < men), "m", sex)
        moments = mixed.moments(make_levels(80, arm, sex=sex), formula, **COLUMNS)
        path = tmp_path / f"{men}.npz"
        if whole:
            moments.save(path)
            assert path.is_file()
        else:
            with pytest.raises(mixed.MomentsError, match="share a level of arm and sex"):
                moments.save(path)
