"""The attack on releases: known leaks are found, known breaches stay closed, and random whole studies give nothing away."""

import csv
import itertools
import os
import sys

import numpy as np
import pandas as pd
import pytest
from attack_arithmetic import fit_criteria, fit_mean, guess_events, read_words
from attack_reader import COUNTS, NONE, OTHERS, read_files, rows_of
from attack_system import System, read_printed, solve
from whole_studies import ARMS, ROOT, attack_study, draw_study, release_text

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.text import format_table
from outcomes.errors import OutcomesError
from outcomes.settings.analysis import Privacy

K = 11
STUDIES = range(int(os.environ.get("OUTCOMES_ATTACKED_STUDIES", "3")))  # `make nightly` asks for 300


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
            for fake in (
                row,
                row | {"unit": "people"},
                row | {"unit": "single rows"},
                row | {"unit": "patients"},
                row | {"variable": "patients"},
            )
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
        assert [(one.low, one.high) for one in solve(system).found if one.name == ("started", "x")] == [(3, 3)]

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

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ("1 of 80 subjects has no other time point", True),
            ("left out: 7 patients", True),
            ("of 693 compared patients", True),
            ("<11 of 695 patients", False),
            ("fewer than 10 patients", False),
            ("clustered by 8 sites", False),
        ],
    )
    def test_a_number_in_words(self, words, told):
        files = write(models=[{"model": "m", "warnings": words}])
        assert [text for *_, text in read_words(files, K)] == [words] * told

    def test_cells_that_are_not_zero_in_a_small_group(self):
        """Four answers of 1 to 4 each, of 4 patients, who are those asked (8) less those who turned (4)."""
        system = System(5)
        system.narrow("asked", 8, 8)
        system.narrow("turned", 4, 4)
        system.within("asked", "turned")
        for name in "abcd":
            system.show(name, "<5")
            system.narrow(name, 1)
        system.add(("rest", "asked", "turned"), "abcd")
        assert [(one.name, one.low, one.high) for one in solve(system).found if one.name in set("abcd")] == [
            (name, 1, 1) for name in "abcd"
        ]

    @pytest.mark.parametrize("seed", range(12))
    def test_equations_in_rings_and_in_trees_are_answered_alike(self, seed):
        """A table of 3 by 3 with its margins is a ring; every value that some table has is counted, and compared."""
        generator = np.random.default_rng(seed)
        true = generator.integers(0, 6, (2, 2))
        system = System(5)
        for row, column in itertools.product((0, 1), repeat=2):
            system.show((row, column), "<5" if 0 < true[row, column] < 5 else str(true[row, column]))
            system.narrow((row, column), 0 if true[row, column] == 0 else 1, 9)
        for place in (0, 1):
            for name, total in ((("row", place), true[place].sum()), (("column", place), true[:, place].sum())):
                system.narrow(name, float(total), float(total) + int(generator.integers(0, 3)))
            system.add(("row", place), [(place, 0), (place, 1)])
            system.add(("column", place), [(0, place), (1, place)])
        ranges = [
            range(int(low), int(high) + 1)
            for low, high in (system.bounds[place, at] for place in (0, 1) for at in (0, 1))
        ]
        fits = [np.array(cells).reshape(2, 2) for cells in itertools.product(*ranges)]
        limits = [(system.bounds["row", place], system.bounds["column", place]) for place in (0, 1)]
        fits = [one for one in fits if all(
            row[0] <= one[place].sum() <= row[1] and column[0] <= one[:, place].sum() <= column[1]
            for place, (row, column) in enumerate(limits)
        )]  # fmt: skip
        seen = {
            (row, column): {int(one[row, column]) for one in fits}
            for row, column in itertools.product((0, 1), repeat=2)
        }
        narrow = {
            name: (min(all_), max(all_))
            for name, all_ in seen.items()
            if max(all_) - min(all_) < 2 and min(all_) >= 1 and max(all_) < 5
        }
        found = {one.name: (one.low, one.high) for one in solve(system).found if one.name in seen}
        assert found == narrow


class TestBreaches:
    def test_a_percentage_gives_no_total_away(self):
        """Male: all 40, 45.977011%: the total was 87, and 87 − 39 − 45 = 3."""
        sizes, male = {"all": 87, "iv": 45, "esketamine": 39, "im": 3}, {"all": 40, "iv": 22, "esketamine": 17, "im": 1}
        rows = [{"variable": "patients", "level": "", "arm": arm, "n": n} for arm, n in sizes.items()]
        for level, counts in {"male": male, "female": {arm: n - male[arm] for arm, n in sizes.items()}}.items():
            rows += [
                {"variable": "sex", "level": level, "arm": arm, "n": n, "percent": 100 * n / sizes[arm], "missing": 0}
                for arm, n in counts.items()
            ]
        files = gate(baseline=rows)
        assert "45.9" not in files["baseline"]
        assert [one for one in solve(read_files(files, K, {})).found if one.name[-1] == "im"] == []

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
        assert solve(read_files(files, K, sides)).found == []


@pytest.mark.parametrize("seed", STUDIES)
def test_no_small_count_of_a_whole_study_is_recovered(seed):
    try:
        result = attack_study(draw_study(seed))
    except OutcomesError as refusal:
        pytest.skip(f"the analysis refuses the study: {refusal}")
    assert result["recovered"] == []
    assert result["words"] == []
    assert result["undecided"] == 0
    assert result["hidden"] == 0 or result["narrowed"] / result["hidden"] < 0.02


def test_arms_are_drawn_of_all_sizes():
    drawn = [draw_study(seed) for seed in range(60)]
    sizes = [size for study in drawn for size in study.sizes.values()]
    assert min(sizes) == 1
    assert {len(study.sizes) for study in drawn} == {1, 2, 3, len(ARMS)}
    assert max(sum(study.sizes.values()) for study in drawn) > 700
    assert {6, 11, 16, 21} <= {study.study.privacy.minimum_cell for study in drawn}


def test_the_page_shows_what_the_benchmark_found():
    sys.path.insert(0, str(ROOT / "benchmarks" / "disclosure"))
    from attack_whole_studies import PAGE, describe

    with (ROOT / "benchmarks/disclosure/whole.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert describe(rows) in PAGE.read_text(encoding="utf-8"), "run benchmarks/disclosure/attack_whole_studies.py"
    assert all(int(row["recovered"] or 0) == 0 for row in rows)
    assert next(row for row in rows if row["study"] == "example")
