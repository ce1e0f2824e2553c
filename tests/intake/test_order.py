"""Nothing but the ledger's row numbers depends on the order of rows, or of files."""

import random
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from exports import ADVERSE, ANSWERS, PATIENTS, SESSIONS, make_study, write
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from outcomes.contracts import check_table
from outcomes.intake import read_export
from outcomes.settings import read_study

FILES = ("patients", "visits", "answers", "events")
TABLES = dict(zip(FILES, (PATIENTS, SESSIONS | {"vitals": {}}, ANSWERS, ADVERSE), strict=True))
TABLES["visits"]["vitals"] = {
    "columns": {"patient": "id", "date": "day", "systolic_before": "sbp", "heart_rate_peak": "pulse"}
}
HEADERS = {
    "patients": "id,site,age,payer",
    "visits": "id,day,arm,dose,weight,charge,sbp,pulse",
    "answers": "id,day,"
    + ",".join([f"p{n}" for n in range(1, 10)] + ["ptotal"] + [f"g{n}" for n in range(1, 8)] + ["gtotal"]),
    "events": "id,day,event,severity",
}
TABLES["visits"]["sessions"] = {"columns": SESSIONS["sessions"]["columns"] | {"charge": "charge"}}

ids = st.sampled_from(["a", "b", "c10", "c2", "", "NA"])
days = st.sampled_from(
    ["2024-01-01", "01/02/2024", "45293", "2024-01-01T10:00:00Z", "45292.75", "1999-01-01", "soon", "", "2024-01-09"]
)
item = st.sampled_from(["0", "1", "2", "3", "3", "4", "-1", "x", "", "NA"])
total = st.sampled_from(["", "9", "13", "27", "28", "4.5", "-0.5", "many"])


def one_of(*values):
    return st.sampled_from(values)


rows = {
    "patients": st.tuples(ids, one_of("north", "south", ""), one_of("40", "41", "95", "7", "x", ""), one_of("a", "b", "")),
    "visits": st.tuples(
        ids, days, one_of("IV", "ketamine iv", "Spravato", "?", ""), one_of("40", "30 --> 35 mg", "0.5 mg/kg", "?", ""),
        one_of("80", "180 lb", "70-75", "72 mg", "0", ""), one_of("500", "80", "", "600"), one_of("120", "150", "900", ""),
        one_of("60", "70", ""),
    ),
    "answers": st.tuples(ids, days, *[item] * 9, total, *[item] * 7, total),
    "events": st.tuples(ids, days, one_of("nausea", "headache; nausea", "none", "??", "", "nausea;??"), one_of("mild", "severe", "")),
}  # fmt: skip


@st.composite
def clinics(draw):
    """Draw two sites' files with repeated rows, and a patient at both."""
    files = {}
    for site in ("north", "south"):
        for name in FILES:
            drawn = draw(st.lists(rows[name], min_size=1, max_size=6))
            repeated = draw(st.lists(st.sampled_from(drawn), max_size=3))
            files[f"{site}-{name}.csv"] = [",".join(row) for row in [*drawn, *repeated]]
    return files


def read(files, order, rule, same_day):
    sources = [{"file": name, "delimiter": ",", "tables": TABLES[name[6:-4]]} for name in order]
    study = make_study(
        sources, dates={"zone": "as written"}, cleaning={"conflicting_duplicates": rule}, series={"same_day": same_day}
    )
    with TemporaryDirectory() as folder:
        for name, lines in files.items():
            write(Path(folder), name, *lines, header=HEADERS[name[6:-4]])
        return read_export(study, folder)


def counted(export):
    """Return the ledger as counts by file, state, reason, column and values: all but the row numbers."""
    names = ["file", "state", "reason", "column", "old", "new"]
    ledger = export.ledger[names].astype(object).where(export.ledger[names].notna(), "-")
    return ledger.value_counts().to_dict()


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(clinics(), st.integers(0, 2**32), st.sampled_from(["last", "first", "worst", "quarantine"]), st.booleans())
def test_permuted_rows_and_files_change_row_numbers_only(files, seed, rule, separate):
    same_day = "separate" if separate else "one_session"
    before = read(files, list(files), rule, same_day)
    mix = random.Random(seed)
    shuffled = {name: mix.sample(lines, len(lines)) for name, lines in files.items()}
    after = read(shuffled, mix.sample(list(files), len(files)), rule, same_day)
    assert before.tables.keys() == after.tables.keys()
    for name, table in before.tables.items():
        pd.testing.assert_frame_equal(check_table(table, name), after.tables[name], obj=name)
    assert counted(before) == counted(after)
    plain = [export.balance.astype({"file": "str"}).set_index("file").sort_index() for export in (before, after)]
    pd.testing.assert_frame_equal(*plain)


def test_interchanging_two_rows_of_files_of_the_example_changes_row_numbers_only(root, example, tmp_path):
    shutil.copytree(root / "data/example", tmp_path / "raw", ignore=shutil.ignore_patterns("derived"))
    for name in ("site-1/adverse_events.csv", "site-6/visits.csv", "site-8/questionnaires.csv"):
        path = tmp_path / "raw" / name
        end = b"\r\n" if b"\r\n" in path.read_bytes() else b"\n"
        lines = path.read_bytes().split(end)
        lines[5], lines[150] = lines[150], lines[5]
        assert lines[5] != lines[150]
        path.write_bytes(end.join(lines))
    after = read_export(read_study(root / "config/example.yaml"), tmp_path / "raw")
    for table, before in example.tables.items():
        pd.testing.assert_frame_equal(before, after.tables[table])
    pd.testing.assert_frame_equal(example.balance, after.balance)
    assert counted(example) == counted(after)
