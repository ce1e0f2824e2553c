"""A propensity model over eight sites in rounds of signed sums: equal to that of all rows in one place, and refused where it should be."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from eight_sites import SITES, allow, declare_network, make_key, run, write_yaml

from outcomes.analysis.comparison.population.people import select_compared
from outcomes.errors import InputError
from outcomes.files import Places
from outcomes.network.rounds import Round, advance, find_dependent
from outcomes.network.signature import sign
from outcomes.settings import read_study
from outcomes.steps.step import COURSES, Tables

KNOTS = [11, 16, 21]
DECLARED = {
    "numbers": {
        "baseline": {"centre": 17, "scale": 4, "knots": KNOTS},
        "age": {"centre": 45, "scale": 12},
    },
    "because": "the sites trust the centre with counts of single values",
}


@dataclass(frozen=True)
class Rounds:
    """A plan, its keys, and the folder of rounds and answers."""

    plan: Path
    signers: Path
    centre: Path
    folder: Path

    def round(self, number: int) -> Path:
        return self.folder / f"eight-round-{number}.json"

    def answer(self, site: str, number: int) -> Path:
        return self.folder / f"eight-{site}-answer-{number}.json"

    def answers(self, number: int) -> list[Path]:
        return [self.answer(site, number) for site in SITES]

    def ask(self, *answers: Path, more: tuple[str, ...] = ()) -> int:
        told = ("--signers", self.signers, "--sign", self.centre, "--out", self.folder)
        return run("round", self.plan, *answers, *told, *more)

    def reply(self, network, site: str, number: int, *more: str | Path) -> int:
        with chdir(network.folder / site):
            told = ("--site", site, "--signers", self.signers, "--out", self.folder)
            return run("answer", self.plan, "study.yaml", self.round(number), *told, *more)


def prepare(network, folder: Path, **declared) -> Rounds:
    folder.mkdir(parents=True, exist_ok=True)
    plan = write_yaml(declare_network(propensity=declared or DECLARED), folder / "plan.yaml")
    assert run("lock", plan) == 0
    centre = make_key(folder, "centre")
    signers = allow(network.keys | {"centre": centre}, folder / "signers")
    return Rounds(plan, signers, centre, folder / "rounds")


@pytest.fixture(scope="module")
def rounds(network, tmp_path_factory) -> Rounds:
    """Every round, from the first to the difference."""
    made = prepare(network, tmp_path_factory.mktemp("rounds"))
    assert made.ask() == 0
    for number in range(1, 12):
        for site in SITES:
            assert made.reply(network, site, number) == 0
            if number == 1:
                assert made.reply(network, site, number, "--sign", network.keys[site]) == 0
            else:
                sign(made.answer(site, number), network.keys[site])
        assert made.ask(*made.answers(number)) == 0
        if (made.folder / "eight-common.json").is_file():
            break
    return made


@pytest.fixture
def copied(rounds, tmp_path) -> Rounds:
    """The first round answered, to be changed."""
    folder = tmp_path / "rounds"
    folder.mkdir()
    for path in rounds.folder.iterdir():
        if re.search(r"-1\.json", path.name):
            shutil.copyfile(path, folder / path.name)
    return replace(rounds, folder=folder)


@pytest.fixture(scope="module")
def pooled(network):
    """The rows of all sites in one place, which no site and no centre has: columns, arm, and change."""
    parts = []
    for site in SITES:
        folder = network.folder / site
        with chdir(folder):
            study = read_study("study.yaml")
            tables = Tables(Places(site), COURSES)
            compared = select_compared(tables, study.comparison, study.baseline.same_day)
        change = compared.at("day", "day 28", "change")
        parts.append(compared.people[["baseline", "age", "treated"]].assign(change=change, site=site))
    rows = pd.concat(parts).dropna(ignore_index=True)
    first, middle, last = KNOTS

    def lift(knot):
        return (rows["baseline"] - knot).clip(lower=0) ** 3 / (last - first) ** 2

    bend = (
        lift(first) - lift(middle) * (last - first) / (last - middle) + lift(last) * (middle - first) / (last - middle)
    )
    columns = [np.ones(len(rows)), *((rows["site"] == site).astype(float) for site in SITES[1:])]
    columns += [(rows["baseline"] - 17) / 4, bend / 4, (rows["age"] - 45) / 12]
    return np.column_stack(columns), rows["treated"].to_numpy(dtype=float), rows["change"].to_numpy()


def read_result(rounds):
    return json.loads((rounds.folder / "eight-common.json").read_text())


def test_coefficients_are_those_of_all_rows_in_one_place(rounds, pooled):
    x, treated, _ = pooled
    direct = sm.Logit(treated, x).fit(method="newton", tol=1e-14, maxiter=50, disp=0)
    found = read_result(rounds)
    assert found["left_out"] == []
    estimates = [one["estimate"] for one in found["coefficients"].values()]
    errors = [one["std_error"] for one in found["coefficients"].values()]
    np.testing.assert_allclose(estimates, direct.params, rtol=0, atol=1e-10)
    np.testing.assert_allclose(errors, direct.bse, rtol=1e-9)
    assert found["rounds"] <= 8
    assert max(path.stat().st_size for path in rounds.folder.glob("*.json")) < 20_000


def test_the_weighted_difference_and_its_sandwich_are_those_of_all_rows(rounds, pooled):
    """Stacked equations written out for every row, their derivative by differences."""
    x, treated, change = pooled
    size = x.shape[1]

    def equations(theta):
        e = 1 / (1 + np.exp(-x @ theta[:size]))
        own = treated * (1 - e) * (change - theta[size])
        other = (1 - treated) * e * (change - theta[size + 1])
        return np.column_stack([x * (treated - e)[:, None], own, other])

    beta = np.asarray(sm.Logit(treated, x).fit(method="newton", tol=1e-14, maxiter=50, disp=0).params)
    weight = np.where(treated == 1, 1 / (1 + np.exp(x @ beta)), 1 / (1 + np.exp(-x @ beta)))
    means = [np.average(change[treated == arm], weights=weight[treated == arm]) for arm in (1, 0)]
    theta = np.array([*beta, *means])
    steps = 1e-5 * np.eye(len(theta))
    slope = np.column_stack([(equations(theta + h).sum(0) - equations(theta - h).sum(0)) / 2e-5 for h in steps])
    influence = np.linalg.solve(slope, equations(theta).T)
    error = np.sqrt(np.square(influence[size] - influence[size + 1]).sum())
    found = read_result(rounds)
    assert found["estimate"] == pytest.approx(means[0] - means[1], abs=1e-12)
    assert found["std_error"] == pytest.approx(error, rel=1e-8)
    naive = np.sqrt(
        sum(
            np.square(weight * (treated == arm) * (change - mean)).sum() / weight[treated == arm].sum() ** 2
            for arm, mean in zip((1, 0), means, strict=True)
        )
    )
    assert abs(found["std_error"] / naive - 1) > 1e-3  # that the score was estimated is in it


def test_the_order_of_answers_changes_no_byte(rounds, copied):
    assert copied.ask(*reversed(copied.answers(1))) == 0
    assert copied.round(2).read_bytes() == rounds.round(2).read_bytes()


def test_a_page_shows_every_number_of_an_answer(rounds):
    page = rounds.answer("site-3", 2).with_suffix(".txt").read_text()
    sums = json.loads(rounds.answer("site-3", 2).read_text())["sums"]
    numbers = [sums["loglik"], *sums["score"], *(one for row in sums["information"] for one in row)]
    assert all(repr(one) in page for one in numbers)
    assert "NOT PROTECTED: from the answers to some rounds" in page
    assert DECLARED["because"] in page


def refuse(rounds, answers, capsys, words):
    """Ask for a further round, and hold that none is written and that the reason is said."""
    capsys.readouterr()
    assert rounds.ask(*answers) == 2
    said = capsys.readouterr().err
    assert re.search(words, said), said
    assert not rounds.round(2).exists()


def change(rounds, site, key, edit):
    """Change an answer as its own site could: the signature is good."""
    path = rounds.answer(site, 1)
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))
    sign(path, key)


def test_a_changed_byte_is_refused(copied, capsys):
    path = copied.answer("site-4", 1)
    text = path.read_text()
    place = text.index('"loglik": -') + len('"loglik": -')
    path.write_text(text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :])
    refuse(copied, copied.answers(1), capsys, "site-4-answer-1.json: the signature is not that of 'site-4'")


def test_a_missing_answer_a_second_one_and_a_strange_file_are_refused(network, copied, capsys):
    refuse(copied, copied.answers(1)[:-1], capsys, "no answer to round 1 of site-8")
    refuse(copied, [*copied.answers(1), copied.answer("site-1", 1)], capsys, "a second answer of 'site-1'")
    refuse(copied, [*copied.answers(1), copied.round(1)], capsys, "no answer of this version")
    change(copied, "site-2", network.keys["site-2"], lambda one: one.update(site="site-9"))
    refuse(copied, copied.answers(1), capsys, "not one of those that were asked")


def test_an_answer_of_another_round_is_refused(rounds, copied, capsys):
    for ending in (".json", ".json.sig"):
        source = (
            rounds.answer("site-5", 2).with_suffix(ending)
            if ending == ".json"
            else Path(f"{rounds.answer('site-5', 2)}.sig")
        )
        target = copied.answer("site-5", 1)
        shutil.copyfile(source, target if ending == ".json" else Path(f"{target}.sig"))
    refuse(copied, copied.answers(1), capsys, "an answer to round 2; this is round 1")


def test_an_answer_under_another_plan_program_or_data_is_refused(network, copied, capsys):
    key = network.keys["site-6"]
    change(copied, "site-6", key, lambda one: one.update(plan="0" * 64, code="1" * 64))
    refuse(
        copied,
        copied.answers(1),
        capsys,
        "site-6-answer-1.json: made under another plan\n.*another version of the program",
    )
    other = json.loads(copied.answer("site-1", 1).read_text())
    change(copied, "site-6", key, lambda one: one.update(other, site="site-6"))
    refuse(copied, copied.answers(1), capsys, "made of the same raw files as the answer of 'site-1'")


def test_sums_of_eight_patients_are_refused_by_the_centre(network, copied, capsys):
    def shrink(content):
        sums = content["sums"]
        factor = 2 / sums["information"][0][0]  # a quarter a patient in the first round
        sums["information"] = (factor * np.array(sums["information"])).tolist()
        sums["score"] = (factor * np.array(sums["score"])).tolist()

    change(copied, "site-7", network.keys["site-7"], shrink)
    refuse(copied, copied.answers(1), capsys, "of fewer than 11 patients in an arm")
    for score in ([0.0], ["0"] * 11, [None] * 11, "0", [float("nan")] * 11):
        change(copied, "site-7", network.keys["site-7"], lambda one, score=score: one["sums"].update(score=score))
        refuse(copied, copied.answers(1), capsys, "not those that the round asks for")


def test_a_level_that_few_have_keeps_a_site_out_and_the_others_go_on_without_it(network, tmp_path, capsys):
    sex = {"sex": {"female": ["female"], "male": ["male"]}}
    made = prepare(network, tmp_path, levels=sex, **DECLARED)
    assert made.ask() == 0
    capsys.readouterr()
    assert made.reply(network, "site-7", 1) == 2
    assert "fewer than 11 patients of an arm share a combination of sex" in capsys.readouterr().err
    assert made.reply(network, "site-1", 1) == 0
    again = replace(made, folder=tmp_path / "again")
    assert again.ask(more=("--without", "site-7", "--without", "site-3")) == 0
    for site in SITES:
        expected = 2 if site in ("site-3", "site-7") else 0
        assert again.reply(network, site, 1) == expected
        if not expected:
            sign(again.answer(site, 1), network.keys[site])
    assert again.ask(*(again.answer(site, 1) for site in SITES if site not in ("site-3", "site-7"))) == 0
    assert json.loads(again.round(2).read_text())["left_out"] == ["site site-3", "site site-7"]


def test_bands_need_no_reason_and_equal_the_model_of_all_rows_in_one_place(network, tmp_path, capsys):
    """Of the eight sites one has fewer than 11 of an arm on one side, and the others go on without it."""
    made = prepare(network, tmp_path, bands={"baseline": [17]})
    asked = [site for site in SITES if site != "site-3"]
    assert made.ask(more=("--without", "site-3")) == 0
    capsys.readouterr()
    assert made.reply(network, "site-3", 1) == 2
    assert "--site site-3: not one of the sites that this round asks" in capsys.readouterr().err
    for number in range(1, 12):
        for site in asked:
            assert made.reply(network, site, number) == 0
            sign(made.answer(site, number), network.keys[site])
        assert made.ask(*(made.answer(site, number) for site in asked)) == 0
        if (made.folder / "eight-common.json").is_file():
            break
    parts = []
    for site in asked:
        with chdir(network.folder / site):
            study = read_study("study.yaml")
            compared = select_compared(Tables(Places(site), COURSES), study.comparison, study.baseline.same_day)
        change = compared.at("day", "day 28", "change")
        parts.append(compared.people[["baseline", "treated"]].assign(change=change, site=site))
    rows = pd.concat(parts).dropna(ignore_index=True)
    columns = [np.ones(len(rows)), *((rows["site"] == site) for site in asked[1:]), rows["baseline"] >= 17]
    direct = sm.Logit(rows["treated"].to_numpy(float), np.column_stack(columns).astype(float)).fit(tol=1e-14, disp=0)
    found = json.loads((made.folder / "eight-common.json").read_text())
    np.testing.assert_allclose([one["estimate"] for one in found["coefficients"].values()], direct.params, atol=1e-10)
    page = made.answer("site-1", 1).with_suffix(".txt").read_text()
    assert "Nothing finer: the columns tell bands and levels alone" in page
    assert "baseline from 17" in page


def test_a_site_answers_only_what_the_centre_signed_and_once(network, rounds, tmp_path, capsys):
    mine = replace(rounds, folder=tmp_path)
    for number in (1, 2):
        for path in (rounds.round(number), Path(f"{rounds.round(number)}.sig")):
            shutil.copyfile(path, tmp_path / path.name)

    def rewrite(number, key, **changes):
        content = json.loads(rounds.round(number).read_text()) | changes
        mine.round(number).write_text(json.dumps(content))
        sign(mine.round(number), key)
        capsys.readouterr()
        done = mine.reply(network, "site-1", number)
        return done, capsys.readouterr().err

    assert mine.reply(network, "site-1", 2) == 0
    sign(mine.answer("site-1", 2), network.keys["site-1"])
    coefficients = json.loads(rounds.round(2).read_text())["coefficients"]
    done, said = rewrite(2, rounds.centre, coefficients=[one + 0.01 for one in coefficients])
    assert done == 2
    assert "round 2 was answered and signed before, with other sums" in said
    done, said = rewrite(2, rounds.centre, data={"site-1": "0" * 64})
    assert done == 2
    assert "export: not the raw files of which round 1 was answered" in said
    done, said = rewrite(2, network.keys["site-2"])
    assert done == 2
    assert "the signature is not that of 'centre'" in said
    narrow = [-8.0, *[0.0] * 7, 0.0, 0.0, 8.0]  # all the weight on the oldest
    done, said = rewrite(2, rounds.centre, coefficients=narrow)
    assert done == 2
    assert "an arm's sums rest on fewer than 11 patients" in said
    done, said = rewrite(1, rounds.centre, coefficients=narrow)
    assert done == 2
    assert "a first round begins at coefficients of 0" in said
    done, said = rewrite(1, rounds.centre, plan="0" * 64)
    assert done == 2
    assert "made under another plan" in said


def test_a_plan_without_a_common_model_has_no_rounds(network, rounds, capsys, tmp_path):
    assert run("round", network.plan, "--signers", rounds.signers, "--sign", rounds.centre, "--out", tmp_path) == 2
    assert "no section 'propensity'" in capsys.readouterr().err


def test_separation_is_said_and_a_column_of_nobody_is_left_out():
    columns = ("constant", "nobody", "age", "baseline", "both")
    first = Round("eight", "", "", 1, "propensity", SITES, columns, (), (0.0,) * 5, None, {})
    generator = np.random.default_rng(3)
    x = np.column_stack([np.ones(200), np.zeros(200), generator.normal(size=(200, 3))])
    x[:, 4] = x[:, 2] + x[:, 3]
    assert find_dependent(x.T @ x, columns) == ("nobody", "both")
    treated = x[:, 3] > 0  # told for certain

    def climb(asked):
        while True:
            e = 1 / (1 + np.exp(-np.clip(x @ np.array(asked.coefficients), -35, 35)))
            loglik = float(np.where(treated, np.log(e), np.log1p(-e)).sum())
            sums = {"score": x.T @ (treated - e), "information": (x.T * (e * (1 - e))) @ x, "loglik": loglik}
            asked = advance(asked, sums, {})

    with pytest.raises(InputError, match="did not settle in 14 rounds, least of all column 'baseline'"):
        climb(first)


def test_a_step_that_went_too_far_is_halved():
    before = {"coefficients": [0.0, 0.0], "loglik": -10.0}
    asked = Round("eight", "", "", 4, "propensity", SITES, ("constant", "age"), (), (4.0, 2.0), before, {})
    found = advance(asked, {"score": [1.0, 1.0], "information": [[1.0, 0.0], [0.0, 1.0]], "loglik": -12.0}, {})
    assert (found.number, found.coefficients, found.before) == (5, (2.0, 1.0), before)
