"""Every cell of the example's clean tables against a slow row-by-row reading of the same files."""

import pandas as pd
import pytest
from slow_reference import build


@pytest.fixture(scope="session")
def reference(root):
    return build(root / "data/example")


@pytest.mark.parametrize("table", ["patients", "sessions", "assessments", "adverse_events", "vitals"])
def test_every_cell_is_what_the_raw_files_say(table, example, reference):
    clean, expected = plain(example.tables[table]), plain(reference[table])
    if table == "assessments":
        assert clean.pop("visit").isna().all()
        assert clean.pop("flag").isna().all()
    key = [
        name
        for name in ("instrument", "patient", "study_day", "ordinal", "event", "measure", "moment")
        if name in clean
    ]
    clean, expected = (part.sort_values(key, ignore_index=True) for part in (clean, expected))
    assert len(expected) > 1000
    pd.testing.assert_frame_equal(clean[expected.columns], expected, check_dtype=False, rtol=1e-12)
    assert set(clean.columns) == set(expected.columns)


def plain(table):
    """Return a table with numbers as floats and anything else as objects, missing values as None."""
    columns = {}
    for name, column in table.items():
        if pd.api.types.is_numeric_dtype(column) and not isinstance(column.dtype, pd.CategoricalDtype):
            columns[name] = column.astype("Float64").to_numpy(dtype=float, na_value=float("nan"))
        else:
            columns[name] = column.astype(object).where(column.notna(), None)
    return pd.DataFrame(columns)
