"""What sessions are charged: amounts as people write them, and currencies, which are never summed with one another."""

import pytest
from exports import make_study, write

from outcomes.errors import InputError
from outcomes.intake import read_export, refuse
from outcomes.intake.draft import draft_study

DAYS = [f"2024-01-{8 + 4 * n:02d}" for n in range(3)]


def read_charges(folder, *files, **sections):
    """Read files of sessions, each its columns behind the treatment and what a row says there, by its number."""
    sources = []
    for number, (names, cells) in enumerate(files):
        rows = [
            f"K{number}{who:02d},{day},iv,{cells(who)}{',18' if number == 0 else ''}"
            for who in range(12)
            for day in DAYS
        ]
        write(folder, f"{number}.csv", *rows, header=f"id,day,arm,{names}{',phq9' if number == 0 else ''}")
        charge = next(name for name in names.split(",") if name.startswith(("charge", "Fee")))
        columns = {"patient": "id", "date": "day", "treatment": "arm", "charge_usd": charge}
        sources.append({"file": f"{number}.csv", "tables": {"sessions": {"columns": columns}}})
    return read_export(make_study(sources, **sections), folder)


TWO = {
    "a column of currencies that nobody mapped": [("charge,Currency", lambda who: f"450,{'CAD' if who % 3 == 0 else 'USD'}")],
    "signs in the cells": [("charge", lambda who: "€410.00" if who % 3 == 0 else "$450.00")],
    "a sign beside a code": [("charge", lambda who: "CA$610" if who % 3 == 0 else "450 USD")],
    "the names of the columns": [("Fee (USD)", lambda who: "450"), ("Fee (CAD)", lambda who: "610")],
    "one file without a sign": [("charge,ccy", lambda who: "450,eur"), ("charge", lambda who: "$610")],
}  # fmt: skip


@pytest.mark.parametrize("files", TWO.values(), ids=TWO)
def test_charges_of_two_currencies_stop_a_run(tmp_path, files):
    export = read_charges(tmp_path, *files)
    (found,) = [one for one in export.findings if one.check == "mixed_currencies"]
    assert (found.stops, found.count, found.of) == (True, 12 if len(files) == 1 else 36, 36 * len(files))
    with pytest.raises(InputError, match=r"mixed_currencies: the charges in sessions\.charge_usd of .* are in several"):
        refuse(export.findings, {})


@pytest.mark.parametrize(
    ("names", "cells", "charge"),
    [
        ("charge", lambda who: '"$1,250.00"' if who else "1250", 1250),
        ("charge,currency", lambda who: "$450,USD", 450),
        ("charge,currency", lambda who: "450,eur" if who else "410,", None),
        ("Fee (EUR)", lambda who: "€ 410", 410),
        ("charge,currency", lambda who: "(20.00),CHF", -20),
    ],
)
def test_charges_of_one_currency_are_numbers(tmp_path, names, cells, charge):
    export = read_charges(tmp_path, (names, cells))
    assert not [one for one in export.findings if one.stops and one.check in ("mixed_currencies", "words_in_numbers")]
    assert set(export.tables["sessions"]["charge_usd"]) == ({charge} if charge else {450, 410})


def test_amounts_with_signs_of_two_currencies_are_no_numbers_even_where_they_are_accepted(tmp_path):
    export = read_charges(tmp_path, *TWO["signs in the cells"])
    refuse(export.findings, {"mixed_currencies": "why", "nothing_left": "sessions alone"})
    assert export.tables["sessions"]["charge_usd"].dtype == "category"


def test_a_draft_asks(tmp_path):
    read_charges(tmp_path, *TWO["a column of currencies that nobody mapped"])
    assert "mixed_currencies: the charges" in " ".join(draft_study(tmp_path, "mine").missing)


@pytest.mark.parametrize(
    ("names", "cells", "stops"),
    [("Fee (EUR)", "410", True), ("charge", "€410", True), ("charge", "$410", False), ("charge", "410", False)],
)
def test_charges_in_another_currency_than_the_study_file_says_stop_a_run(tmp_path, names, cells, stops):
    cost = {"currency": "USD", "price_year": 2024, "perspective": "payer"}
    export = read_charges(
        tmp_path, (names, lambda who: cells), cost=cost, timepoints={"days": [{"day": 56, "before": 10, "after": 10}]}
    )
    found = [one for one in export.findings if one.check == "other_currency"]
    assert [one.stops for one in found] == [True] * stops
    if stops:
        with pytest.raises(InputError, match=r"are in EUR, and the study file says USD \(cost.currency\)"):
            refuse(export.findings, {})
