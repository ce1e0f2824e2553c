"""Every kind of mess can be switched off, is counted, and touches only what it says."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import pytest

from outcomes.errors import SettingsError
from outcomes.simulate import Mess, Network, simulate_network
from outcomes.simulate.files import RawFile
from outcomes.simulate.questionnaires import GAD7_ITEMS, PHQ9_ITEMS
from outcomes.simulate.writing import list_records, render_text

CHANGED_COLUMNS = {
    "wrong_totals": {"phq9_total", "gad7_total"},
    "impossible_items": {*PHQ9_ITEMS, *GAD7_ITEMS},
    "impossible_totals": {"phq9_total"},
    "dose_text": {"dose"},
    "dose_changes": {"dose"},
    "weights_in_pounds": {"weight"},
    "weight_ranges": {"weight"},
    "mislabelled_weights": {"weight"},
    "impossible_weights": {"weight"},
    "arm_spellings": {"treatment"},
    "damaged_characters": {"note"},
    "date_formats": {"date_of_birth", "visit_date", "completed_at", "event_date"},
}
ADDED_ROWS = {
    "duplicate_visits_exact",
    "duplicate_visits_amended",
    "duplicate_questionnaires_exact",
    "duplicate_questionnaires_conflicting",
    "blank_rows",
}
MOVED_ROWS = {"late_rows", "out_of_order_rows"}
ELSEWHERE = {"two_sites", "column_generations", "file_encodings", "missing_spellings"}
STRONG = Mess(**dict.fromkeys(ADDED_ROWS | MOVED_ROWS | {"wrong_totals", "impossible_items", "two_sites"}, 0.05))


def test_every_kind_is_tested() -> None:
    assert set(CHANGED_COLUMNS) | ADDED_ROWS | MOVED_ROWS | ELSEWHERE == set(Mess.kinds())


@pytest.fixture(scope="module")
def strong() -> Network:
    return simulate_network(300, 3, STRONG)


@cache
def switch_off(kind: str) -> Network:
    return simulate_network(300, 3, STRONG.without(kind))


def by_key(network: Network) -> dict[str, RawFile]:
    return {file.key: file for file in network.files}


def marked(file: RawFile, kind: str) -> list[bool]:
    flags: list[bool] = file.rows.marks[kind].tolist()
    return flags


def freeze(record: list[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in record)


def is_subsequence(part: list[tuple[str, ...]], whole: list[tuple[str, ...]]) -> bool:
    rest = iter(whole)
    return all(record in rest for record in part)


@pytest.mark.parametrize("kind", list(Mess.kinds()))
def test_a_kind_that_is_on_is_counted_and_one_that_is_off_is_not(strong: Network, kind: str) -> None:
    counts = strong.truth["mess"][kind]
    assert counts["total"] == sum(counts["files"].values()) > 0
    assert switch_off(kind).truth["mess"][kind]["total"] == 0


@pytest.mark.parametrize("kind", sorted(CHANGED_COLUMNS))
def test_a_kind_that_changes_cells_changes_its_cells_alone(strong: Network, kind: str) -> None:
    without = by_key(switch_off(kind))
    changed = 0
    for key, file in by_key(strong).items():
        before, after = list_records(without[key]), list_records(file)
        assert len(before) == len(after)
        for old, new, flag in zip(before, after, marked(file, kind), strict=True):
            differing = {name for name, a, b in zip(file.columns, old, new, strict=True) if a != b}
            assert differing <= CHANGED_COLUMNS[kind] if flag else not differing
            changed += bool(differing)
    assert changed > 0


def list_changes(strong: Network, kind: str, column: str) -> list[tuple[str, str]]:
    """Return the clean and the messy text of every cell that a kind changed."""
    without = by_key(switch_off(kind))
    return [
        pair
        for key, file in by_key(strong).items()
        if column in file.columns
        for pair, flag in zip(
            zip(without[key].rows.cells[column], file.rows.cells[column], strict=True), marked(file, kind), strict=True
        )
        if flag
    ]


@pytest.mark.parametrize(
    ("kind", "column", "pattern"),
    [
        ("dose_text", "dose", r"\d+ mg( = \d\.?\d* mg/kg)?"),
        ("dose_changes", "dose", r"\d+ --> \d+ mg"),
        ("weights_in_pounds", "weight", r"\d+ lb"),
        ("weight_ranges", "weight", r"\d+-\d+"),
        ("mislabelled_weights", "weight", r"\d+ mg"),
        ("impossible_weights", "weight", r"0|[3-9]\d\d|\d{4}"),
        ("impossible_totals", "phq9_total", r"2[89]|3\d|4[0-5]"),
    ],
)
def test_texts_look_as_described(strong: Network, kind: str, column: str, pattern: str) -> None:
    changes = list_changes(strong, kind, column)
    assert changes
    assert all(re.fullmatch(pattern, new) for _, new in changes)


def test_texts_still_say_what_was_meant(strong: Network) -> None:
    for kilograms, pounds in list_changes(strong, "weights_in_pounds", "weight"):
        assert abs(int(kilograms) - int(pounds.removesuffix(" lb")) / 2.20462) < 1
    for kilograms, span in list_changes(strong, "weight_ranges", "weight"):
        low, high = map(int, span.split("-"))
        assert low <= int(kilograms) <= high == low + 5
    for dose, change in list_changes(strong, "dose_changes", "dose"):
        first, second = change.removesuffix(" mg").split(" --> ")
        assert int(first) < int(second) == int(dose)
    for dose, text in list_changes(strong, "dose_text", "dose"):
        assert text.startswith(f"{dose} mg")
    for total, wrong in list_changes(strong, "wrong_totals", "phq9_total"):
        assert total is None or abs(int(total) - int(wrong)) <= 3


@pytest.mark.parametrize("kind", sorted(ADDED_ROWS))
def test_a_kind_that_adds_rows_leaves_the_others_in_place(strong: Network, kind: str) -> None:
    without = by_key(switch_off(kind))
    for key, file in by_key(strong).items():
        kept = [one for one, flag in zip(list_records(file), marked(file, kind), strict=True) if not flag]
        assert kept == list_records(without[key])
        assert strong.truth["raw_rows"]["files"][key] == len(kept) + sum(marked(file, kind))


@pytest.mark.parametrize("kind", sorted(MOVED_ROWS))
def test_a_kind_that_moves_rows_changes_no_row_and_no_other_place(strong: Network, kind: str) -> None:
    without = by_key(switch_off(kind))
    for key, file in by_key(strong).items():
        before = [freeze(one) for one in list_records(without[key])]
        after = [freeze(one) for one in list_records(file)]
        assert Counter(before) == Counter(after)
        resting = [one for one, flag in zip(after, marked(file, kind), strict=True) if not flag]
        assert is_subsequence(resting, before)


def test_patients_at_two_sites_have_one_code_and_rows_at_both(strong: Network) -> None:
    without = by_key(switch_off("two_sites"))
    codes: Counter[str] = Counter()
    second: set[str] = set()
    for key, file in by_key(strong).items():
        flags = marked(file, "two_sites")
        resting = [freeze(one) for one, flag in zip(list_records(file), flags, strict=True) if not flag]
        assert is_subsequence(resting, [freeze(one) for one in list_records(without[key])])
        if "site" in file.columns:
            codes.update(file.rows.cells["patient_code"].dropna())
            second.update(file.rows.cells["patient_code"][flags])
    assert {code for code, times in codes.items() if times > 1} == second
    assert max(codes.values()) == 2
    alone = Counter(
        code for file in without.values() if "site" in file.columns for code in file.rows.cells["patient_code"].dropna()
    )
    assert set(alone) == set(codes)
    assert max(alone.values()) == 1


def test_without_generations_all_visits_are_current(strong: Network) -> None:
    files, without = by_key(strong), by_key(switch_off("column_generations"))
    assert "site-4/export.xlsx#Prior Version" not in without
    both = len(files["site-4/export.xlsx#Prior Version"].rows.cells) + len(
        files["site-4/export.xlsx#Current"].rows.cells
    )
    assert len(without["site-4/export.xlsx#Current"].rows.cells) == both


def test_encodings_change_bytes_and_no_text(strong: Network) -> None:
    without = by_key(switch_off("file_encodings"))
    different = set()
    for key, file in by_key(strong).items():
        if not file.sheet:
            old, new = render_text(without[key]), render_text(file)
            assert old.decode("utf-8") == new.decode(file.encoding)
            different |= {key} if old != new else set()
    assert {key.split("/")[0] for key in different} == {"site-2", "site-3", "site-7"}


def test_missing_spellings_change_nothing_but_missing_cells(strong: Network) -> None:
    without = by_key(switch_off("missing_spellings"))
    for key, file in by_key(strong).items():
        for old, new in zip(list_records(without[key]), list_records(file), strict=True):
            assert {(a, b) for a, b in zip(old, new, strict=True) if a != b} <= {("", "NA"), ("", "n/a")}


def test_damaged_answers_are_what_their_kind_says(strong: Network) -> None:
    for file in strong.files:
        rows = file.rows
        for name, items in (("phq9", PHQ9_ITEMS), ("gad7", GAD7_ITEMS)):
            if f"{name}_total" not in file.columns:
                continue
            whole = rows.cells[items].notna().all(axis=1) & ~rows.marks["impossible_items"]
            total = rows.cells.loc[whole, f"{name}_total"].astype(int)
            off = total != rows.cells.loc[whole, items].astype(int).sum(axis=1)
            about = rows.meta.loc[whole, "instrument"] == name
            said = (rows.marks["wrong_totals"] | rows.marks["impossible_totals"])[whole] & about
            assert (off == said).all()
            impossible = rows.cells[items].isin(["-1", "4", "9"]).any(axis=1)
            assert (impossible == (rows.marks["impossible_items"] & (rows.meta["instrument"] == name))).all()
            assert ((total > 27) == rows.marks.loc[whole, "impossible_totals"]).all() or name == "gad7"


def test_copies_follow_their_original_day_and_patient(strong: Network) -> None:
    visits = [file for file in strong.files if "treatment" in file.columns]
    for file in visits:
        records = [freeze(one) for one in list_records(file)]
        for place, flag in enumerate(marked(file, "duplicate_visits_exact")):
            assert not flag or records.count(records[place]) == 2
        keys = list(zip(file.rows.cells["patient_code"], file.rows.meta["when"].dt.date, strict=True))
        for place, flag in enumerate(marked(file, "duplicate_visits_amended")):
            assert not flag or keys.count(keys[place]) >= 2


def test_a_clean_export_is_clean(clean: Network) -> None:
    assert sum(entry["total"] for entry in clean.truth["mess"].values()) == 0
    records = {"visits": 0, "answers": 0}
    for file in clean.files:
        cells = file.rows.cells
        if "treatment" in file.columns:
            records["visits"] += len(cells)
            assert set(cells["treatment"]) <= {"iv", "im", "esketamine"}
            assert cells["dose"].str.fullmatch(r"\d+").all()
            assert cells["weight"].dropna().str.fullmatch(r"\d+").all()
        for name, items in (("phq9", PHQ9_ITEMS), ("gad7", GAD7_ITEMS)):
            if f"{name}_total" in file.columns:
                whole = cells[cells[items].notna().all(axis=1)]
                records["answers"] += len(whole) if name == "phq9" else 0
                assert (whole[items].astype(int).sum(axis=1) == whole[f"{name}_total"].astype(int)).all()
                assert cells.loc[cells[items].isna().any(axis=1), f"{name}_total"].isna().all()
    assert records["visits"] == len(clean.sessions)
    assert records["answers"] == clean.questionnaires[PHQ9_ITEMS].notna().all(axis=1).sum()


def test_mess_does_not_reach_the_truth(messy: Network, clean: Network) -> None:
    for key in ("estimands", "unadjusted", "durability_without_maintenance", "arms"):
        assert messy.truth[key] == clean.truth[key]
    assert messy.questionnaires.equals(clean.questionnaires)
    assert messy.sessions.equals(clean.sessions)


def test_arms_are_spelt_six_ways(example: Network) -> None:
    visits = [file for file in example.files if "treatment" in file.columns]
    spelt = {text for file in visits for text in file.rows.cells["treatment"].dropna()}
    assert len(spelt - {"iv", "im", "esketamine"}) == 18


def test_kinds_are_switched_off_by_name_or_beginning() -> None:
    mess = Mess().without("duplicate", "dose_text")
    assert {kind for kind in Mess.kinds() if getattr(mess, kind) == 0} == {
        "duplicate_visits_exact",
        "duplicate_visits_amended",
        "duplicate_questionnaires_exact",
        "duplicate_questionnaires_conflicting",
        "dose_text",
    }


@pytest.mark.parametrize("name", ["", "duplicates", "typos"])
def test_an_unknown_kind_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="no kind is called"):
        Mess().without(name)


@pytest.mark.parametrize("rate", [-0.1, 0.5, float("nan")])
def test_a_rate_out_of_range_is_refused(rate: float) -> None:
    with pytest.raises(SettingsError, match=r"wrong_totals is .*; allowed: 0 to 0\.2"):
        Mess(wrong_totals=rate)
