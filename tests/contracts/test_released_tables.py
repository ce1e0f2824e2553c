"""The declarations of released tables, and the text of their files."""

import pickle

import pandas as pd
import pytest

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.columns import Limit, Modelled, People, Share
from outcomes.contracts.released.comparison import Weights
from outcomes.contracts.released.describe import Response
from outcomes.contracts.released.text import format_table, parse_bound, read_table
from outcomes.steps import NAMES

TABLES = pytest.mark.parametrize("table", RELEASED.values(), ids=RELEASED)


@TABLES
def test_every_table_says_what_it_is(table):
    assert table.title
    assert table.row
    assert table.section
    assert table.written_by in NAMES
    assert set(table.key) <= set(table.columns)
    assert all(column and column.meaning and column.kind for column in table.fields)


@TABLES
def test_columns_refer_to_columns_of_their_table(table):
    for column in table.fields:
        others = {
            People: lambda one: [one.part_of],
            Share: lambda one: [one.count_, one.of],
            Modelled: lambda one: [one.count_, one.of],
            Limit: lambda one: [one.of],
        }
        refers = [name for kind, find in others.items() if isinstance(column, kind) for name in find(column)]
        names = [one for name in refers for one in (name if isinstance(name, tuple) else [name])]
        assert set(names) - {None} <= set(table.columns)


def test_a_column_is_its_name():
    frame = pd.DataFrame({Response.events: [3]})
    assert frame[Response.events].tolist() == frame["events"].tolist() == [3]
    assert Response.lower.of == "proportion"
    assert pickle.loads(pickle.dumps(Response.events)) == "events"


def test_numbers_and_bounds_come_back():
    frame = pd.DataFrame(
        {
            "weights": ["overlap", "att"],
            "arm": ["iv", "im"],
            "n": pd.array([120, None], dtype="Int64"),
            Weights.n.bound: ["", "<11"],
            "mean": [0.25, None],
        }
    )
    text = format_table(frame)
    assert text == "weights,arm,n,mean\noverlap,iv,120,0.25\natt,im,<11,\n"
    back = read_table(text, "weights")
    assert back["n"].dtype == "Int64"
    assert back["n"].isna().tolist() == [False, True]
    assert back[Weights.n.bound].tolist() == ["", "<11"]
    assert format_table(back) == text
    assert parse_bound("<11") == ("<", 11)
    with pytest.raises(ValueError, match="not a bound"):
        parse_bound("11")


@pytest.mark.parametrize(
    "word", ["=cmd|' /C calc'!A0", '=HYPERLINK("x")', "+1", "-1", "@x", "\tx", "'=x", "NA", "null"]
)
def test_words_never_start_a_formula_and_come_back(word):
    text = format_table(pd.DataFrame({"weights": ["x"], "arm": [word], "n": [-1]}))
    assert not text.splitlines()[1].split(",")[1].strip('"').startswith(("=", "+", "-", "@", "\t", "\r"))
    assert read_table(text, "weights")["arm"].tolist() == [word]
    assert text.rstrip().endswith("-1")
