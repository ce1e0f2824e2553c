"""What the gate does with each kind of column, on tables made by hand."""

import csv
import io
import re

import numpy as np
import pandas as pd
import pytest
from attack_reader import read_files
from attack_system import solve
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.text import format_table, parse_bound, read_table
from outcomes.poisson import compute_garwood
from outcomes.proportions import compute_wilson
from outcomes.release.disclosure.counts import round_counts
from outcomes.release.disclosure.gate import release_tables
from outcomes.release.disclosure.rounding import Rounding
from outcomes.release.disclosure.shares import release_share, round_shares
from outcomes.release.disclosure.words import describe_release, write_footnote
from outcomes.settings.analysis import Privacy

K = 11
PLACE = {"instrument": "phq9", "axis": "day", "timepoint": "day 28", "time": 28.0}


def release(name, rows, **privacy):
    frame = release_tables({name: pd.DataFrame(rows)}, Privacy(**privacy))[name]
    return read_table(format_table(frame), name)


def shown(name, rows, column, **privacy):
    """Return a column as its file shows it."""
    frame = release(name, rows, **privacy)
    numbers = ["" if pd.isna(value) else f"{value:g}" for value in frame[column]]
    beside = f"{column}_bound"
    return (
        [bound or number for bound, number in zip(frame[beside], numbers, strict=True)] if beside in frame else numbers
    )


def rate(n, events, **more):
    lower, upper = compute_wilson(events, n)
    row = PLACE | {"arm": "iv", "endpoint": "response", "population": "started", "n": n, "events": events}
    return row | {"proportion": events / n if n else np.nan, "lower": float(lower), "upper": float(upper)} | more


class TestCounts:
    @given(st.integers(0, 5000), st.integers(5, 30))
    def test_a_printed_count_never_says_which_it_was(self, count, minimum):
        rounding = Rounding(minimum)
        if rounding.hides(count):
            return
        printed = rounding.round(count)
        low, high = rounding.span(printed)
        assert low <= count <= high
        assert rounding.round(low) == rounding.round(high) == printed
        assert printed == 0 or rounding.round(low - 1) != printed or rounding.hides(low - 1)
        assert rounding.round(high + 1) != printed
        assert count == 0 or high - low >= 2 or minimum % 5 == 3

    def test_by_hand(self):
        counts = [0, 1, 10, 11, 17, 18, 443, 447, 448]
        rows = [rate(1000, events, timepoint=f"day {i}") for i, events in enumerate(counts)]
        assert shown("response", rows, "events") == ["0", "<11", "<11", "15", "15", "20", "445", "445", "450"]

    def test_a_small_group_tells_nothing_apart(self):
        rows = [rate(8, 0), rate(8, 8, endpoint="remission"), rate(0, 0, endpoint="worsening", proportion=np.nan)]
        assert shown("response", rows, "events") == ["<11", "<11", "0"]
        assert shown("response", rows, "proportion") == shown("response", rows, "upper") == ["", "", ""]

    def test_levels_of_a_small_arm_tell_nothing_apart(self):
        sizes = {"all": 58, "iv": 50, "im": 8}
        rows = [{"variable": "patients", "level": "", "arm": arm, "n": n} for arm, n in sizes.items()]
        for level, parts in {"a": (30, 30, 0), "b": (28, 20, 8)}.items():
            rows += [
                {"variable": "sex", "level": level, "arm": arm, "n": n, "percent": 100 * n / sizes[arm], "missing": 0}
                for arm, n in zip(sizes, parts, strict=True)
            ]
        assert shown("baseline", rows, "n") == ["60", "50", "<11", "30", "30", "<11", "30", "20", "<11"]
        assert shown("baseline", rows, "percent")[3:] == ["50", "60", "", "50", "40", ""]

    def test_rows_of_a_file_are_no_people_but_where_each_is_one(self):
        rows = [
            {
                "file": name,
                "unit": unit,
                "raw": 1207,
                "kept": 1204,
                "corrected": 2,
                "flagged": 0,
                "merged": 3,
                "quarantined": 0,
            }
            for name, unit in (("input 01", "rows"), ("input 02", "single rows"))
        ]
        assert shown("balance", rows, "raw") == ["1207", "1205"]
        assert shown("balance", rows, "merged") == ["3", "<11"]
        assert shown("balance", rows, "corrected") == ["2", "<11"]
        entries = [
            {"file": row["file"], "unit": row["unit"], "state": "merged", "reason": "two_sites", "rows": 3}
            for row in rows
        ]
        assert shown("ledger", entries, "rows") == ["3", "<11"]

    def test_rows_of_the_export_are_rounded_as_some_are_people(self):
        rows = [
            {"order": 1, "unit": "rows", "arm": "all", "label": "Rows in the export", "reason": "", "n": 1207},
            {"order": 2, "unit": "rows", "arm": "all", "label": "merged: two_sites", "reason": "two_sites", "n": 3},
            {"order": 3, "unit": "series", "arm": "all", "label": "Series", "reason": "", "n": 63},
        ]
        assert shown("flow", rows, "n") == ["1205", "<11", "65"]

    def test_no_part_is_printed_above_its_whole_nor_a_number_far_from_its_own(self):
        """Of 22 people 18 alike and 4 not: 50 of 20 was printed once."""
        pair = PLACE | {"arm": "iv", "other": "gad7", "relation": "different"}
        rows = [
            pair | {"timepoint": f"day {n}", "n": n, "same": n - few, "first_only": few - 1, "second_only": 1, "both": 0.5,
                    "neither": 0.4, "fewest": 1}
            for n in range(15, 60) for few in (2, 4)
        ]  # fmt: skip
        frame = release("joint_response", rows)
        both = frame["n"].notna() & frame["same"].notna()
        assert (frame.loc[both, "same"] <= frame.loc[both, "n"]).all()
        true = pd.DataFrame(rows)
        assert (frame.loc[both, "same"].astype(float) <= 1.5 * true.loc[both, "same"]).all()
        assert both.any()

    @pytest.mark.parametrize("few", range(1, 11))
    def test_no_level_is_printed_above_its_arm(self, few):
        """50 of an arm of 40 was printed once."""
        for arm in range(25, 60, 3):
            cell = {"endpoint": "change", "population": "everyone"}
            levels = {"all": arm, "young": arm - few, "old": few}
            rows = [
                cell | {"variable": "" if level == "all" else "age", "level": level, "n_treated": n, "n_reference": 50 - (level == "old") * 30,
                        "observed_treated": n, "observed_reference": 20}
                for level, n in levels.items()
            ]  # fmt: skip
            n = release("subgroups", rows).set_index("level")["n_treated"].astype(float)
            assert not (n.drop("all") > n["all"]).any()

    def test_a_total_that_would_narrow_a_part_is_rounded_more(self):
        """90 is 88 to 92, 45 is 43 to 47 and 35 is 33 to 37: that leaves 4 to 16 for the third arm. With 100, 14 to 26: none below 11."""
        place = PLACE | {"mean": 1.0}
        near = [place | {"arm": arm, "n": n} for arm, n in {"all": 90, "a": 45, "b": 35, "c": 10}.items()]
        assert shown("scores", near, "n") == ["90", "45", "35", "<11"]
        far = [place | {"arm": arm, "n": n} for arm, n in {"all": 103, "a": 47, "b": 47, "c": 9}.items()]
        assert shown("scores", far, "n") == ["100", "45", "45", "<11"]  # 103 to 107 less twice 43 to 47 leave 9 or 10

    def test_a_total_tells_little_of_two_hidden_parts_that_stand_in_two_tables(self):
        """With a minimum of 5, 8 without ideation were 10, which was 8 to 12: 4 then had some, and `ideation` showed those who still had none as <5."""
        rows = [PLACE | {"arm": "iv", "transition": "none_to_any", "n": n, "events": 4} for n in (8, 13)]
        assert shown("ideation_change", rows, "events", minimum_cell=5) == ["<6", "<6"]
        assert shown("ideation_change", rows, "n", minimum_cell=5) == ["10", "15"]  # 6 to 12, so 1 to 5 each

    def test_a_coarser_number_protects_from_a_reader_who_takes_it_for_one_rounded_to_five(self):
        """98 is 100 to 5 and to 10: who reads 98 to 102, less 43 to 47 and 38 to 42, is right that 9 or 10 are left."""
        place = PLACE | {"mean": 1.0}
        rows = [place | {"arm": arm, "n": n} for arm, n in {"all": 98, "a": 47, "b": 42, "c": 9}.items()]
        assert shown("scores", rows, "n") == ["", "45", "40", "<11"]

    def test_parts_of_a_total_that_other_tables_show_are_coarser_than_such_a_reader_thinks(self):
        """56 as 55, of which 42 as 40; levels of 38 and 18 say that the 55 is at least 56: 14 were left for the third arm."""
        sizes = {"all": 56, "esketamine": 14, "iv": 42}
        rows = [{"variable": "patients", "level": "", "arm": arm, "n": n} for arm, n in sizes.items()]
        rows += [{"variable": "therapy", "level": level, "arm": arm, "n": n, "missing": 0} for level, arms in
                 {"no": (38, 9, 29), "yes": (18, 5, 13)}.items() for arm, n in zip(sizes, arms, strict=True)]  # fmt: skip
        files = {
            "baseline": format_table(
                release_tables({"baseline": pd.DataFrame(rows)}, Privacy(minimum_cell=15))["baseline"]
            )
        }
        system = read_files(files, 16, {})
        found = [one for one in solve(system).found if one.name == ("patients", "esketamine")]
        assert found == []
        assert shown("baseline", rows, "n", minimum_cell=15)[:6] == ["55", "<16", "40", "50", "<16", "30"]  # 38 as 50

    def test_levels_that_narrow_a_hidden_part_do_not_take_those_of_other_variables_along(self):
        """Nine of 71 with a payer follow too nearly from the other payers: sex and age of an arm of 103 once had no number either."""
        levels = {("patients", ""): (216, 103, 113), ("age", ""): (216, 103, 113), ("sex", "female"): (126, 63, 63), ("sex", "male"): (90, 40, 50),
                  ("payer", "a"): (96, 58, 38), ("payer", "b"): (17, 15, 2), ("payer", "c"): (32, 21, 11), ("payer", "d"): (71, 9, 62)}  # fmt: skip
        rows = [{"variable": variable, "level": level, "arm": arm, "n": n, "missing": 0}
                for (variable, level), sizes in levels.items() for arm, n in zip(("all", "x", "y"), sizes, strict=True)]  # fmt: skip
        found = shown("baseline", rows, "n")
        assert found[:12] == ["215", "105", "115", "215", "105", "115", "125", "65", "65", "90", "40", "50"]  # fmt: skip
        assert found[13::3] == ["60", "15", "20", ""]  # the nine alone are not told; to round the others did not help

    def test_a_percentage_is_that_of_the_count_beside_it_however_coarse(self):
        """23 and 14 of 37 are 25 and 15 of 35; where 23 is printed as 20, to ten, its share is 57%, and where nothing is, there is none."""
        table, rounding = RELEASED["baseline"], Rounding(K)
        sizes = {"female": 23, "male": 14}
        rows = [
            {"variable": "sex", "level": level, "arm": "iv", "n": n, "percent": 100 * n / 37, "missing": 0}
            for level, n in sizes.items()
        ]
        for printed, told in ((25.0, [71.0, 43.0]), (20.0, [57.0, 43.0]), (np.nan, [np.nan, 43.0])):
            counts = round_counts(pd.DataFrame(rows), table, rounding)
            counts["n"].printed[0] = printed
            values, _ = round_shares(pd.DataFrame(rows), table, counts, rounding)
            np.testing.assert_equal([number for number, _ in values["percent"]], told)


class TestLevels:
    def test_levels_of_few_are_put_together_and_lose_their_names(self):
        sizes = {"all": 100, "iv": 60, "im": 40}
        rows = [{"variable": "patients", "level": "", "arm": arm, "n": n} for arm, n in sizes.items()]
        for level, parts in {"a": (88, 50, 38), "Dr Who": (5, 5, 0), "b": (7, 5, 2)}.items():
            rows += [
                {"variable": "payer", "level": level, "arm": arm, "n": n, "percent": 100 * n / sizes[arm], "missing": 0}
                for arm, n in zip(sizes, parts, strict=True)
            ]
        frame = release("baseline", rows)
        assert frame["level"].fillna("").drop_duplicates().tolist() == ["", "a", "other (2 levels)"]
        other = frame[frame["level"] == "other (2 levels)"]
        assert [bound or f"{n}" for n, bound in zip(other["n"], other["n_bound"], strict=True)] == ["15", "<11", "<11"]
        assert frame["missing"].dropna().tolist() == [0] * 6

    @pytest.mark.parametrize("minimum", [6, 11, 21])
    def test_no_number_of_levels_tells_how_many_people_have_them(self, minimum):
        """Ten levels of fewer than eleven people are ten people, one each; nine are of nine or ten."""
        told: dict[str, set[int]] = {}
        for levels in range(1, minimum):
            for people in range(levels, minimum):
                sizes = [people - levels + 1, *[1] * (levels - 1)]
                rows = [{"variable": "patients", "level": "", "arm": "all", "n": 200}]
                rows += [{"variable": "payer", "level": "a", "arm": "all", "n": 200 - people, "missing": 0}]
                rows += [
                    {"variable": "payer", "level": f"rare {at}", "arm": "all", "n": n, "missing": 0}
                    for at, n in enumerate(sizes)
                ]
                told.setdefault(release("baseline", rows, minimum_cell=minimum)["level"].iloc[-1], set()).add(people)
        assert all(name.startswith("other (") for name in told)
        assert min(len(possible) for possible in told.values()) >= 3

    def test_bands_that_the_instrument_defines_keep_their_names(self):
        rows = [{"variable": "patients", "level": "", "arm": "all", "n": 50}]
        rows += [
            {"variable": "phq9_band", "level": level, "arm": "all", "n": n, "missing": 0}
            for level, n in (("mild", 4), ("severe", 46))
        ]
        assert release("baseline", rows)["level"].dropna().tolist() == ["mild", "severe"]


class TestShares:
    @pytest.mark.parametrize(
        ("events", "n", "text"),
        [
            (53, 444, "0.12"),
            (55, 445, "0.12"),
            (0, 445, "0"),
            (3, 70, "<0.15"),
            (10, 11, "<0.91"),
            (70, 70, ">0.94"),
            (67, 70, "0.93"),
        ],
    )
    def test_by_hand(self, events, n, text):
        assert shown("response", [rate(n, events)], "proportion") == [text]

    def test_intervals_are_those_of_the_rounded_counts(self):
        for events in (53, 54, 55, 57):
            frame = release("response", [rate(444, events)])
            lower, upper = (round(float(limit), 2) for limit in compute_wilson(55, 445))
            assert frame[["lower", "upper"]].iloc[0].tolist() == [lower, upper]
        assert shown("response", [rate(445, 4)], "upper") == shown("response", [rate(443, 9)], "upper") == ["<0.05"]
        assert shown("response", [rate(445, 4)], "lower") == [""]

    @given(st.integers(1, 400), st.data())
    @settings(deadline=None)
    def test_a_share_is_where_it_is_said_to_be_and_depends_on_the_released_counts_alone(self, n, data):
        events = data.draw(st.integers(0, n))
        one = release_share(events, n, Rounding(K))
        number, bound = one.value
        if bound:
            sign, limit = parse_bound(bound)
            assert events / n < limit if sign == "<" else events / n > limit
        elif not np.isnan(number):
            assert abs(number - events / n) <= 5 / n + 0.005
        printed = [(Rounding(K).round(x) if not Rounding(K).hides(x) else None) for x in (events, n)]
        others = [
            release_share(x, m, Rounding(K)).value
            for x, m in ((events + 1, n), (events - 1, n), (events, n + 1))
            if 0 <= x <= m and [(Rounding(K).round(y) if not Rounding(K).hides(y) else None) for y in (x, m)] == printed
        ]
        assert {str(value) for value in others} <= {str(one.value)}

    def test_a_difference_is_that_of_the_rounded_counts(self):
        row = dict(PLACE) | {"endpoint": "response", "population": "started"}
        row |= {"contrast": "iv - im", "difference": 0.1, "lower": 0.0, "upper": 0.2}
        rows = [
            row | {"n": n, "events": x, "n_reference": m, "events_reference": y}
            for n, x, m, y in ((101, 41, 99, 32), (102, 39, 98, 29), (60, 4, 100, 50))
        ]
        frame = release("differences", rows)
        assert frame["difference"].tolist()[:2] == [0.1, 0.1]
        assert frame["lower"].iloc[0] == frame["lower"].iloc[1]
        assert frame["difference_bound"].tolist() == ["", "", "<-0.29"]

    def test_a_curve_steps_with_the_rounded_people(self):
        rows = [
            {"arm": "iv", "end": "loss", "method": "kaplan_meier", "week": week, "share": share, "lower": share - 0.1, "upper": share + 0.1,
             "n": 133}
            for week, share in ((3, 131 / 133), (4, 130 / 133), (5, 121 / 133), (6, 3 / 133))
        ]  # fmt: skip
        assert shown("durability_first", rows, "share") == ["0.96", "0.96", "0.89", "<0.08"]


class TestStatistics:
    def test_of_few_nothing_is_said(self):
        rows = [PLACE | {"arm": arm, "n": n, "mean": 12.3456, "sd": 4.5, "median": 12.5, "q1": 9.25, "q3": 15.0, "lower": 11.0,
                         "upper": 13.7} for arm, n in (("a", 10), ("b", 60))]  # fmt: skip
        frame = release("scores", rows)
        assert frame.loc[0, ["mean", "sd", "median", "q1", "q3", "lower", "upper"]].isna().all()
        assert frame.loc[1, ["mean", "sd", "median", "q1", "q3"]].tolist() == [12.3, 4.5, 12, 9, 15]

    def test_a_rise_of_pressure_is_shown_whoever_was_measured_afterwards(self):
        row = {"measure": "systolic", "arm": "iv", "sessions": 240, "patients": 40, "mean": 18.3, "sd": 9.1}
        row |= {"lower": 15.4, "upper": 21.2, "returned": 0, "proportion": np.nan}
        none, few = (release("pressure_rise", [row | {"followed": n}]).iloc[0] for n in (0, 4))
        assert none["mean"] == pytest.approx(18.3, abs=1)
        assert none["lower"] < none["mean"] < none["upper"]
        assert none["followed"] == 0
        assert np.isnan(none["proportion"])
        assert few["followed_bound"] == "<11"
        assert (few["mean"], few["sd"]) == (none["mean"], none["sd"])
        of_few = release("pressure_rise", [row | {"patients": 8, "sessions": 48, "followed": 0}]).iloc[0]
        assert np.isnan(of_few[["mean", "sd", "lower", "upper"]].astype(float)).all()

    @pytest.mark.parametrize("n", [11, 30, 99, 400])
    def test_a_mean_does_not_tell_of_how_many_it_is(self, n):
        """Every printed mean of whole numbers is one that each nearby n could have."""
        sums = np.arange(0, 27 * n)
        printed = {
            release("scores", [PLACE | {"arm": "a", "n": n, "mean": total / n, "sd": 4.5}])["mean"].iloc[0]
            for total in sums[:: n // 7]
        }
        for other in range(max(K, n - 2), n + 3):
            possible = {round(total / other, 1) for total in range(27 * other + 1)}
            assert printed <= possible

    @pytest.mark.parametrize(
        ("minimum", "numbers"), [(6, range(6, 13)), (11, range(11, 18)), (11, range(18, 23)), (11, range(443, 448))]
    )
    @pytest.mark.parametrize("sd", [0.9, 4.46, 6.447])
    def test_an_interval_of_a_mean_does_not_tell_of_how_many_it_is(self, minimum, numbers, sd):
        """Seven patients were told by a width that eight could not have: all numbers printed alike are given one interval."""
        halves = [t.ppf(0.975, n - 1) * sd / n**0.5 for n in numbers]
        rows = [
            PLACE | {"arm": str(n), "n": n, "mean": 9.7, "sd": sd, "lower": 9.7 - half, "upper": 9.7 + half}
            for n, half in zip(numbers, halves, strict=True)
        ]
        frame = release("scores", rows, minimum_cell=minimum)
        assert len(frame[["n", "mean", "sd", "lower", "upper"]].drop_duplicates()) == 1
        assert frame["upper"].iloc[0] - frame["lower"].iloc[0] >= 2 * max(halves) - 0.1
        assert frame["upper"].iloc[0] - frame["lower"].iloc[0] <= 2 * 1.12 * max(halves) + 0.1

    def test_an_amount_of_money_is_never_printed_as_none(self):
        row = {"arm": "iv", "horizon": "induction", "variable": "patients", "level": "", "patients": 11, "complete": 11, "counted": 11,
               "mean": 2364.0, "lower": 100.0, "upper": 29530.0, "median": 2450.0, "per_session": 456.0}  # fmt: skip
        assert release("charges", [row], minimum_cell=6)[["mean", "per_session"]].to_numpy().tolist() == [[2000, 500]]

    def test_few_events_hide_what_would_count_them(self):
        row = {
            "endpoint": "response",
            "analysis": "weighted_started",
            "scale": "risk difference",
            "axis": "day",
            "timepoint": "day 28",
        }
        row |= {
            "estimate": 0.0912,
            "lower": 0.05,
            "upper": 0.13,
            "n": 100,
            "effective_n": 90.0,
            "converged": True,
            "note": "",
        }
        frame = release("sensitivity", [row | {"fewest": 4}, row | {"fewest": 40, "analysis": "augmented_started"}])
        assert frame["estimate"].isna().tolist() == [True, False]
        assert frame["estimate"].iloc[1] == 0.09
        assert "fewest" not in frame

    def test_criteria_do_not_tell_the_number_of_patients(self):
        """BIC less AIC is k (log n − 2): with 28 parameters, 900 patients and 901 differ by 0.03."""
        row = {
            "model": "m",
            "n_subjects": 900,
            "n_observations": 4000,
            "loglik": -11342.7394,
            "aic": 22727.479,
            "bic": 22850.123,
        }
        frame = release("models", [row])
        assert frame[["loglik", "aic", "bic"]].iloc[0].tolist() == [-11343, 22727, 22850]


def test_exact_on_a_reason():
    rows = [rate(444, 3)]
    frame = release("response", rows, release="exact", because="public")
    assert frame.loc[0, ["n", "events"]].tolist() == [444, 3]
    assert frame["proportion"].iloc[0] == pytest.approx(3 / 444, abs=1e-6)
    assert write_footnote(Privacy(release="exact", because="public")) == ""
    assert "public" in describe_release(Privacy(release="exact", because="public"))
    assert "shown as <11" in describe_release(Privacy())


def test_what_is_not_declared_is_refused():
    with pytest.raises(ValueError, match="no declaration of patients"):
        release_tables({"patients": pd.DataFrame({"patient": [1]})}, Privacy())
    with pytest.raises(ValueError, match="table response: age not declared"):
        release_tables({"response": pd.DataFrame([rate(50, 20) | {"age": 40}])}, Privacy())


@pytest.mark.parametrize("name", RELEASED)
def test_an_empty_table_passes(name):
    frame = release_tables({name: pd.DataFrame(columns=RELEASED[name].columns)}, Privacy())[name]
    assert [column for column in frame if not column.endswith("_bound") and column != "withheld"] == RELEASED[
        name
    ].columns


def test_totals_that_hang_together_are_coarsened_to_an_end():
    """A hidden total that follows from another sum, which it is a part of, once sent the gate round for ever."""
    generator = np.random.default_rng(7)
    for _ in range(40):
        sizes = {"a": int(generator.integers(1, 40)), "b": int(generator.integers(1, 40))}
        rows, levels = [], {arm: generator.multinomial(n, [0.25] * 4) for arm, n in sizes.items()}
        for arm in ("all", "a", "b"):
            total = sum(sizes.values()) if arm == "all" else sizes[arm]
            rows.append({"variable": "patients", "level": "", "arm": arm, "n": total})
            for place in range(3):
                n = sum(levels[one][place] for one in sizes) if arm == "all" else levels[arm][place]
                missing = sum(levels[one][3] for one in sizes) if arm == "all" else levels[arm][3]
                rows.append({"variable": "x_band", "level": f"l{place}", "arm": arm, "n": n, "missing": missing})
        frame = release("baseline", rows)
        hidden = frame["n_bound"] != ""
        assert (
            hidden.equals(pd.Series([0 < row["n"] < K for row in rows]))
            or (frame.loc[~hidden, "n"].fillna(0) % 5 == 0).all()
        )


def test_a_cell_itself_says_that_it_is_not_shown():
    """No column of flags: a small count is a bound, a number that rests on few people outside its row is 'few', nobody is zero."""
    rows = [{"variable": "sex", "contrast": "iv - im", "smd": 0.31, "fewest": n} for n in (40, 3)]
    text = format_table(release_tables({"baseline_smd": pd.DataFrame(rows)}, Privacy())["baseline_smd"])
    assert text.splitlines() == ["variable,contrast,smd", "sex,iv - im,0.31", "sex,iv - im,few"]
    again = read_table(text, "baseline_smd")
    assert again["withheld"].tolist() == [False, True]
    assert again["smd"].isna().tolist() == [False, True]
    place = {"instrument": "phq9", "axis": "day", "timepoint": "day 7", "time": 7}
    scores = [{"arm": arm, **place, "n": n, "mean": 9.0 if n else None} for arm, n in (("iv", 60), ("im", 3), ("x", 0))]
    text = format_table(release_tables({"scores": pd.DataFrame(scores)}, Privacy())["scores"])
    assert [line.split(",")[-2:] for line in text.splitlines()] == [["n", "mean"], ["60", "9"], ["<11", ""], ["0", ""]]
    assert read_table(text, "scores")["withheld"].tolist() == [False, True, False]


class TestManyPeople:
    """Of thousands of people whole percents hide an interval's width: more digits, never an interval that is a point."""

    def test_a_share(self):
        for events in (25, 1990, 2995):
            frame = release("response", [rate(3000, events), rate(40_000, events * 13)])
            assert (frame["lower"] < frame["upper"]).all()
            assert frame["proportion"].between(frame["lower"], frame["upper"]).all()
        nearly = release("response", [rate(3000, 2995)]).iloc[0]
        assert nearly[["proportion", "lower", "upper"]].tolist() == [0.998, 0.996, 0.999]
        assert shown("response", [rate(300, 100)], "lower") == ["0.28"]

    def test_a_modelled_share_of_sessions(self):
        row = {"event": "any", "arm": "iv", "sessions": "1-6", "patients": 900, "asked": 4000, "with_event": 3990}
        frame = release("harm_sessions", [row | {"proportion": 0.9975, "lower": 0.9962, "upper": 0.9984}])
        assert 0 < frame["lower"].iloc[0] < frame["upper"].iloc[0] < 1
        assert frame["lower"].iloc[0] <= frame["proportion"].iloc[0] <= frame["upper"].iloc[0]

    def test_a_rate_whose_interval_is_wider_than_poissons(self):
        """150 events, dispersed by 1.4: the released interval is that of 107 events, and never narrower than Poisson's."""
        row = {
            "event": "any",
            "arm": "iv",
            "patients": 300,
            "affected": 150,
            "weeks": 1000.0,
            "rate": 15.0,
            "incidence": 0.4,
        }
        wide = [100 * float(end) for end in compute_garwood(150 / 1.4, 1000 / 1.4)]
        plain = [100 * float(end) for end in compute_garwood(150, 1000)]
        for ends, expected in ((wide, wide), (plain, plain), ([14.9, 15.1], plain)):
            frame = release("harm_rates", [row | {"lower": ends[0], "upper": ends[1]}])
            assert frame[["lower", "upper"]].iloc[0].tolist() == pytest.approx(expected, abs=0.02)

    def test_a_difference_and_an_estimate(self):
        row = PLACE | {
            "endpoint": "response",
            "population": "started",
            "contrast": "iv - im",
            "n": 50_000,
            "events": 25_000,
        }
        row |= {
            "n_reference": 50_000,
            "events_reference": 24_990,
            "difference": 0.0002,
            "lower": -0.001,
            "upper": 0.0014,
        }
        frame = release("differences", [row])
        assert frame["lower"].iloc[0] < frame["upper"].iloc[0]
        analysis = {
            "endpoint": "response",
            "analysis": "weighted_started",
            "axis": "day",
            "timepoint": "day 28",
            "n": 90_000,
        }
        rows = [analysis | {"scale": scale, "estimate": 1.0012, "lower": 1.0002, "upper": 1.0023, "fewest": 9000, "effective_n": 8e4,
                            "converged": True, "note": ""} for scale in ("risk difference", "risk ratio")]  # fmt: skip
        frame = release("sensitivity", rows)
        assert (frame["lower"] < frame["upper"]).all()
        assert frame["estimate"].between(frame["lower"], frame["upper"]).all()


@pytest.mark.parametrize(
    "label",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1+1",
        "\uff1d1",
        "IV;=HYPERLINK(1)",
        "a;\t-1;b",
        "'=1",
        "''=x",
        ";@x",
        "a\n+1",
    ],
)
def test_no_part_of_a_cell_of_words_starts_a_formula_and_all_are_read_back(label):
    """Also where a country's spreadsheets split cells at semicolons, trim blanks, or know full-width signs."""
    text = format_table(pd.DataFrame({"weights": ["none"], "arm": [label], "n": [40]}))
    parts = re.split("[;\t\r\n]", next(csv.reader(io.StringIO(text.split("\n", 1)[1], newline="")))[1])
    assert not [part for part in parts if part.strip()[:1] in tuple("=+-@\uff1d")]
    assert text.split("\n", 1)[1].startswith(("none,'", "none,\"'")) or label[0] in "Ia;"
    if "\r" not in label:
        assert read_table(text, "weights")["arm"].tolist() == [label]


def test_no_zero_of_an_arm_of_few_patients_is_shown_though_no_column_says_how_many_they_are():
    """That neither of two patients had an event, or came a fourth time, is what one knows of these two."""
    arms = ["iv", "iv", "im", "im"]
    severity = pd.DataFrame({"event": ["any", "nausea"] * 2, "arm": arms, "affected": [30, 0, 1, 0]})
    severity = severity.assign(ungraded=0, graded=severity["affected"], mild=severity["affected"], moderate=0, severe=0)
    attendance = pd.DataFrame(
        {"arm": arms, "session": [1, 2, 1, 2], "patients": [40, 40, 2, 2], "attended": [40, 0, 2, 0]}
    )
    released = release_tables({"harm_severity": severity, "attendance": attendance}, Privacy())["harm_severity"]
    few = released["arm"] == "im"
    assert (released.loc[few, ["affected_bound", "ungraded_bound", "severe_bound"]] == "<11").all(axis=None)
    assert released.loc[~few, "severe"].tolist() == [0, 0]
