"""The attack on releases: known leaks are found, known breaches stay closed, and random whole studies give nothing away."""

import csv
import os
import sys

import pandas as pd
import pytest
from attack_arithmetic import fit_criteria, fit_mean, guess_events
from attack_reader import COUNTS, NONE, OTHERS, read_files, rows_of
from attack_system import System, read_printed, solve
from whole_studies import ARMS, ROOT, attack_study, draw_study, release_text

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.text import format_table
from outcomes.errors import OutcomesError
from outcomes.settings.analysis import Privacy

K = 11
STUDIES = range(int(os.environ.get("OUTCOMES_ATTACKED_STUDIES", "12")))


def write(**tables):
    return {name: format_table(pd.DataFrame(rows)) for name, rows in tables.items()}


def gate(**tables):
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return release_text(frames, Privacy(minimum_cell=K))


def test_what_is_printed_is_read_as_the_documentation_says():
    assert [read_printed(text, K) for text in ("0", "<11", "15", "20", "445", "")] == [
        (0, 0),
        (0, 10),
        (11, 17),
        (18, 22),
        (443, 447),
        None,
    ]
    assert read_printed("100", K, 10) == (95, 104)


def test_the_attacker_knows_every_table_and_every_number():
    assert {*COUNTS} | NONE == set(RELEASED)
    for name, table in RELEASED.items():
        numbers = {
            str(column) for column in table.fields if column.dtype in ("Int64", "float64") and column in table.columns
        }
        row = dict.fromkeys(map(str, table.columns), "0") | {"contrast": "a - b", "unit": "series", "arm": "a"}
        known = {
            column
            for fake in (row, row | {"unit": "people"}, row | {"unit": "patients"}, row | {"variable": "patients"})
            for column, *_ in COUNTS.get(name, lambda _: [])(fake)
        }
        own = {
            "published": {"n_treated", "n_analysed"},
            "regression_to_mean": {"observed"},
            "durability_held": {"weeks"},
        }.get(name, set())
        assert numbers - known - own <= OTHERS, name


class TestLeaks:
    """Each is a release with one mistake, which the attack must find."""

    def test_an_exact_total_beside_a_hidden_arm(self):
        system = System(K)
        for name, text in {"all": "87", "iv": "45", "im": "39"}.items():
            system.narrow(("started", name), float(text), float(text))
        system.show(("started", "x"), "<11")
        system.add(("started", "all"), [("started", arm) for arm in ("iv", "im", "x")])
        assert [(one.low, one.high) for one in solve(system) if one.name == ("started", "x")] == [(3, 3)]

    def test_a_mean_with_all_its_digits(self):
        row = {"n": "45", "mean": "17.347826", "sd": "", "lower": "", "upper": ""}
        assert fit_mean(row, K) is not None
        exact = [n for n in range(43, 48) if abs(round(17.347826 * n) / n - 17.347826) < 1e-6]
        assert exact == [46]

    def test_criteria_with_all_their_digits(self):
        row = {"model": "m", "n_subjects": "60", "loglik": "-500.0000", "aic": "1040.0000", "bic": "1081.8869"}
        found = fit_criteria(row, K)
        assert found is not None
        assert found[1] - found[0] < 2

    def test_a_percentage_of_few(self):
        files = write(response=[{"arm": "iv", "instrument": "phq9", "axis": "day", "timepoint": "d", "endpoint": "response", "population": "started",
                                 "n": 60, "events": None, "proportion": 0.05}])  # fmt: skip
        assert [found for _, found in guess_events(files, K)] == [{3}]


class TestBreaches:
    def test_a_percentage_gives_no_total_away(self):
        """Male: all 40, 45.977011 %: the total was 87, and 87 − 39 − 45 = 3."""
        sizes, male = {"all": 87, "iv": 45, "esketamine": 39, "im": 3}, {"all": 40, "iv": 22, "esketamine": 17, "im": 1}
        rows = [{"variable": "patients", "level": "", "arm": arm, "n": n} for arm, n in sizes.items()]
        for level, counts in {"male": male, "female": {arm: n - male[arm] for arm, n in sizes.items()}}.items():
            rows += [
                {"variable": "sex", "level": level, "arm": arm, "n": n, "percent": 100 * n / sizes[arm], "missing": 0}
                for arm, n in counts.items()
            ]
        files = gate(baseline=rows)
        assert "45.9" not in files["baseline"]
        assert [one for one in solve(read_files(files, K, {})) if one.name[-1] == "im"] == []

    def test_two_numbers_of_the_same_patients_do_not_tell_who_is_lost(self):
        """693 in the sensitivity table and 269 + 422 in the effects: two patients, whose reason a note told."""
        sides = {"treated": "iv", "reference": "esketamine"}
        effects = {"axis": "day", "timepoint": "day 28", "variance": "cr2", "n_treated": 433, "n_reference": 506,
                   "observed_treated": 269, "observed_reference": 422}  # fmt: skip
        analysis = {
            "endpoint": "response",
            "analysis": "unadjusted_observed",
            "scale": "risk difference",
            "axis": "day",
            "timepoint": "day 28",
            "n": 693,
        }
        files = gate(
            effects=[effects],
            sensitivity=[analysis],
            weights=[{"weights": "none", "arm": arm, "n": n} for arm, n in (("iv", 444), ("esketamine", 529))],
        )
        assert rows_of(files, "sensitivity")[0]["n"] == "695"
        assert [rows_of(files, "effects")[0][f"observed_{side}"] for side in sides] == ["270", "420"]
        assert solve(read_files(files, K, sides)) == []


@pytest.mark.parametrize("seed", STUDIES)
def test_no_small_count_of_a_whole_study_is_recovered(seed):
    try:
        result = attack_study(draw_study(seed))
    except OutcomesError as refusal:
        pytest.skip(f"the analysis refuses the study: {refusal}")
    assert result["recovered"] == []
    assert result["hidden"] == 0 or result["narrowed"] / result["hidden"] < 0.02


def test_arms_are_drawn_of_all_sizes():
    drawn = [draw_study(seed) for seed in range(60)]
    sizes = [size for study in drawn for size in study.sizes.values()]
    assert min(sizes) == 1
    assert {len(study.sizes) for study in drawn} == {1, 2, 3, len(ARMS)}
    assert max(sum(study.sizes.values()) for study in drawn) > 700
    assert {5, 11, 20} <= {study.study.privacy.minimum_cell for study in drawn}


def test_the_page_shows_what_the_benchmark_found():
    sys.path.insert(0, str(ROOT / "benchmarks" / "disclosure"))
    from attack_whole_studies import PAGE, describe

    with (ROOT / "benchmarks/disclosure/whole.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert describe(rows) in PAGE.read_text(encoding="utf-8"), "run benchmarks/disclosure/attack_whole_studies.py"
    assert all(int(row["recovered"] or 0) == 0 for row in rows)
    assert next(row for row in rows if row["study"] == "example")
