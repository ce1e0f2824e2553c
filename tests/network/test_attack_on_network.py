"""The attack on all that a network lets out: packages, answers to rounds, and the pooled tables; no count of few patients comes back."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from eight_sites import SITES, read_estimates, run

from outcomes.analysis.comparison.rounds.design import Rows
from outcomes.analysis.comparison.rounds.guard import check_sums
from outcomes.analysis.comparison.rounds.sums import sum_propensity
from outcomes.errors import ModelError
from outcomes.settings.propensity import CommonPropensity

sys.path.insert(0, str(Path(__file__).parent.parent / "release"))
from attack_reader import read_files
from attack_system import solve

K, ROUNDS = 11, 6
SIDES = {"treated": "iv", "reference": "esketamine"}
SCORES = np.arange(10, 28)


def read_package(network, site):
    return {path.stem: path.read_text(encoding="utf-8") for path in network.package(site).glob("*.csv")}


@pytest.mark.parametrize("exact", [False, True], ids=["packages", "packages and answers"])
def test_no_small_count_comes_back_from_a_package_whatever_the_rounds_add(network, exact):
    """The answers tell exactly how many of each arm have a score at the primary time point; the attacker has that beside the package."""
    hidden = 0
    for site in SITES:
        system = read_files(read_package(network, site), K, SIDES)
        hidden += len(system.hidden)
        if exact:
            table = read_estimates(network.folder / site, site)
            place = (table["axis"] == "day") & (table["timepoint"] == "day 28") & (table["variance"] == "cr2")
            row = table[place].iloc[0]
            for side, arm in SIDES.items():
                system.narrow(("counted", "day", "day 28", arm), row[f"observed_{side}"], row[f"observed_{side}"])
        solved = solve(system)
        assert solved.found == [], site
        assert solved.undecided == 0, site
    assert hidden > 100


def test_the_pooled_tables_pin_no_site_s_count(network, tmp_path):
    """Sums over the sites, and one site less: what a count over all tells of the one that is left out is no narrower than its package."""
    tables = {}
    for name, packages in (("all", network.packages), ("seven", network.packages[:-1])):
        out = tmp_path / name
        assert run("pool", network.plan, *packages, "--signers", network.signers, "--out", out) == 0
        tables[name] = pd.read_csv(out / "tables" / "counts.csv", dtype={"row": str}, keep_default_na=False)
    both = tables["all"].merge(tables["seven"], on=["table", "row", "count"], suffixes=("", "_without"))
    left = both[both["bounds"] > both["bounds_without"]]
    assert len(left) > 3
    assert ((left["high"] - left["high_without"]) - (left["low"] - left["low_without"]) >= K - 2).all()


def climb(design, treated):
    """Yield the coefficients of honest rounds, which the centre knows."""
    beta = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        yield beta
        e = 1 / (1 + np.exp(-design @ beta))
        beta = beta + np.linalg.solve((design.T * (e * (1 - e))) @ design, design.T @ (treated - e))


def make_rows(design, treated, numbers, groups):
    names = ("constant", *(f"column {place}" for place in range(1, design.shape[1])))
    return Rows(names, design, treated, np.zeros(len(treated)), numbers, groups)


def draw_site(seed, n):
    generator = np.random.default_rng(seed)
    score = np.clip(np.round(generator.normal(17, 4, n)), SCORES[0], SCORES[-1])
    return score, generator.random(n) < 1 / (1 + np.exp((score - 17) / 8))


@pytest.mark.parametrize("n", [60, 120, 300])
def test_sums_of_a_number_give_away_how_many_have_each_value_so_that_a_plan_has_to_say_why(n):
    """Least squares over the information matrices of honest rounds, no more: every count, most of them small."""

    def columns(values):
        scaled = (np.asarray(values, dtype=float) - 17) / 4
        return np.column_stack([np.ones(len(scaled)), scaled, np.clip(scaled, 0, None) ** 3])

    score, treated = draw_site(n, n)
    rows = make_rows(columns(score), treated, pd.DataFrame({"score": score}), pd.DataFrame(index=range(n)))
    upper, told, known = np.triu_indices(3), [], []
    for beta in climb(rows.design, treated):
        told.append(np.array(sum_propensity(rows, beta)["information"])[upper])
        grid = columns(SCORES)
        e = 1 / (1 + np.exp(-grid @ beta))
        known.append(np.array([np.outer(row, row)[upper] * v for row, v in zip(grid, e * (1 - e), strict=True)]).T)
    equations, values = np.vstack(known), np.concatenate(told)
    size = np.abs(equations).max(axis=1)
    found = np.linalg.lstsq(equations / size[:, None], values / size, rcond=1e-15)[0]
    true = np.array([(score == value).sum() for value in SCORES])
    assert (np.round(found) == true).all()
    assert ((true > 0) & (true < K)).sum() >= 5
    with pytest.raises(ValueError, match="the patients of each value and arm can be counted to the last one"):
        CommonPropensity(numbers={"score": {"centre": 17, "scale": 4}})


def test_sums_of_bands_leave_a_site_only_where_every_count_that_they_can_tell_is_large():
    """Sums are functions of how many of each arm have each row of the design: all of them nobody, or the minimum."""
    left, kept = 0, 0
    for seed in range(300):
        generator = np.random.default_rng(seed)
        n, shares = int(generator.integers(30, 400)), generator.random(2)
        codes = np.column_stack([generator.random(n) < share for share in shares])
        treated = generator.random(n) < 0.5
        groups = pd.DataFrame(np.where(codes, "yes", "no"), columns=["one", "two"])
        rows = make_rows(np.column_stack([np.ones(n), codes]), treated, pd.DataFrame(index=range(n)), groups)
        counts = np.unique(np.column_stack([rows.design, treated]), axis=0, return_counts=True)[1]
        try:
            check_sums(rows, np.zeros(3), K)
        except ModelError:
            kept += 1
        else:
            left += 1
            assert counts.min() >= K, seed
        if counts.min() < K:
            with pytest.raises(ModelError):
                check_sums(rows, np.zeros(3), K)
    assert left > 30
    assert kept > 30


def test_bands_are_declared_in_rising_order_and_each_confounder_once():
    with pytest.raises(ValueError, match="one beginning or more, in rising order"):
        CommonPropensity(bands={"age": (60, 40)})
    with pytest.raises(ValueError, match="age: in two of bands, numbers, and levels"):
        CommonPropensity(bands={"age": (40,)}, levels={"age": {"a": ("1",), "b": ("2",)}})
