"""Doses and weights as people write them."""

import numpy as np
import pytest
from exports import SESSIONS, entries, read_one

from outcomes.intake.doses import DOSE_REASONS, WEIGHT_REASONS, read_dose, read_weight

HEADER = "id,day,arm,dose,weight"


@pytest.mark.parametrize(
    ("text", "dose", "reason"),
    [
        ("38", 38.0, None),
        ("38 mg", 38.0, None),
        ("38.5MG", 38.5, None),
        (".5 mg", 0.5, None),
        ("32 mg = 0.5 mg/kg", 32.0, "dose_text"),
        ("32 mg (0.5 mg/kg)", 32.0, "dose_text"),
        ("0.5 mg/kg (32 mg)", 32.0, "dose_text"),
        ("0.5mg/kg = 32 mg", 32.0, "dose_text"),
        ("3 x 28 mg", 84.0, "dose_text"),
        ("28mg × 2", 56.0, "dose_text"),
        ("56/84", np.nan, "dose_unreadable"),
        ("32 mg (40 mg)", np.nan, "dose_unreadable"),
        ("35 --> 40 mg", 40.0, "dose_text"),
        ("35 -> 40 -> 45 mg", 45.0, "dose_text"),
        ("35 mg → 40 mg = 0.5 mg/kg", 40.0, "dose_text"),
        ("0.5 mg/kg", 0.5, "dose_per_kg"),
        ("0", np.nan, "dose_unreadable"),
        ("-40", np.nan, "dose_unreadable"),
        ("forty", np.nan, "dose_unreadable"),
        ("30-40 mg", np.nan, "dose_unreadable"),
        ("40 mcg", np.nan, "dose_unreadable"),
    ],
)
def test_doses(text, dose, reason):
    found, kind = read_dose(text)
    np.testing.assert_equal((found, DOSE_REASONS[kind]), (dose, reason))


@pytest.mark.parametrize(
    ("text", "unit", "kilograms", "reason"),
    [
        ("72", "auto", 72.0, None),
        ("72.5 kg", "auto", 72.5, None),
        ("72", "lb", 72 * 0.45359237, "weight_in_pounds"),
        ("72 kg", "lb", 72.0, None),
        ("182 lb", "kg", 182 * 0.45359237, "weight_in_pounds"),
        ("182 lbs.", "auto", 182 * 0.45359237, "weight_in_pounds"),
        ("70-75", "auto", 72.5, "weight_range"),
        ("70 – 75 kg", "auto", 72.5, "weight_range"),
        ("150 to 160 lb", "auto", 155 * 0.45359237, "weight_in_pounds"),
        ("72 mg", "auto", 72.0, "weight_mislabelled"),
        ("72 stone", "auto", np.nan, "weight_unreadable"),
        ("heavy", "auto", np.nan, "weight_unreadable"),
    ],
)
def test_weights(text, unit, kilograms, reason):
    found, kind = read_weight(text, unit)
    np.testing.assert_equal((found, WEIGHT_REASONS[kind]), (kilograms, reason))


def test_an_implausible_weight_is_missing(tmp_path):
    rows = [f"a,2024-01-{day:02d},iv,,{weight}" for day, weight in enumerate(["0", "29.9", "30", "300", "301"], 1)]
    export = read_one(tmp_path, SESSIONS, HEADER, *rows)
    np.testing.assert_equal(export.tables["sessions"]["weight_kg"].tolist(), [np.nan, np.nan, 30.0, 300.0, np.nan])
    assert [entry[:4] for entry in entries(export)] == [
        (row, "corrected", "weight_implausible", "weight_kg") for row in (2, 3, 6)
    ]


def test_a_dose_per_kg_needs_the_weight_of_its_row(tmp_path):
    export = read_one(tmp_path, SESSIONS, HEADER, "a,2024-01-01,iv,0.5 mg/kg,80", "a,2024-01-05,iv,0.5 mg/kg,")
    np.testing.assert_equal(export.tables["sessions"]["dose_mg"].tolist(), [40.0, np.nan])
    assert entries(export) == [
        (2, "corrected", "dose_per_kg", "dose_mg", None, "40"),
        (3, "corrected", "dose_per_kg", "dose_mg", None, None),
    ]


def test_a_dose_outside_the_arms_protocol_is_flagged_and_stays(tmp_path):
    # iv: 0.1 to 0.75 mg/kg; esketamine: 28, 56 or 84 mg
    rows = [
        "a,2024-01-01,iv,60,80",
        "a,2024-01-05,iv,61,80",
        "b,2024-01-01,Spravato,84,80",
        "b,2024-01-05,Spravato,60,80",
    ]
    export = read_one(tmp_path, SESSIONS, HEADER, *rows)
    assert export.tables["sessions"]["dose_mg"].tolist() == [60, 61, 84, 60]
    assert entries(export) == [
        (3, "flagged", "dose_outside_protocol", "dose_mg", "61", None),
        (5, "flagged", "dose_outside_protocol", "dose_mg", "60", None),
    ]
