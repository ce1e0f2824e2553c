"""Rows as dictionaries are those of pandas, value by value and type by type."""

from __future__ import annotations

import pandas as pd

from outcomes.records import list_records


def test_rows_are_those_of_pandas() -> None:
    table = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "whole": [1, 2],
            "share": [0.5, float("nan")],
            "known": [True, False],
            "name": pd.array(["a", None], dtype="str"),
            7: ["x", None],
        }
    )
    for of in (table, table.iloc[:0], table[["whole"]], table[["n"]], table[["known", "share"]]):
        expected = [{str(key): value for key, value in row.items()} for row in of.to_dict("records")]
        found = list_records(of)
        assert [[repr(value) for value in row.values()] for row in found] == [
            [repr(value) for value in row.values()] for row in expected
        ]
        assert [list(row) for row in found] == [list(row) for row in expected]
        assert [[type(value) for value in row.values()] for row in found] == [
            [type(value) for value in row.values()] for row in expected
        ]
